import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchingConfig } from '../matching/config.js'
import { Venue } from '../matching/core.js'
import { fillWith, newOrderWith } from '../model/message-fixture.js'
import type { ExecutionReport } from '../model/messages.js'
import type { EnhancedVpinFigures } from '../model/observer-messages.js'
import { enhancedVpinConfig } from './config.js'
import { AggressorVpin, aggressorOf } from './core.js'

const opened = (settings: unknown = {}): AggressorVpin => new AggressorVpin(enhancedVpinConfig.parse(settings))

test('the aggressor is the order whose command ended, and without one there is none', () => {
  const resting = fillWith({ orderId: 7, final: false })
  expect(aggressorOf([resting, fillWith({ orderId: 8, final: true }), resting])).toBe(8)
  expect(aggressorOf([resting])).toBeNaN()
  expect(opened().report(resting, aggressorOf([resting]))).toBe('resting')
})

test('trades by their aggressor fill buckets of two sizes, worked out by hand', () => {
  const vpin = opened({ averageDailyVolume: 40, bucketsPerDay: [4, 2], buckets: 2 })
  const trade = (execId: number, side: 'buy' | 'sell', lastQty: number) =>
    vpin.report(fillWith({ execId, orderId: execId, side, lastQty }), execId)
  expect(trade(1, 'buy', 9)).toBe('traded')
  const size = { ready: false, vpin: null, percentileRank: null, historyCount: 0 }
  expect(trade(2, 'sell', 5)).toEqual({
    symbol: 'S',
    sizes: [
      { ...size, bucketVolume: 10, bucketCount: 1 },
      { ...size, bucketVolume: 20, bucketCount: 0 },
    ],
  })
  // Buckets of ten: 9 against 1, 4 against 6. Of twenty: 9 against 11.
  expect(trade(3, 'sell', 2)).toBe('traded')
  expect(trade(4, 'buy', 4)).toMatchObject({
    sizes: [{ bucketCount: 2, ready: true, vpin: (8 + 2) / 20, percentileRank: null }, { bucketCount: 1 }],
  })
})

test('each symbol has buckets by its own average day', () => {
  const vpin = opened({ averageDailyVolume: 100, symbolDailyVolumes: { T: 30 }, bucketsPerDay: [1, 10] })
  ;['S', 'T', 'constructor'].forEach((symbol, execId) => {
    vpin.report(fillWith({ symbol, execId }), 1)
  })
  expect(vpin.all().map(({ symbol, sizes }) => [symbol, ...sizes.map(({ bucketVolume }) => bucketVolume)])).toEqual([
    ['S', 100, 10],
    ['T', 30, 3],
    ['constructor', 100, 10],
  ])
})

test.each([
  { name: 'a report that came before', changes: { execId: 1 }, found: 'repeated' },
  { name: 'a report without a fill', changes: { execType: 'new', ordStatus: 'new' }, found: 'noTrade' },
  { name: 'the fill of an order that rested', changes: { orderId: 2 }, found: 'resting' },
  { name: 'a fill of no lots', changes: { lastQty: 0 }, found: 'invalid' },
  { name: 'a symbol beyond the limit', changes: { symbol: 'T' }, found: 'overflow' },
] as const)('$name changes nothing', ({ changes, found }) => {
  const vpin = opened({ symbolsMax: 1, averageDailyVolume: 3, bucketsPerDay: [1], buckets: 1 })
  vpin.report(fillWith({ execId: 1 }), 1)
  const before = vpin.all()
  expect(before).toMatchObject([{ sizes: [{ bucketCount: 3, vpin: 1 }] }])
  expect(vpin.report(fillWith({ execId: 2, ...changes }), 1)).toBe(found)
  expect(vpin.all()).toEqual(before)
})

const someOrders = fc.array(
  fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    price: fc.integer({ min: 97, max: 103 }),
    qty: fc.integer({ min: 1, max: 30 }),
    account: fc.constantFrom('desk', 'other'),
  }),
  { maxLength: 80 },
)

test('what a venue reports of any orders gives the figures and ranks of a computation from scratch', () => {
  const [averageDailyVolume, bucketsPerDay, buckets, historyMax] = [42, [6, 2], 3, 5]
  fc.assert(
    fc.property(someOrders, (orders) => {
      const venue = new Venue(matchingConfig.parse({ house: { enabled: false } }), 1)
      const vpin = opened({ averageDailyVolume, bucketsPerDay, buckets, historyMax })
      const sides: number[] = []
      let newest: EnhancedVpinFigures | null = null
      orders.forEach((order, index) => {
        const orderId = index + 1
        const { reports } = venue.execute(newOrderWith({ ...order, orderId, timeInForce: 'gtc' }))
        // The venue knows what its command traded; who was the aggressor is who sent that.
        const traded = reports.filter((one) => one.orderId === orderId).reduce((sum, { lastQty }) => sum + lastQty, 0)
        for (let lot = 0; lot < traded; lot += 1) sides.push(order.side === 'buy' ? 1 : -1)
        for (const found of tell(vpin, reports)) newest = found
      })
      const full = (volume: number): number => Math.floor(sides.length / volume)
      const sizes = (newest as EnhancedVpinFigures | null)?.sizes ?? []
      expect(sizes.length).toBe(full(7) === 0 ? 0 : 2)
      for (const { bucketVolume, bucketCount, ready, vpin: figure, percentileRank, historyCount } of sizes) {
        expect(bucketCount).toBe(full(bucketVolume))
        const figures = figuresOf(sides, { bucketVolume, buckets })
        expect(ready).toBe(figures.length > 0)
        const last = figures.at(-1)
        if (last === undefined) continue
        expect(figure).toBeCloseTo(last, 13)
        const earlier = figures.slice(-1 - historyMax, -1)
        expect(historyCount).toBe(earlier.length)
        const below = earlier.reduce((sum, one) => sum + (one < last ? 1 : one === last ? 0.5 : 0), 0)
        expect(percentileRank).toEqual(earlier.length === 0 ? null : below / earlier.length)
      }
    }),
  )
})

function tell(vpin: AggressorVpin, reports: readonly ExecutionReport[]): EnhancedVpinFigures[] {
  const aggressor = aggressorOf(reports)
  return reports.map((report) => vpin.report(report, aggressor)).filter((found) => typeof found !== 'string')
}

/** The figure after each full bucket, by the definition. */
function figuresOf(
  sides: readonly number[],
  { bucketVolume, buckets }: { readonly bucketVolume: number; readonly buckets: number },
): number[] {
  const imbalances = Array.from({ length: Math.floor(sides.length / bucketVolume) }, (_, bucket) =>
    Math.abs(sides.slice(bucket * bucketVolume, (bucket + 1) * bucketVolume).reduce((sum, side) => sum + side, 0)),
  )
  return imbalances.slice(buckets - 1).map((_, index) => {
    const spanned = imbalances.slice(index, index + buckets)
    return spanned.reduce((sum, one) => sum + one, 0) / (buckets * bucketVolume)
  })
}
