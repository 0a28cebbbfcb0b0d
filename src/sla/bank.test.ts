import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { type BankRound, bankRound, componentsOf, consecutiveAlarms, falseAlarms, powerOf } from './bank.js'

/** Rounds of a made-up pipeline of two stages; the noise of a round is partly that of its hour, which both sides share. */
function bankOf(deviation: number, count = 200): BankRound[] {
  const random = new Random(12)
  return Array.from({ length: count }, (_, index) => {
    const hour = 1 + 0.2 * random.normal()
    const side = () => {
      const noisy = (ns: number): number => ns * hour * Math.exp(deviation * random.normal())
      const [risk, bus] = [noisy(2e6), noisy(10e6)]
      const whole = { 'endToEnd.p50': (risk + bus) / 2, 'endToEnd.p95': risk + bus, 'endToEnd.p99': (risk + bus) * 1.5 }
      return { ...whole, 'risk.p50': risk / 2, 'risk.p95': risk, 'bus.p95': bus, throughput: 1000, 'errors.rate': 0 }
    }
    return bankRound.parse({
      ...{ schema: 'nautilus.bank/1', round: index + 1, order: index % 2 === 0 ? 'AB' : 'BA', profile: 'made-up' },
      a: side(),
      b: side(),
    })
  })
}

const draws = { comparisonCount: 300, seed: 3, marginShare: 0.05 }

test('comparisons of A with itself, drawn by round, seldom regress and mostly end OK', () => {
  const { regressed, ok, improved, inconclusive, noData, roundsMean } = falseAlarms(bankOf(0.03), draws)
  expect(regressed).toBeLessThanOrEqual(0.025)
  expect(ok).toBeGreaterThan(0.9)
  expect(noData).toBe(0)
  expect(regressed + ok + improved + inconclusive).toBeCloseTo(1, 12)
  expect(roundsMean).toBeGreaterThanOrEqual(5)
  expect(roundsMean).toBeLessThan(12)
})

test('a bank too noisy to decide says so instead of guessing', () => {
  const { regressed, inconclusive } = falseAlarms(bankOf(0.3), draws)
  expect(inconclusive).toBeGreaterThan(0.5)
  expect(regressed).toBeLessThanOrEqual(0.06)
})

test('a bank whose B is truly slower is not called noise', () => {
  const slower = bankOf(0.03).map((round) => ({
    ...round,
    b: { ...round.b, 'endToEnd.p95': (round.b['endToEnd.p95'] ?? 0) * 1.2 },
  }))
  const { regressed, byMetric } = falseAlarms(slower, draws)
  expect(regressed).toBeGreaterThan(0.95)
  expect(byMetric[0]?.name).toBe('endToEnd.p95')
})

test('consecutive rounds show a drift that drawing mixes', () => {
  const bank = bankOf(0.03)
  expect(consecutiveAlarms(bank, 0.05)).toEqual({ comparisonCount: 91, regressed: expect.closeTo(0, 1) })
  const drifting = bank.map((round, index) => ({
    ...round,
    b: { ...round.b, 'endToEnd.p95': (round.b['endToEnd.p95'] ?? 0) * (index % 50 < 25 ? 1.3 : 1 / 1.3) },
  }))
  expect(consecutiveAlarms(drifting, 0.05).regressed).toBeGreaterThan(0.2)
  expect(falseAlarms(drifting, draws).regressed).toBeLessThan(0.1)
})

test('a bank without a metric that decides gives no verdict', () => {
  const lacking = bankOf(0.03).map((round) => ({ ...round, a: { 'endToEnd.p95': round.a['endToEnd.p95'] ?? 0 } }))
  expect(falseAlarms(lacking, { ...draws, comparisonCount: 5 }).noData).toBe(1)
})

test('a raise of one component is found, and the component is named', () => {
  const bank = bankOf(0.03)
  expect(componentsOf(bank)).toEqual(['risk', 'bus'])
  const bus = powerOf(bank, { component: 'bus', raisedShare: 0.3 }, draws)
  expect(bus.regressed).toBeGreaterThan(0.95)
  expect(bus.named).toBeGreaterThan(0.95)
  expect(bus.endToEndShare).toBeCloseTo(0.25, 1)
  // A thirtieth of a small part is below the margin of the whole: only the part itself can show it.
  const risk = powerOf(bank, { component: 'risk', raisedShare: 0.02 }, draws)
  expect(risk.regressed).toBeLessThan(0.05)
})

test('the same bank and seed give the same shares', () => {
  expect(falseAlarms(bankOf(0.1, 40), draws)).toEqual(falseAlarms(bankOf(0.1, 40), draws))
})

test('a line of another schema is no round', () => {
  expect(bankRound.safeParse({ schema: 'nautilus.bank/2', round: 1, a: {}, b: {} }).success).toBe(false)
})
