import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { Random } from '../../core/random.js'
import { type InstantNs, instantNs, nsPerSec } from '../../core/units.js'
import { tickWith } from '../model/message-fixture.js'
import type { Tick } from '../model/messages.js'
import type { FactorFigures } from '../model/observer-messages.js'
import { factorConfig } from './config.js'
import { FactorModel } from './core.js'

const names = ['market', 'momentum', 'volatility', 'depth', 'imbalance']
const second = (count: number): InstantNs => instantNs(Math.round(count * nsPerSec))

test('returns made of known factor returns give these back, and leave nothing specific', () => {
  const market = new Desk({})
  market.walk(0, 3_000)
  const exposures = market.exposures()
  const factors = [0.002, -0.001, 0.0005, 0.003, -0.0007]
  exposures.forEach((row, index) => {
    const change = row.reduce((sum, z, column) => sum + z * (factors[column] ?? 0), 0)
    market.tick(quoteOf(`S${index}`, market.middleOf(index) * Math.exp(change)), 1.5)
  })
  const { factors: found, rSquared, symbols, periods } = market.end(2)
  expect(found.map(({ factor }) => factor)).toEqual(names)
  found.forEach(({ periodReturn, cumulativeReturn, estimated }, column) => {
    expect(periodReturn).toBeCloseTo(factors[column] ?? Number.NaN, 11)
    expect(cumulativeReturn).toBe(periodReturn)
    expect(estimated).toBe(true)
  })
  expect(rSquared).toBeCloseTo(1, 10)
  expect(periods).toBe(1)
  for (const { specificReturn } of symbols) expect(Math.abs(specificReturn)).toBeLessThan(1e-12)
})

test.each([
  { weights: 'depth', winsorShare: 0.05 },
  { weights: 'equal', winsorShare: 0.05 },
  { weights: 'depth', winsorShare: 0 },
])(
  'three periods with weights $weights, winsorised at $winsorShare, are those of a computation from scratch',
  (settings) => {
    const market = new Desk(settings)
    market.walk(0, 2_000)
    const sums = names.map(() => 0)
    for (let period = 1; period <= 3; period += 1) {
      const exposures = market.exposures()
      const weights = market.weights()
      const before = exposures.map((_, index) => Math.log(market.middleOf(index)))
      market.walk(period, 400)
      const returns = before.map((log, index) => Math.log(market.middleOf(index)) - log)
      const found = market.end(period + 1)
      const expected = normalEquations(exposures, returns, weights)
      found.factors.forEach(({ periodReturn, cumulativeReturn }, column) => {
        sums[column] = (sums[column] ?? 0) + periodReturn
        expect(periodReturn).toBeCloseTo(expected[column] ?? Number.NaN, 10)
        expect(cumulativeReturn).toBeCloseTo(sums[column] ?? Number.NaN, 14)
      })
      expect(found.periods).toBe(period)
      found.symbols.forEach(({ symbol, exposures: styles, periodReturn, specificReturn }, index) => {
        expect(symbol).toBe(`S${index}`)
        const row = present(exposures[index], 'the symbol is in the cross-section')
        Object.values(styles).forEach((z, style) => {
          expect(z).toBeCloseTo(row[style + 1] ?? Number.NaN, 9)
        })
        expect(periodReturn).toBeCloseTo(returns[index] ?? Number.NaN, 12)
        const explained = row.reduce((sum, z, column) => sum + z * (expected[column] ?? 0), 0)
        expect(specificReturn).toBeCloseTo(periodReturn - explained, 10)
      })
    }
  },
)

test('exposures have mean 0 and standard deviation 1, and one wild symbol does not squeeze the others', () => {
  const market = new Desk({ winsorShare: 0.1 })
  market.walk(0, 3_000)
  market.tick({ ...quoteOf('S7', market.middleOf(7)), bidQty: 1e9, askQty: 1e9 }, 0.95)
  market.walk(1, 100)
  const { symbols } = market.end(2)
  const depths = symbols.map(({ exposures }) => exposures['depth'] ?? Number.NaN)
  const mean = depths.reduce((sum, z) => sum + z, 0) / depths.length
  expect(mean).toBeCloseTo(0, 12)
  expect(depths.reduce((sum, z) => sum + (z - mean) ** 2, 0) / (depths.length - 1)).toBeCloseTo(1, 12)
  expect(Math.max(...depths)).toBe(depths[7])
  // Uncut, the wild depth would stand more than five deviations out, and the rest within a fifth of one.
  expect(depths[7]).toBeLessThan(2.5)
})

test('a style in which all symbols are alike is not estimated, and the others are', () => {
  const market = new Desk({})
  for (let round = 0; round < 20; round += 1) {
    for (let index = 0; index < 30; index += 1) {
      market.tick({ ...quoteOf(`S${index}`, 10_000 + market.draw(50)), bidQty: 10, askQty: 10 }, 0.5)
    }
  }
  market.walk(1, 300)
  const { factors } = market.end(2)
  expect(factors.map(({ factor, estimated }) => [factor, estimated])).toEqual([
    ['market', true],
    ['momentum', true],
    ['volatility', true],
    ['depth', false],
    ['imbalance', false],
  ])
  expect(factors.slice(3).map(({ periodReturn, standardError }) => [periodReturn, standardError])).toEqual([
    [0, 0],
    [0, 0],
  ])
})

test('as many symbols as factors explain nothing, and symbols beyond the limit are left out', () => {
  const model = new FactorModel(factorConfig.parse({ assets: 7 }))
  const feed = (index: number, atSec: number) => model.update(quoteOf(`S${index}`, 100 + index), second(atSec))
  for (let index = 0; index < 5; index += 1) for (const at of [0.1, 0.2]) feed(index, at)
  expect(feed(0, 1.5).ended).toBeNull()
  expect(feed(0, 2.5).ended).toBeNull()
  for (let index = 5; index < 9; index += 1) for (const at of [2.6, 2.7]) feed(index, at)
  expect(feed(8, 2.8).state).toBe('overflow')
  expect(feed(0, 3.5).ended).toBeNull()
  expect(feed(0, 4.5).ended?.symbols).toHaveLength(7)
  expect(model.symbolCount).toBe(7)
})

test('periods without a tick pass over, on the same grid, and the next return spans them', () => {
  const market = new Desk({})
  market.walk(0, 2_000)
  const before = Math.log(market.middleOf(0))
  market.tick(quoteOf('S0', market.middleOf(0) * 1.1), 1.2)
  const { periods, symbols } = market.end(5.7)
  expect(periods).toBe(1)
  expect(symbols[0]?.periodReturn).toBeCloseTo(Math.log(market.middleOf(0)) - before, 12)
  // The grid stands at whole seconds: the next period ends at 6, not at 6.7.
  expect(market.model.update(quoteOf('S0', 100), second(5.99)).ended).toBeNull()
  expect(market.model.update(quoteOf('S0', 100), second(6)).ended?.periods).toBe(2)
})

test('ticks that are no quotes, and instants that come late, change nothing', () => {
  const [plain, disturbed] = [new Desk({}), new Desk({})]
  for (const market of [plain, disturbed]) {
    market.walk(0, 1_000)
    if (market === disturbed) {
      expect(market.model.update(tickWith({ symbol: 'S0', bid: 0 }), second(0.99)).state).toBe('unquoted')
      expect(market.model.update(tickWith({ bid: 102, ask: 101, crossed: true }), second(0.99)).state).toBe('unquoted')
    }
    market.walk(1, 500)
    if (market === disturbed) expect(market.model.update(tickWith({ ask: 0 }), second(0.2)).ended).toBeNull()
  }
  expect(disturbed.end(2)).toEqual(plain.end(2))
})

const quoteOf = (symbol: string, middle: number): Tick =>
  tickWith({ symbol, bid: middle - 0.5, ask: middle + 0.5, bidQty: 40, askQty: 60 })

/** A model and the history of all its quotes, from which everything is computed once more, plainly. */
class Desk {
  readonly model: FactorModel
  readonly #settings: ReturnType<typeof factorConfig.parse>
  readonly #random = new Random(11)
  readonly #quotes: Tick[][] = Array.from({ length: 30 }, () => [])

  constructor(settings: object) {
    this.#settings = factorConfig.parse({ lookback: 20, ...settings })
    this.model = new FactorModel(this.#settings)
    // The first tick sets the grid: it is of none of the symbols.
    this.model.update(tickWith({ bid: 0 }), second(0))
  }

  tick(tick: Tick, atSec: number): void {
    this.model.update(tick, second(atSec))
    this.#quotes[Number(tick.symbol.slice(1))]?.push(tick)
  }

  draw(count: number): number {
    return this.#random.below(count)
  }

  /** Quotes of all symbols within the second that begins at `fromSec`; each symbol has a depth and a width of its own. */
  walk(fromSec: number, count: number): void {
    for (let step = 0; step < count; step += 1) {
      const index = step % 30
      const last = this.#quotes[index]?.at(-1)
      const middle =
        last === undefined ? 10_000 : this.middleOf(index) * Math.exp(this.#random.normal() * 1e-4 * (1 + index))
      const [bidQty, askQty] = [1 + this.draw(20 + 10 * (index % 7)), 1 + this.draw(20 + 10 * (index % 5))]
      this.tick({ ...quoteOf(`S${index}`, middle), bidQty, askQty }, fromSec + (0.9 * (step + 1)) / count)
    }
  }

  /** Ends the period by a tick that is no quote. */
  end(atSec: number): FactorFigures {
    return present(this.model.update(tickWith({ bid: 0 }), second(atSec)).ended, 'the period was explained')
  }

  middleOf(index: number): number {
    const { bid, ask } = present(this.#quotes[index]?.at(-1), 'the symbol has a quote')
    return (bid + ask) / 2
  }

  weights(): number[] {
    return this.#quotes.map((quotes, index) => {
      const depth = this.#average(quotes.map(({ bidQty, askQty }) => bidQty + askQty))
      return this.#settings.weights === 'depth' ? Math.sqrt(depth * this.middleOf(index)) : 1
    })
  }

  /** The market and the z-scores of the styles, a row a symbol. */
  exposures(): number[][] {
    const raw = this.#quotes.map((quotes) => {
      const logs = quotes.map(({ bid, ask }) => Math.log((bid + ask) / 2))
      const changes = logs.slice(1).map((log, index) => log - (logs[index] ?? 0))
      return [
        this.#average(changes),
        Math.sqrt(this.#average(changes.map((change) => change ** 2))),
        Math.log(this.#average(quotes.map(({ bidQty, askQty }) => bidQty + askQty))),
        this.#average(quotes.map(({ bidQty, askQty }) => (bidQty - askQty) / (bidQty + askQty))),
      ]
    })
    const scores = [0, 1, 2, 3].map((style) => this.#scores(raw.map((row) => row[style] ?? 0)))
    return raw.map((_, index) => [1, ...scores.map((column) => column[index] ?? 0)])
  }

  #average(values: readonly number[]): number {
    const weight = 2 / (this.#settings.lookback + 1)
    return values.slice(1).reduce((mean, value) => (1 - weight) * mean + weight * value, values[0] ?? 0)
  }

  #scores(values: readonly number[]): number[] {
    const sorted = [...values].sort((a, b) => a - b)
    const quantile = (share: number): number => {
      const place = share * (sorted.length - 1)
      const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0]
      return low * (1 - (place % 1)) + high * (place % 1)
    }
    const [lowest, highest] = [quantile(this.#settings.winsorShare), quantile(1 - this.#settings.winsorShare)]
    const cut = values.map((value) => Math.min(highest, Math.max(lowest, value)))
    const mean = cut.reduce((sum, value) => sum + value, 0) / cut.length
    const variance = cut.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (cut.length - 1)
    return cut.map((value) => (value - mean) / Math.sqrt(variance))
  }
}

/** X'WX f = X'Wr by Gauss and Jordan with pivots. */
function normalEquations(x: readonly number[][], r: readonly number[], weights: readonly number[]): number[] {
  const columns = x[0]?.length ?? 0
  const sum = (term: (row: number) => number): number =>
    x.reduce((total, _, row) => total + (weights[row] ?? 0) * term(row), 0)
  const matrix = Array.from({ length: columns }, (_, a) => [
    ...Array.from({ length: columns }, (_, b) => sum((row) => (x[row]?.[a] ?? 0) * (x[row]?.[b] ?? 0))),
    sum((row) => (x[row]?.[a] ?? 0) * (r[row] ?? 0)),
  ])
  for (let pivot = 0; pivot < columns; pivot += 1) {
    const from = matrix.slice(pivot).sort((a, b) => Math.abs(b[pivot] ?? 0) - Math.abs(a[pivot] ?? 0))
    matrix.splice(pivot, from.length, ...from)
    matrix.forEach((line, index) => {
      if (index === pivot) return
      const factor = (line[pivot] ?? 0) / (matrix[pivot]?.[pivot] ?? 1)
      matrix[index] = line.map((value, column) => value - factor * (matrix[pivot]?.[column] ?? 0))
    })
  }
  return matrix.map((line, index) => (line[columns] ?? 0) / (line[index] ?? 1))
}
