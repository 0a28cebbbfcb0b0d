import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { durationNs, type InstantNs, instantNs, nsPerSec } from '../../core/units.js'
import { harness } from '../kit/harness.js'
import { fillWith, tickWith } from '../model/message-fixture.js'
import { createCorrelation, createTailSelection } from '../quant/kernels.js'
import { historicalRisk } from '../quant/var.js'
import { portfolioConfig } from './config.js'
import { ReturnHistory } from './return-history.js'
import { PortfolioRisk } from './risk.js'
import { portfolioEngine } from './service.js'

const second = (count: number): InstantNs => instantNs(count * nsPerSec)
const history = (returnsMax: number) => new ReturnHistory({ everyNs: durationNs(nsPerSec), returnsMax })

test('returns are those between the ends of periods, at the mark that stood there', () => {
  const marks = history(10)
  marks.mark('S', 100, second(0))
  marks.mark('S', 110, second(0.5))
  marks.mark('S', 121, second(1.5))
  // The second period ended at 121, and the third, in which nothing came, too.
  marks.mark('S', 242, second(3))
  marks.mark('S', 242, second(4))
  const { returns, periods } = marks.returnsOf(['S'])
  expect(periods).toBe(3)
  expect([...returns].map((value) => Math.round(value * 1e12) / 1e12)).toEqual([0.1, 0, 1])
})

test('symbols share the periods in which all of them were marked, the oldest make room, and silence is bounded', () => {
  const marks = history(3)
  for (let at = 0; at < 10; at += 1) {
    marks.mark('old', 100 * 2 ** at, second(at))
    if (at >= 7) marks.mark('new', 50, second(at))
  }
  expect(marks.returnsOf(['old'])).toEqual({ returns: Float64Array.of(1, 1, 1), periods: 3 })
  expect(marks.returnsOf(['old', 'new'])).toEqual({ returns: Float64Array.of(1, 0), periods: 1 })
  marks.mark('old', 1, second(1e6))
  expect(marks.returnsOf(['old', 'new'])).toEqual({ returns: new Float64Array(6), periods: 3 })
})

test('the risk of positions is that of what they would have gained, and names the backends that computed it', () => {
  const settings = portfolioConfig.parse({ returnsMax: 300, confidence: 0.99 })
  const risk = new PortfolioRisk(settings)
  const random = new Random(5)
  const marks: Record<string, number> = { A: 100, B: 200, C: 50 }
  const held = new Map([
    ['A', 1_000],
    ['B', -3_000],
    ['C', 0],
  ])
  const gains: number[] = []
  const returns: number[][] = [[], []]
  for (let at = 0; at <= 301; at += 1) {
    const before = { ...marks }
    for (const symbol of ['A', 'B', 'C']) {
      if (at > 0) marks[symbol] = (marks[symbol] ?? 0) * (1 + 0.01 * random.normal())
      risk.mark(symbol, marks[symbol] ?? 0, second(at))
    }
    if (at === 0 || at > 300) continue
    const [a, b] = ['A', 'B'].map((symbol) => (marks[symbol] ?? 0) / (before[symbol] ?? 0) - 1)
    gains.push(1_000 * (a ?? 0) - 3_000 * (b ?? 0))
    // The larger position comes first.
    returns[0]?.push(b ?? 0)
    returns[1]?.push(a ?? 0)
  }
  const figures = risk.figures(held)
  const expected = historicalRisk(createTailSelection(300), Float64Array.from(gains), { confidence: 0.99 })
  expect(figures).toMatchObject({ periodNs: nsPerSec, periods: 300, unquoted: [] })
  expect(figures.risk?.valueAtRisk).toBeCloseTo(expected.valueAtRisk, 9)
  expect(figures.risk?.expectedShortfall).toBeCloseTo(expected.expectedShortfall, 9)
  expect(figures.risk?.backend).toBe(createTailSelection(300).backend)
  const matrix = new Float64Array(4)
  const kernel = createCorrelation({ series: 2, observations: 300 })
  kernel.correlate(Float64Array.from(returns.flat()), matrix, { series: 2, observations: 300 })
  expect(figures.correlation).toMatchObject({ backend: kernel.backend, symbols: ['B', 'A'] })
  expect(figures.correlation?.matrix[0]?.[1]).toBeCloseTo(matrix[1] ?? Number.NaN, 9)
})

test('there is no risk without positions or periods, and no correlation with what has not moved', () => {
  const risk = new PortfolioRisk(portfolioConfig.parse({}))
  expect(risk.figures(new Map())).toMatchObject({ risk: null, correlation: null })
  risk.mark('S', 100, second(0))
  expect(risk.figures(new Map([['S', 5]]))).toMatchObject({ periods: 0, risk: null })
  for (let at = 1; at < 10; at += 1) {
    risk.mark('S', 100 + (at % 2), second(at))
    risk.mark('still', 7, second(at))
  }
  const held = new Map([
    ['S', 5],
    ['still', 900],
    ['unknown', 1],
  ])
  const figures = risk.figures(held)
  expect(figures).toMatchObject({ correlation: null, unquoted: ['unknown'] })
  expect(figures.risk?.valueAtRisk).toBeGreaterThan(0)
})

test('the engine answers with the risk of what its accounts hold', async () => {
  const bench = harness(portfolioEngine, { returnEvery: '1ns' })
  const ticked = (bid: number): void => {
    bench.advance(1)
    bench.feed('tick', tickWith({ bid, ask: bid + 2 }))
  }
  bench.feed('execution.report', { reports: [fillWith({ execId: 1, lastQty: 10, lastPrice: 100 })] })
  for (const bid of [99, 109, 98, 108, 97]) ticked(bid)
  const { status, body } = await bench.call('GET /v1/portfolio/risk')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    periodNs: 1,
    risk: { confidence: 0.95, convention: 'acerbi-tasche' },
    correlation: null,
  })
  const { risk } = body as { readonly risk: { readonly valueAtRisk: number; readonly expectedShortfall: number } }
  // 10 lots at 98, and the largest fall: from 110 to 99.
  expect(risk.valueAtRisk).toBeCloseTo(980 * 0.1, 9)
  expect(risk.expectedShortfall).toBeGreaterThanOrEqual(risk.valueAtRisk)
})
