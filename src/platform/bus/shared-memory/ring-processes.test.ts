import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packageRoot } from '../../../core/paths.js'
import { kill, until } from '../bus-fixture.js'
import { type Mapping, mapFile, sharedFolder } from './mapping.js'
import { type RingPlace, RingReader, RingWriter, ringBytes } from './ring.js'

const dataBytes = 4096
/** For tens of thousands of records through a small ring. */
const secondsMax = 20
let folder: string
let mapping: Mapping
let place: RingPlace
const children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(sharedFolder, 'nautilus-ring-test-'))
  mapping = mapFile(join(folder, 'ring'), ringBytes(dataBytes))
  place = { buffer: mapping.buffer, at: 0, dataBytes }
})
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
  mapping.close()
  rmSync(folder, { recursive: true })
})

function otherSide(...side: readonly string[]): ChildProcess {
  const script = join(packageRoot(), 'fixtures', 'children', 'ring-child.mjs')
  const child = spawn(process.execPath, [script, join(folder, 'ring'), String(dataBytes), ...side], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}

const recordOf = (seq: number): Buffer => {
  const record = Buffer.alloc(4 + (seq % 51), seq % 256)
  record.writeUInt32LE(seq)
  return record
}

/** Reads what is there; every record must be the next one, whole. */
function takeInOrder(reader: RingReader, from: number): number {
  let next = from
  while (reader.next()) {
    const record = reader.bytes.subarray(reader.offset, reader.offset + reader.length)
    if (reader.tag !== next || !record.equals(recordOf(next))) throw new Error('a record is another, or torn')
    next += 1
  }
  reader.release()
  return next
}

test('a producer that is killed at any moment leaves whole records, and another one goes on behind them', async () => {
  const reader = new RingReader(place)
  let next = 0
  for (const round of [1, 2, 3]) {
    const producer = otherSide('produce', String(next))
    await until(() => {
      next = takeInOrder(reader, next)
      return next > round * 20_000
    }, secondsMax)
    await kill(producer)
    next = takeInOrder(reader, next)
  }
  expect(next).toBeGreaterThan(60_000)
})

test('a consumer that is killed and comes back goes on where it gave back, and misses nothing', async () => {
  const writer = new RingWriter(place)
  const told: number[] = []
  let written = 0
  let consumer = otherSide('consume')
  for (const goal of [10_000, 20_000, 30_000]) {
    listenTo(consumer, told)
    await until(() => {
      while (writer.write(recordOf(written), written)) written += 1
      writer.commit()
      return (told.at(-1) ?? 0) > goal
    }, secondsMax)
    await kill(consumer)
    consumer = otherSide('consume')
  }
  listenTo(consumer, told)
  await until(() => told.at(-1) === written - 1, secondsMax)
  const seen = new Set(told)
  expect(seen.size).toBe(written)
  // Repeats are what one batch told and could not give back any more.
  expect(told.length - seen.size).toBeLessThanOrEqual(3 * 32)
})

test('a full ring waits for a consumer that is not there, and counts how often', () => {
  const writer = new RingWriter(place)
  let written = 0
  while (writer.write(recordOf(written), written)) written += 1
  expect(writer.write(recordOf(written), written)).toBe(false)
  writer.commit()
  expect(writer.fullCount).toBe(2)
  expect(takeInOrder(new RingReader(place), 0)).toBe(written)
  expect(writer.write(recordOf(written), written)).toBe(true)
})

function listenTo(consumer: ChildProcess, told: number[]): void {
  if (consumer.stdout === null) throw new Error('a consumer tells what it read')
  createInterface({ input: consumer.stdout }).on('line', (line) => told.push(Number(line)))
}
