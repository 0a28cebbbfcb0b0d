import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantNs, nsPerMs } from '../../core/units.js'
import { fillWith } from '../model/message-fixture.js'
import type { ExecutionReport } from '../model/messages.js'
import type { VpinFigures } from '../model/observer-messages.js'
import { bulkBuyShare } from '../quant/bulk-classification.js'
import { sampleMoments } from '../quant/moments.js'
import { vpinConfig } from './config.js'
import { BulkVpin } from './core.js'

const opened = (settings: unknown = {}): BulkVpin => new BulkVpin(vpinConfig.parse(settings))
const ms = (count: number) => instantNs(count * nsPerMs)

type Trade = { readonly gapMs: number; readonly price: number; readonly lots: number }

/** Feeds trades by the reports of both sides; returns what was told. */
function feed(vpin: BulkVpin, trades: readonly Trade[]): VpinFigures[] {
  let atMs = 0
  return trades.flatMap(({ gapMs, price, lots }, index) => {
    atMs += gapMs
    const sides = (['sell', 'buy'] as const).map((side, second) =>
      vpin.report(fillWith({ execId: 2 * index + second, side, lastPrice: price, lastQty: lots }), ms(atMs)),
    )
    return sides.filter((found) => typeof found !== 'string')
  })
}

test('bars of trades fill buckets, worked out by hand', () => {
  const vpin = opened({ bucketVolume: 10, buckets: 2, bar: '100ms' })
  const bars = [
    // The first bar has no change of price and fills nothing, however much it holds.
    { gapMs: 0, price: 100, lots: 50 },
    // One change alone has no deviation: half bought.
    { gapMs: 100, price: 103, lots: 4 },
    { gapMs: 99, price: 101, lots: 2 },
    // Changes 1, 3: deviation sqrt 2, Phi(3 / sqrt 2).
    { gapMs: 1, price: 104, lots: 14 },
    { gapMs: 200, price: 104, lots: 1 },
  ]
  const told = feed(vpin, bars)
  expect(told).toMatchObject([{ symbol: 'S', bucketVolume: 10, bucketCount: 2, ready: true }])
  const share = bulkBuyShare(3, Math.SQRT2)
  const [first, second] = [3 + 4 * share, 10 * share]
  expect(told[0]?.vpin).toBeCloseTo((Math.abs(10 - 2 * first) + Math.abs(10 - 2 * second)) / 20, 13)
  expect(vpin.all()).toEqual(told)
})

test('a bucket is a fiftieth of the average day of its symbol, unless its volume is set', () => {
  const volumes = { averageDailyVolume: 1_000, symbolDailyVolumes: { T: 75 } }
  const sizes = (settings: object): number[] => {
    const vpin = opened({ ...volumes, ...settings })
    ;['S', 'T', 'constructor'].forEach((symbol, execId) => {
      vpin.report(fillWith({ symbol, execId }), ms(0))
    })
    return vpin.all().map(({ bucketVolume }) => bucketVolume)
  }
  expect(sizes({})).toEqual([20, 1.5, 20])
  expect(sizes({ bucketVolume: 7 })).toEqual([7, 7, 7])
})

test('nothing is ready before there are enough buckets', () => {
  const vpin = opened({ bucketVolume: 10, buckets: 3, bar: '1ms' })
  const told = feed(
    vpin,
    Array.from({ length: 6 }, (_, index) => ({ gapMs: 1, price: 100 + index ** 2, lots: 10 })),
  )
  expect(told.map(({ bucketCount, ready }) => [bucketCount, ready])).toEqual([
    [1, false],
    [2, false],
    [3, true],
    [4, true],
  ])
  expect(told.map((figures) => figures.vpin === null)).toEqual([true, true, false, false])
})

test.each([
  { name: 'a report that came before', changes: { execId: 1 }, found: 'repeated' },
  { name: 'a report without a fill', changes: { execType: 'canceled', ordStatus: 'canceled' }, found: 'noTrade' },
  { name: 'the selling side of a trade', changes: { side: 'sell' }, found: 'noTrade' },
  { name: 'a fill of no lots', changes: { lastQty: 0 }, found: 'invalid' },
  { name: 'a price between ticks', changes: { lastPrice: 100.5 }, found: 'invalid' },
  { name: 'a symbol beyond the limit', changes: { symbol: 'T' }, found: 'overflow' },
] as const)('$name changes nothing', ({ changes, found }) => {
  const [plain, disturbed] = [0, 1].map(() => opened({ symbolsMax: 1, bucketVolume: 10, bar: '1ms', buckets: 1 })) as [
    BulkVpin,
    BulkVpin,
  ]
  const report = (vpin: BulkVpin, execId: number, of: Partial<ExecutionReport> = {}) =>
    vpin.report(fillWith({ execId, lastPrice: 100 + execId, ...of }), ms(execId))
  for (const vpin of [plain, disturbed]) report(vpin, 1)
  expect(report(disturbed, 2, changes)).toBe(found)
  for (const vpin of [plain, disturbed]) for (const execId of [3, 4, 7, 8]) report(vpin, execId)
  expect(plain.all()).toMatchObject([{ bucketCount: 3, ready: true }])
  expect(disturbed.all()).toEqual(plain.all())
})

test('time never runs back: a report of an older tick belongs to the bar that is open', () => {
  const vpin = opened({ bucketVolume: 10, bar: '10ms' })
  const at = (execId: number, atMs: number) => vpin.report(fillWith({ execId }), ms(atMs))
  expect([at(1, 100), at(2, 110), at(3, 50), at(4, 119)]).toEqual(['traded', 'traded', 'traded', 'traded'])
  // 30 lots in the second bar, which only now ends.
  expect(at(5, 120)).toMatchObject({ bucketCount: 3 })
})

const someTrades = fc.array(
  fc.record({
    gapMs: fc.constantFrom(0, 1, 3, 7, 20),
    price: fc.integer({ min: 90, max: 110 }),
    lots: fc.integer({ min: 1, max: 40 }),
  }),
  { minLength: 1, maxLength: 80 },
)

test('after any trades every figure is that of a computation from scratch', () => {
  const [bucketVolume, buckets, barMs, deviationBars] = [13, 3, 5, 4]
  const settings = { bucketVolume, buckets, bar: `${barMs}ms`, deviationBars }
  fc.assert(
    fc.property(someTrades, (trades) => {
      const told = feed(opened(settings), trades)
      const units = unitsOf(barsOf(trades, barMs), deviationBars)
      expect(told.at(-1)?.bucketCount ?? 0).toBe(Math.floor(units.length / bucketVolume))
      for (const { bucketCount, ready, vpin } of told) {
        expect(ready).toBe(bucketCount >= buckets)
        if (vpin === null) continue
        let sum = 0
        for (let bucket = bucketCount - buckets; bucket < bucketCount; bucket += 1) {
          const own = units.slice(bucket * bucketVolume, (bucket + 1) * bucketVolume)
          sum += Math.abs(own.reduce((difference, share) => difference + 2 * share - 1, 0))
        }
        expect(vpin).toBeCloseTo(sum / (buckets * bucketVolume), 12)
      }
    }),
  )
})

/** Bars that have ended: each by the definition, from its first trade on. */
function barsOf(trades: readonly Trade[], barMs: number): { price: number; lots: number }[] {
  const bars: { openedMs: number; price: number; lots: number }[] = []
  let atMs = 0
  for (const { gapMs, price, lots } of trades) {
    atMs += gapMs
    const open = bars.at(-1)
    if (open === undefined || atMs - open.openedMs >= barMs) bars.push({ openedMs: atMs, price, lots })
    else Object.assign(open, { price, lots: open.lots + lots })
  }
  return bars.slice(0, -1)
}

/** The buy share of each lot, in the order in which lots fill buckets. */
function unitsOf(bars: readonly { price: number; lots: number }[], deviationBars: number): number[] {
  const changes = bars.slice(1).map(({ price }, index) => price - (bars[index]?.price ?? Number.NaN))
  return changes.flatMap((change, index) => {
    const upTo = changes.slice(Math.max(0, index + 1 - deviationBars), index + 1)
    const deviation = upTo.length < 2 ? 0 : sampleMoments(Float64Array.from(upTo)).deviation
    return new Array<number>(bars[index + 1]?.lots ?? 0).fill(bulkBuyShare(change, deviation))
  })
}
