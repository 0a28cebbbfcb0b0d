import { expect, test } from 'vitest'
import { z } from 'zod'
import { durationNs } from '../../core/units.js'
import { tickWith } from '../model/message-fixture.js'
import { type Tick, topics } from '../model/messages.js'
import { defineEngine } from './define.js'
import { harness } from './harness.js'
import { PublishEvery } from './publish-every.js'

/** Tells every 10 ns the bids that came since; a bid of 0 is a change that is not worth telling. */
const telling = defineEngine({
  name: 'telling',
  consumes: [topics.tick],
  observes: [topics.tick],
  produces: [topics.features],
  config: z.strictObject({}),
  create: (_settings, context) => {
    const bids: number[] = []
    const changes = new PublishEvery(context, {
      topic: topics.features,
      everyNs: durationNs(10),
      hasChanged: () => bids.length > 0,
      takeChanged: () => {
        const told = bids.splice(0).filter((bid) => bid > 0)
        return told.length === 0 ? null : told
      },
    })
    return {
      handle: ({ envelope }) => {
        bids.push((envelope.body as Tick).bid)
        changes.schedule()
      },
      drain: () => changes.publish(),
    }
  },
})

test('changes of one period are one message, a period after the first of them', () => {
  const bench = harness(telling)
  const told = () => bench.emitted.map(({ body }) => body)
  const bid = (price: number) => bench.feed(topics.tick, tickWith({ bid: price }))
  bid(1)
  bench.advance(9)
  bid(2)
  expect(told()).toEqual([])
  bench.advance(1)
  expect(told()).toEqual([[1, 2]])
  bench.advance(100)
  bid(3)
  bench.advance(10)
  expect(told()).toEqual([[1, 2], [3]])
})

test('a drain tells at once, and the period that was running then tells nothing again', () => {
  const bench = harness(telling)
  bench.feed(topics.tick, tickWith({ bid: 1 }))
  bench.engine.drain?.()
  expect(bench.emitted.map(({ body }) => body)).toEqual([[1]])
  bench.advance(10)
  expect(bench.emitted).toHaveLength(1)
})

test('a change of which nothing is to be told makes no message', () => {
  const bench = harness(telling)
  bench.feed(topics.tick, tickWith({ bid: 0 }))
  bench.advance(10)
  expect(bench.emitted).toEqual([])
})
