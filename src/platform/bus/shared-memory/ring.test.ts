import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  clearRing,
  payloadBytesMax,
  type RingPlace,
  RingReader,
  RingWriter,
  recordsWaiting,
  ringBytes,
} from './ring.js'

const place = (dataBytes: number, at = 0): RingPlace => ({
  buffer: new ArrayBuffer(at + ringBytes(dataBytes)),
  at,
  dataBytes,
})

const payload = (length: number, fill: number): Buffer => Buffer.alloc(length, fill)

/** Reads all that is committed. */
function drain(reader: RingReader): { tag: number; bytes: Buffer }[] {
  const records = []
  while (reader.next()) {
    const bytes = Buffer.from(reader.bytes.subarray(reader.offset, reader.offset + reader.length))
    records.push({ tag: reader.tag, bytes })
  }
  return records
}

describe('a ring', () => {
  test('gives records in their order, with tag and content, and empty ones too', () => {
    const where = place(1024)
    const writer = new RingWriter(where)
    expect(writer.write(Buffer.from('first'), 3)).toBe(true)
    expect(writer.write(Buffer.alloc(0), -7)).toBe(true)
    expect(writer.write(Buffer.from('the third'), 0)).toBe(true)
    writer.commit()
    const records = drain(new RingReader(where)).map(({ tag, bytes }) => [tag, bytes.toString()])
    expect(records).toEqual([
      [3, 'first'],
      [-7, ''],
      [0, 'the third'],
    ])
  })

  test('shows nothing that was not committed, and a producer that comes after writes over it', () => {
    const where = place(256)
    const reader = new RingReader(where)
    const dying = new RingWriter(where)
    dying.write(payload(16, 1), 1)
    dying.commit()
    dying.write(payload(40, 2), 2)
    expect(drain(reader).map(({ tag }) => tag)).toEqual([1])
    const next = new RingWriter(where)
    next.write(payload(8, 3), 3)
    expect(reader.look()).toBe(false)
    next.commit()
    expect(drain(reader)).toEqual([{ tag: 3, bytes: payload(8, 3) }])
  })

  test('goes no further than the last look where that is asked', () => {
    const where = place(256)
    const writer = new RingWriter(where)
    const reader = new RingReader(where)
    writer.write(payload(8, 1), 1)
    writer.commit()
    expect(reader.look()).toBe(true)
    writer.write(payload(8, 2), 2)
    writer.commit()
    expect([reader.nextSeen(), reader.nextSeen()]).toEqual([true, false])
    expect([reader.tag, reader.next(), reader.tag]).toEqual([1, true, 2])
  })

  test('gives what was read and not released to the consumer that comes after', () => {
    const where = place(256)
    const writer = new RingWriter(where)
    for (const tag of [1, 2, 3, 4]) writer.write(payload(10, tag), tag)
    writer.commit()
    const dying = new RingReader(where)
    dying.next()
    dying.next()
    dying.release()
    dying.next()
    dying.noteRead()
    const next = new RingReader(where)
    expect(next.repeatedCount).toBe(1)
    expect(drain(next).map(({ tag }) => tag)).toEqual([3, 4])
  })

  test('is full at its size, says so, counts it, and has room again after a release', () => {
    const where = place(256)
    const writer = new RingWriter(where)
    const reader = new RingReader(where)
    for (let tag = 0; tag < 8; tag += 1) expect(writer.write(payload(24, tag), tag)).toBe(true)
    expect(writer.write(payload(0, 0), 8)).toBe(false)
    expect(writer.fullCount).toBe(1)
    writer.commit()
    reader.next()
    expect(writer.write(payload(24, 8), 8)).toBe(false)
    reader.release()
    expect(writer.write(payload(24, 8), 8)).toBe(true)
    writer.commit()
    expect(drain(reader).map(({ tag }) => tag)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(writer.fullCount).toBe(2)
  })

  test('always has room for the largest payload once it is empty, wherever its cursors stand', () => {
    const where = place(256)
    const writer = new RingWriter(where)
    const reader = new RingReader(where)
    for (let turn = 0; turn < 100; turn += 1) {
      expect(writer.write(payload(1 + (turn % 40), 0), 0)).toBe(true)
      writer.commit()
      drain(reader)
      reader.release()
      expect(writer.write(payload(payloadBytesMax(256), turn), turn)).toBe(true)
      writer.commit()
      expect(drain(reader)).toEqual([{ tag: turn, bytes: payload(payloadBytesMax(256), turn) }])
      reader.release()
    }
    expect(() => writer.claim(payloadBytesMax(256) + 1, 0)).toThrow('half of its ring')
  })

  test('goes on where its cursors pass the end of their numbers', () => {
    const where = place(64)
    const control = new Int32Array(where.buffer)
    const nearTheEnd = 0x7fff_fffe
    control[0] = nearTheEnd
    control[32] = nearTheEnd
    const writer = new RingWriter(where)
    const reader = new RingReader(where)
    for (let tag = 0; tag < 20; tag += 1) {
      expect(writer.write(payload(17, tag), tag)).toBe(true)
      writer.commit()
      expect(drain(reader)).toEqual([{ tag, bytes: payload(17, tag) }])
      reader.release()
    }
  })

  test('is as good as new once it is cleared', () => {
    const where = place(128)
    const writer = new RingWriter(where)
    for (let tag = 0; tag < 9; tag += 1) writer.write(payload(8, tag), tag)
    writer.commit()
    clearRing(where)
    expect(recordsWaiting(where)).toBe(0)
    expect(new RingReader(where).next()).toBe(false)
    expect(new RingWriter(where).fullCount).toBe(0)
  })
})

type Step =
  | { readonly do: 'write'; readonly bytes: Uint8Array }
  | { readonly do: 'read'; readonly count: number }
  | { readonly do: 'commit' | 'release' | 'newProducer' | 'newConsumer' }

const step = (dataBytes: number): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        bytes: fc.uint8Array({ maxLength: payloadBytesMax(dataBytes) }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'release' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('newProducer' as const, 'newConsumer' as const) }) },
  )

/** A queue that everybody understands, with the same words. */
class Model {
  readonly #committed: Buffer[] = []
  #claimed: Buffer[] = []
  #read = 0

  write(bytes: Uint8Array): void {
    this.#claimed.push(Buffer.from(bytes))
  }

  apply(word: 'commit' | 'release' | 'newProducer' | 'newConsumer'): void {
    if (word === 'commit') this.#committed.push(...this.#claimed)
    if (word === 'commit' || word === 'newProducer') this.#claimed = []
    if (word === 'release') this.#committed.splice(0, this.#read)
    if (word === 'release' || word === 'newConsumer') this.#read = 0
  }

  read(count: number): Buffer[] {
    const records = this.#committed.slice(this.#read, this.#read + count)
    this.#read += records.length
    return records
  }

  get waiting(): number {
    return this.#committed.length
  }
}

test.each([64, 256, 4096])('a ring of %i bytes is a queue, whoever dies in between', (dataBytes) => {
  fc.assert(
    fc.property(fc.array(step(dataBytes), { maxLength: 200 }), (steps) => {
      const where = place(dataBytes, 128)
      const model = new Model()
      let writer = new RingWriter(where)
      let reader = new RingReader(where)
      for (const each of steps) {
        if (each.do === 'write') {
          if (writer.write(each.bytes, each.bytes.length)) model.write(each.bytes)
        } else if (each.do === 'read') {
          const records: Buffer[] = []
          while (records.length < each.count && reader.next()) {
            expect(reader.tag).toBe(reader.length)
            records.push(Buffer.from(reader.bytes.subarray(reader.offset, reader.offset + reader.length)))
          }
          expect(records).toEqual(model.read(each.count))
        } else {
          model.apply(each.do)
          if (each.do === 'commit') writer.commit()
          else if (each.do === 'release') reader.release()
          else if (each.do === 'newProducer') writer = new RingWriter(where)
          else reader = new RingReader(where)
        }
        expect(recordsWaiting(where)).toBe(model.waiting)
      }
    }),
    { numRuns: 300 },
  )
})
