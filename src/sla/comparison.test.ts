import { describe, expect, test } from 'vitest'
import { type Comparison, comparison, comparisonSchemaId } from '../results/comparison.js'
import { readMachine } from '../results/machine.js'
import { isDecided, judgeComparison } from './comparison.js'
import { noiseOf } from './noise.js'

// Tables of rounds by their figures: the judgement itself is pure.

type Pairs = Readonly<Record<string, readonly (readonly [number, number])[]>>
type Changes = Partial<Omit<Comparison, 'rounds'>> & {
  readonly repeats?: readonly Partial<Comparison['rounds'][number]['a']>[]
}

const run = { runId: 'r', startedAt: '2026-01-01T00:00:00Z', fidelity: 'valid', failure: null, cause: null } as const

/** A comparison whose rounds hold these pairs of figures of A and B. */
function comparisonOf(pairs: Pairs, { repeats = [], ...changes }: Changes = {}): Comparison {
  const roundCount = Math.max(...Object.values(pairs).map((list) => list.length))
  const whole = Array.from({ length: roundCount }, (_, index) => ({
    index,
    order: 'AB',
    seed: index,
    a: run,
    b: run,
    metrics: Object.fromEntries(
      Object.entries(pairs).flatMap(([name, list]) => {
        const pair = list[index]
        return pair === undefined ? [] : [[name, metricOf(name, pair)]]
      }),
    ),
  }))
  const broken = repeats.map((failed, index) => ({
    ...{ index: roundCount + index, order: 'AB', seed: 0, metrics: {} },
    a: run,
    b: { ...run, ...failed },
  }))
  const side = { label: 'desk.yaml', profileName: 'desk', git: null, faults: {} }
  return comparison.parse({
    ...{ schema: comparisonSchemaId, id: 'c-1', nautilusVersion: '0', startedAt: '', interrupted: null, kind: 'ab' },
    ...{ a: side, b: side, marginShare: 0.05, controls: [], seed: 1, machine: readMachine(null) },
    deciding: Object.keys(pairs),
    rounds: [...whole, ...broken],
    ...changes,
  })
}

function metricOf(name: string, [a, b]: readonly [number, number]) {
  if (name === 'throughput') return { a, b, unit: 'perSec', better: 'higher' }
  if (name === 'errors.rate') return { a, b, unit: 'share', better: 'lower' }
  return { a, b, unit: 'ns', better: 'lower' }
}

/** Rounds in which B takes `factor` times as long, give or take a deviation that has no mean. */
const times = (count: number, factor: number, spread = 0.01, base = 1e6): [number, number][] =>
  Array.from({ length: count }, (_, index) => {
    const turn = index % 2 === 0 ? 1 : -1
    return [base * (1 + index / 100), base * (1 + index / 100) * factor * (1 + turn * spread * (1 + (index % 3) / 10))]
  })

const constant = (count: number, a: number, b: number): [number, number][] =>
  Array.from({ length: count }, () => [a, b])

describe('one metric', () => {
  test.each([
    { name: 'a fifth slower', pairs: { p: times(5, 1.2) }, status: 'regressed', exit: 1 },
    { name: 'as fast', pairs: { p: times(5, 1) }, status: 'ok', exit: 0 },
    { name: 'a fifth faster', pairs: { p: times(5, 0.8) }, status: 'improved', exit: 0 },
    { name: 'slower by less than the margin', pairs: { p: times(5, 1.02) }, status: 'ok', exit: 0 },
    {
      name: 'a fifth slower in the middle of noise',
      pairs: { p: times(5, 1.2, 0.5) },
      status: 'inconclusive',
      exit: 3,
    },
    { name: 'four rounds only', pairs: { p: times(4, 2) }, status: 'inconclusive', exit: 3 },
    { name: 'a throughput that falls', pairs: { throughput: times(5, 0.8) }, status: 'regressed', exit: 1 },
    { name: 'a throughput that rises', pairs: { throughput: times(5, 1.3) }, status: 'improved', exit: 0 },
    {
      name: 'a throughput that is the rate in each run',
      pairs: { throughput: constant(5, 500, 500) },
      status: 'ok',
      exit: 0,
    },
    { name: 'no errors at all', pairs: { 'errors.rate': constant(5, 0, 0) }, status: 'ok', exit: 0 },
    { name: 'errors from nowhere', pairs: { 'errors.rate': constant(5, 0, 0.01) }, status: 'regressed', exit: 1 },
    { name: 'a few errors more', pairs: { 'errors.rate': constant(5, 0.0001, 0.0004) }, status: 'ok', exit: 0 },
    {
      name: 'a throughput of nothing in one run',
      pairs: { throughput: [...constant(4, 500, 500), [500, 0]] },
      status: 'inconclusive',
      exit: 3,
    },
  ] as const)('$name is $status', ({ pairs, status, exit }) => {
    const verdict = judgeComparison(comparisonOf(pairs))
    expect([verdict.status, verdict.exit]).toEqual([status, exit])
  })
})

test('the change of a throughput is counted as worse where it falls, and bounds enclose it', () => {
  const [metric] = judgeComparison(comparisonOf({ throughput: times(5, 0.8) })).metrics
  expect(metric?.change).toBeCloseTo(0.25, 2)
  expect(metric?.lower).toBeLessThan(0.25)
  expect(metric?.upper).toBeGreaterThan(0.25)
})

test('errors are compared by their difference, in shares of all requests', () => {
  const [metric] = judgeComparison(comparisonOf({ 'errors.rate': constant(5, 0.01, 0.03) })).metrics
  expect(metric).toMatchObject({ scale: 'difference', margin: 0.001 })
  expect(metric?.change).toBeCloseTo(0.02, 6)
})

test('one undecided deciding metric leaves all undecided, and further rounds are wanted', () => {
  const verdict = judgeComparison(comparisonOf({ p50: times(5, 1), p95: times(5, 1.2, 0.5) }))
  expect([verdict.status, isDecided(verdict)]).toEqual(['inconclusive', false])
})

test('a regression is told first, whatever is undecided beside it', () => {
  const verdict = judgeComparison(comparisonOf({ p50: times(5, 1.2, 0.5), p95: times(5, 1.3) }))
  expect([verdict.status, verdict.exit, verdict.metrics[0]?.name]).toEqual(['regressed', 1, 'p95'])
})

describe('watched metrics', () => {
  const noisy = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, times(5, 1.2, 0.5)]))
  const judgedWith = (pair: Pairs['p']) =>
    judgeComparison(
      comparisonOf(
        { p95: times(5, 1), tail: pair ?? [], ...noisy },
        { deciding: ['p95'], watched: ['tail', ...Object.keys(noisy)] },
      ),
    )

  test('hold nothing up while they are undecided', () => {
    const verdict = judgedWith(times(5, 1.2, 0.5))
    expect([verdict.status, isDecided(verdict)]).toEqual(['ok', true])
  })

  test('regress all the same where it is beyond doubt', () => {
    const verdict = judgedWith(times(5, 1.5))
    expect([verdict.status, verdict.exit]).toEqual(['regressed', 1])
  })

  test('need more than one alone would, since there are many of them', () => {
    const slower = times(5, 1.25, 0.085)
    expect(judgeComparison(comparisonOf({ tail: slower })).status).toBe('regressed')
    const tail = judgedWith(slower).metrics.find(({ name }) => name === 'tail')
    expect(tail).toMatchObject({ status: 'inconclusive', reason: 'one of several watched metrics: not sure enough' })
  })
})

test('a control that moves makes the environment guilty, not B', () => {
  const verdict = judgeComparison(
    comparisonOf({ p95: times(5, 1.5), 'cpu.other': times(5, 1.5) }, { deciding: ['p95'], controls: ['cpu.other'] }),
  )
  expect([verdict.status, verdict.exit]).toEqual(['inconclusive', 3])
  expect(verdict.reasons).toEqual(['cpu.other moved although it must not: the environment did'])
})

test('a control that holds is no matter', () => {
  const pairs = { p95: times(5, 1.5), 'cpu.other': times(5, 1) }
  expect(judgeComparison(comparisonOf(pairs, { deciding: ['p95'], controls: ['cpu.other'] })).status).toBe('regressed')
})

test.each([
  { name: 'on one side only', metrics: { p95: times(5, 1) }, deciding: ['p95', 'risk.p95'] },
  {
    name: 'in some rounds only',
    metrics: { p95: times(5, 1), 'risk.p95': times(4, 1) },
    deciding: ['p95', 'risk.p95'],
  },
  { name: 'as a watched one', metrics: { p95: times(5, 1) }, deciding: ['p95'], watched: ['risk.p95'] },
])('a metric that was measured $name is no data, never ok', ({ name: _, metrics, ...names }) => {
  const verdict = judgeComparison(comparisonOf(metrics, names))
  expect([verdict.status, verdict.exit]).toEqual(['noData', 4])
  expect(verdict.reasons[0]).toContain('risk.p95 was measured on both sides in')
})

describe('rounds without figures', () => {
  test('of the instrument are counted and no matter', () => {
    const failed = { failure: 'is invalid: sent 80 of 100', cause: 'instrument' } as const
    const verdict = judgeComparison(comparisonOf({ p95: times(5, 1) }, { repeats: [failed] }))
    expect([verdict.status, verdict.repeatedCount, verdict.roundCount]).toEqual(['ok', 1, 5])
  })

  test('of a system that fell over are never ok', () => {
    const failed = { failure: 'ended early: risk exited with code 1', cause: 'system' } as const
    const verdict = judgeComparison(comparisonOf({ p95: times(5, 1) }, { repeats: [failed] }))
    expect([verdict.status, verdict.exit]).toEqual(['noData', 4])
    expect(verdict.reasons).toEqual(['round 6: B ended early: risk exited with code 1'])
  })

  test('leave too few whole ones: no data', () => {
    const failed = { failure: 'is invalid: sent 80 of 100', cause: 'instrument' } as const
    const verdict = judgeComparison(comparisonOf({ p95: times(4, 1) }, { repeats: [failed] }))
    expect([verdict.status, verdict.exit]).toEqual(['noData', 4])
    expect(verdict.reasons).toEqual(['round 5: B is invalid: sent 80 of 100'])
  })

  test('are all there is: no data', () => {
    const failed = { failure: 'is invalid: sent 80 of 100', cause: 'instrument' } as const
    const verdict = judgeComparison(comparisonOf({ p95: [] }, { repeats: [failed, failed] }))
    expect([verdict.status, verdict.exit]).toEqual(['noData', 4])
  })
})

test.each([
  { reason: 'SIGINT', exit: 130 },
  { reason: 'SIGTERM', exit: 143 },
])('a comparison that $reason ended exits $exit and keeps what its rounds say', ({ reason, exit }) => {
  const verdict = judgeComparison(comparisonOf({ p95: times(6, 1.5) }, { interrupted: reason }))
  expect([verdict.status, verdict.exit]).toEqual(['interrupted', exit])
  expect(verdict.metrics[0]?.status).toBe('regressed')
})

test.each([
  { inconclusive: 'fail', exit: 3 },
  { inconclusive: 'warn', exit: 0 },
  { inconclusive: 'pass', exit: 0 },
] as const)('undecided with $inconclusive exits $exit', ({ inconclusive, exit }) => {
  const undecided = comparisonOf({ p95: times(5, 1.2, 0.5) })
  expect(judgeComparison(undecided, inconclusive)).toMatchObject({ status: 'inconclusive', exit })
})

describe('the culprit', () => {
  const rounds = {
    'endToEnd.p95': constant(5, 20e6, 24.2e6),
    'risk.p95': constant(5, 3e6, 7e6),
    'bus.p95': constant(5, 1e6, 1.1e6),
    'risk.p50': constant(5, 1e6, 9e6),
  }

  test('is the component whose own quantile moved most', () => {
    const { culprit } = judgeComparison(comparisonOf(rounds, { deciding: ['endToEnd.p95'] }))
    expect(culprit).toEqual({ component: 'risk', metric: 'endToEnd.p95', componentNs: 4e6, endToEndNs: 4.2e6 })
  })

  test('is nobody where end to end holds', () => {
    const pairs = { ...rounds, 'endToEnd.p95': constant(5, 20e6, 20e6) }
    expect(judgeComparison(comparisonOf(pairs, { deciding: ['endToEnd.p95'] })).culprit).toBeNull()
  })

  test('is nobody where no component moved with it', () => {
    const pairs = { 'endToEnd.p95': constant(5, 20e6, 24e6), 'risk.p95': constant(5, 3e6, 3.1e6) }
    expect(judgeComparison(comparisonOf(pairs, { deciding: ['endToEnd.p95'] })).culprit).toBeNull()
  })
})

describe('the noise floor', () => {
  test('is the deviation of one run, so that of a difference over the root of two', () => {
    const pairs = Array.from({ length: 10 }, (_, index): [number, number] => [
      1e6,
      1e6 * Math.exp(index % 2 ? 0.1 : -0.1),
    ])
    expect(noiseOf(comparisonOf({ p95: pairs }))['p95']).toBeCloseTo(0.1 / Math.SQRT2, 6)
  })

  test('is not told by four rounds', () => {
    expect(noiseOf(comparisonOf({ p95: times(4, 1) }))).toEqual({})
  })
})
