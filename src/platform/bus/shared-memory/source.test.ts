import { expect, test } from 'vitest'
import { removeRegion, sharedMemory } from '../bus-fixture.js'
import { partTag } from './parts.js'
import { Region } from './region.js'
import { RingWriter } from './ring.js'
import { Source } from './source.js'

const topic = 3
const whole = partTag(topic, { continues: false, left: 0 })
const first = (left: number): number => partTag(topic, { continues: false, left })
const next = (left: number): number => partTag(topic, { continues: true, left })

test('a message in one record is marked by its topic alone', () => {
  expect(whole).toBe(topic)
})

test.each([
  { name: 'whole messages', tags: [whole, whole], messages: ['0', '1'], malformed: 0 },
  {
    name: 'a message in parts among others',
    tags: [whole, first(2), next(1), next(0), whole],
    messages: ['0', '123', '4'],
    malformed: 0,
  },
  {
    name: 'a message that was given up for a whole one',
    tags: [first(2), next(1), whole],
    messages: ['2'],
    malformed: 1,
  },
  {
    name: 'a message that was given up for one in parts',
    tags: [first(2), first(1), next(0)],
    messages: ['12'],
    malformed: 1,
  },
  {
    name: 'a message whose beginning is gone',
    tags: [next(2), next(1), next(0), whole],
    messages: ['3'],
    malformed: 1,
  },
  { name: 'a message that is not at its end', tags: [whole, first(1)], messages: ['0'], malformed: 0 },
])('of $name a source gives those that are complete', ({ tags, messages, malformed }) => {
  const address = sharedMemory()
  const region = new Region(address.systemId, address.regionBytes)
  const index = region.openRing(1, 0, () => true)
  const writer = new RingWriter(region.placeOf(index))
  for (const [number, tag] of tags.entries()) writer.write(Buffer.from(String(number)), tag)
  writer.commit()
  const counters = { malformed: 0, trimmed: 0, redelivered: 0, superseded: 0 }
  const source = new Source(region, { index, producer: 1, consumer: 2, inbox: 0 }, counters)
  const taken: string[] = []
  while (source.reader.next()) {
    const message = source.take(true)
    if (message === null) continue
    taken.push(message.toString())
    if (source.taken !== null) source.taken.settled = true
  }
  expect(taken).toEqual(messages)
  expect(counters.malformed).toBe(malformed)
  source.release()
  expect(source.drained).toBe(tags.at(-1) !== first(1))
  region.close()
  removeRegion(address)
})
