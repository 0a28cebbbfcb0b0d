import fc from 'fast-check'
import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { tickWith } from '../model/message-fixture.js'
import type { Tick } from '../model/messages.js'
import type { FeatureSet } from '../model/observer-messages.js'
import { featuresConfig } from './config.js'
import { RollingFeatures } from './core.js'

const opened = (settings: unknown = {}): RollingFeatures => new RollingFeatures(featuresConfig.parse(settings))

function featuresOf(features: RollingFeatures, tick: Tick): FeatureSet {
  const found = features.update(tick)
  if (typeof found === 'string') throw new Error(`the tick is ${found}`)
  return found
}

test('the figures of one quote are those worked out by hand', () => {
  const features = opened({ windows: [2] })
  const { rolling, ...rest } = featuresOf(features, tickWith({ bid: 100, bidQty: 30, ask: 104, askQty: 10 }))
  // (100 x 10 + 104 x 30) / 40 = 4120 / 40: more is bid than offered, so the price leans to the ask.
  expect(rest).toEqual({ symbol: 'S', quotes: 1, middle: 102, spread: 4, imbalance: 0.5, microprice: 103 })
  expect(rolling).toEqual([{ window: 2, ready: false, logReturn: 0, volatility: 0 }])
})

test('returns and volatility of a window follow by hand, and are ready when the window is full', () => {
  const features = opened({ windows: [2] })
  // Middles 100, 110, 99, 99: log returns ln 1.1, ln 0.9, 0.
  const rolling = [100, 110, 99, 99].map((middle) => featuresOf(features, quoteAt(middle)).rolling[0])
  const [up, down] = [Math.log(1.1), Math.log(0.9)]
  expect(rolling.map((figures) => figures?.ready)).toEqual([false, false, true, true])
  const [, second, third, fourth] = rolling
  expect(second?.logReturn).toBeCloseTo(up, 14)
  expect(second?.volatility).toBeCloseTo(up, 14)
  expect(third?.logReturn).toBeCloseTo(up + down, 14)
  expect(third?.volatility).toBeCloseTo(Math.hypot(up, down), 14)
  expect(fourth?.logReturn).toBeCloseTo(down, 14)
  expect(fourth?.volatility).toBeCloseTo(-down, 14)
})

test.each([
  { name: 'without bid', tick: { bid: 0, bidQty: 0 } },
  { name: 'without ask', tick: { ask: 0, askQty: 0 } },
  { name: 'locked', tick: { bid: 100, ask: 100, crossed: true } },
  { name: 'crossed', tick: { bid: 101, ask: 100, crossed: true } },
])('a tick $name changes nothing', ({ tick }) => {
  const [plain, disturbed] = [opened(), opened()]
  for (const middle of [100, 101, 103]) {
    const expected = plain.update(quoteAt(middle))
    expect(disturbed.update(tickWith(tick))).toBe('unquoted')
    expect(disturbed.update(quoteAt(middle))).toEqual(expected)
  }
})

test('symbols are apart, and those beyond the limit have no features', () => {
  const features = opened({ symbolsMax: 2 })
  for (const symbol of ['A', 'B']) featuresOf(features, { ...quoteAt(100), symbol })
  expect(features.update({ ...quoteAt(100), symbol: 'C' })).toBe('overflow')
  expect(featuresOf(features, { ...quoteAt(200), symbol: 'A' }).rolling[0]?.logReturn).toBeCloseTo(Math.LN2, 14)
  expect(features.all().map(({ symbol, middle }) => [symbol, middle])).toEqual([
    ['A', 200],
    ['B', 100],
  ])
})

test('after any quotes every window has the figures of a computation from scratch', () => {
  const windows = [2, 5, 17]
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2_000_000 }), { minLength: 1, maxLength: 120 }), (middles) => {
      const features = opened({ windows })
      middles.forEach((middle, index) => {
        const { quotes, rolling } = featuresOf(features, quoteAt(middle))
        expect(quotes).toBe(index + 1)
        for (const { window, ready, logReturn, volatility } of rolling) {
          const scratch = fromScratch(middles.slice(0, index + 1), window)
          expect(ready).toBe(index >= window)
          expect(logReturn).toBeCloseTo(scratch.logReturn, 12)
          // The squares of wild returns are up to 200, and each leaves its rounding until the window has turned.
          expect(Math.abs(volatility ** 2 - scratch.volatility ** 2)).toBeLessThan(1e-11)
        }
      })
    }),
    { numRuns: 100 },
  )
})

test('a wild return leaves nothing behind once the window has turned, and neither do a million quotes', () => {
  const window = 100
  const features = opened({ windows: [window] })
  const middles: number[] = [1, 2_000_000_000]
  // Small moves in a long walk: a running sum alone would be wrong by more than the tolerance.
  for (let index = 0; index < 1_000_000; index += 1) middles.push(2_000_000_000 + ((index * 7) % 13))
  let naive = 0
  let found: FeatureSet | null = null
  middles.forEach((middle, index) => {
    found = featuresOf(features, quoteAt(middle))
    naive += squareAt(middles, index) - squareAt(middles, index - window)
  })
  const scratch = fromScratch(middles, window).volatility
  const figures = present((found as FeatureSet | null)?.rolling[0], 'the window has figures')
  expect(Math.abs(figures.volatility / scratch - 1)).toBeLessThan(1e-12)
  expect(Math.abs(Math.sqrt(Math.max(0, naive)) / scratch - 1)).toBeGreaterThan(1e-3)
})

/** A spread of two ticks, so that any whole middle above 1 may stand. */
const quoteAt = (middle: number): Tick => tickWith({ bid: middle - 0.5, ask: middle + 0.5 })

function squareAt(middles: readonly number[], index: number): number {
  if (index < 1) return 0
  return (Math.log(middles[index] ?? 0) - Math.log(middles[index - 1] ?? 0)) ** 2
}

function fromScratch(middles: readonly number[], window: number): { logReturn: number; volatility: number } {
  const last = middles.slice(-window - 1)
  const squares = last.map((_, index) => squareAt(last, index))
  return {
    logReturn: Math.log((last.at(-1) ?? 0) / (last[0] ?? 0)),
    volatility: Math.sqrt(squares.reduce((sum, square) => sum + square, 0)),
  }
}
