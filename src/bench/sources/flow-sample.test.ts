import { expect, test } from 'vitest'
import { compareFlows, FlowSample } from './flow-sample.js'
import type { MarketRow } from './formats/format.js'
import { MarketReplay } from './market-replay.js'

const flowOf = (sizes: readonly number[], deleted = 0, untouched = 0): FlowSample => {
  const sample = new FlowSample()
  for (const size of sizes) sample.sizes.add(size)
  return Object.assign(sample, { deleted, deletedUntouched: untouched })
}

test('sizes are compared by their shape: lots of another venue make no distance', () => {
  const { distances } = compareFlows(flowOf([1, 2, 4]), flowOf([100, 200, 400]))
  expect(distances).toEqual([
    { name: 'interArrival', distance: null, countA: 0, countB: 0 },
    { name: 'spread', distance: null, countA: 0, countB: 0 },
    { name: 'size', distance: 0, countA: 3, countB: 3 },
  ])
})

test('shapes that differ have a distance, and cancel ratios stand beside each other', () => {
  const compared = compareFlows(flowOf([1, 1, 1, 1], 4, 3), flowOf([1, 2, 2, 3]))
  expect(compared.distances[2]?.distance).toBe(0.25)
  expect(compared.cancelRatio).toEqual({ a: 0.75, b: null })
})

test('many values are sampled with the same chance, the same ones each time', () => {
  const values = Array.from({ length: 300_000 }, (_, index) => index + 1)
  const [all, again] = [flowOf(values), flowOf(values)]
  const distance = compareFlows(all, again).distances[2]
  expect(distance).toEqual({ name: 'size', distance: 0, countA: 300_000, countB: 300_000 })
  const even = flowOf(values.filter((value) => value % 3 === 0))
  // Standard error of a distance of two samples of 100,000: 0.004.
  expect(compareFlows(all, even).distances[2]?.distance).toBeLessThan(0.015)
})

const row = (fields: Partial<MarketRow>): MarketRow => ({
  symbol: 'X',
  action: 'created',
  orderId: 1,
  side: 'buy',
  price: 100,
  qty: 5,
  exchangeMs: 0,
  timeMs: 0,
  ...fields,
})

test('a replay samples times of each symbol, spreads of sound books, sizes of new orders and untouched deletions', () => {
  const replay = new MarketReplay()
  replay.take(row({ orderId: 1 }), 0)
  replay.take(row({ symbol: 'Y', orderId: 9 }), 5)
  replay.take(row({ orderId: 2, side: 'sell', price: 103 }), 10)
  replay.take(row({ orderId: 3, side: 'sell', price: 99 }), 30)
  replay.take(row({ orderId: 3, action: 'changed', side: 'sell', price: 105 }), 30)
  replay.take(row({ orderId: 3, action: 'deleted' }), 40)
  replay.take(row({ orderId: 2, action: 'deleted' }), 40)
  replay.take(row({ orderId: 8, action: 'deleted' }), 40)
  replay.take(row({ orderId: 1, price: 90 }), 40)
  const { sample, unknown, duplicates, crossed, liveOrdersMax } = replay
  expect([...sample.interArrivalsNs.sorted()]).toEqual([0, 0, 0, 0, 10, 10, 20])
  expect([...sample.spreads.sorted()]).toEqual([3, 3, 3])
  expect(sample.sizes.count).toBe(4)
  expect([sample.deleted, sample.deletedUntouched]).toEqual([2, 1])
  expect([unknown, duplicates, crossed, liveOrdersMax]).toEqual([{ changed: 0, deleted: 1 }, 1, 1, 3])
})
