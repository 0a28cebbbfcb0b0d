import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { Random } from '../core/random.js'
import { intervalNs, type RunResult, runResult, type Series } from '../results/run-result.js'
import { Histogram } from '../stats/histogram.js'
import { summarise } from '../stats/summary.js'
import { decideEarly, looksOf, type SoFar } from './early.js'

const whole = runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')))
const limitNs = 10e6
const plannedNs = 30e9

type Change = Partial<Pick<SoFar, 'windowNsMax' | 'phases' | 'accounting' | 'load'>> & { readonly sla?: unknown }

/** A run of 400 requests a second of which the intervals so far had so many slow ones. */
function soFar(overs: readonly number[], { sla = { endToEnd: { p95: '10ms' } }, ...change }: Change = {}): SoFar {
  return {
    id: 'now',
    profile: { sla },
    endToEnd: seriesOf(overs),
    components: [],
    accounting: { ...whole.accounting, planned: 100 * overs.length, failed: 0, timedOut: 0, dropped: 0, lost: 0 },
    phases: [],
    load: { ...whole.load, achievedRatePerSec: 400 },
    elapsedNs: overs.length * intervalNs,
    plannedNs,
    windowNsMax: plannedNs,
    ...change,
  }
}

function seriesOf(overs: readonly number[]): Series {
  const histogram = new Histogram()
  for (const over of overs) {
    for (let index = 0; index < 100; index += 1) histogram.record(index < over ? 14e6 : 5e6)
  }
  const intervals = overs.map((over, index) => {
    const figures = { count: 100, over: [over], aboveQuantiles: [over, over, over, over], unanswered: 0 }
    return { startNs: index * intervalNs, ...figures, p50Ns: 5e6, p95Ns: 5e6, p99Ns: 5e6, maxNs: 14e6 }
  })
  const over = [{ limitNs, count: overs.reduce((sum, count) => sum + count, 0) }]
  return { name: 'endToEnd', summary: summarise(histogram), over, intervals, histogram: histogram.toBuckets() }
}

const drawn = (share: number, length: number, seed = 1): number[] => {
  const random = new Random(seed)
  return Array.from({ length }, () => Array.from({ length: 100 }, () => random.float()).filter((x) => x < share).length)
}

test.each([
  { name: 'a quarter of a calm run decides it', overs: drawn(0, 30), decision: 'decided', status: 'pass' },
  { name: 'a quarter of a slow run decides it', overs: drawn(0.5, 30), decision: 'decided', status: 'fail' },
  { name: 'near the limit it goes on', overs: drawn(0.05, 30), decision: 'continue' },
  { name: 'what is plain at the end is not yet at a look', overs: drawn(0.043, 30), decision: 'continue' },
  { name: 'the same share at the end passes', overs: drawn(0.04, 120), decision: 'decided', status: 'pass' },
  { name: 'at the end there is no going on', overs: drawn(0.05, 120), decision: 'decided', status: 'inconclusive' },
  { name: 'without a sample it goes on', overs: [], decision: 'continue' },
])('$name', ({ name: _, overs, ...expected }) => {
  expect(decideEarly(soFar(overs), null)).toMatchObject(expected)
})

test('a run that is decided at a look says how much time that saves', () => {
  const decided = decideEarly(soFar(drawn(0, 30)), null)
  expect(decided).toMatchObject({ reason: 'every limit holds', savedNs: 22.5e9 })
  expect(looksOf(plannedNs)).toEqual([7.5e9, 15e9, 22.5e9])
})

test('a run that is undecided at its end is extended once, if so long is allowed', () => {
  const overs = drawn(0.048, 120)
  const extended = decideEarly(soFar(overs, { windowNsMax: 3600e9 }), null)
  expect(extended).toMatchObject({ decision: 'extend' })
  const byNs = extended.decision === 'extend' ? extended.byNs : 0
  expect(byNs).toBeGreaterThan(0)
  expect(decideEarly(soFar(overs, { windowNsMax: plannedNs + byNs - 1e9 }), null)).toMatchObject({
    status: 'inconclusive',
  })
  const later = soFar([...overs, ...Array.from({ length: 40 }, () => 6)], { windowNsMax: 3600e9 })
  expect(decideEarly(later, null)).toMatchObject({ decision: 'decided', status: 'inconclusive' })
})

const checked = (check: object) => ({ endToEnd: { p95: '10ms' }, checks: [check] })
const failing = (accounting: Partial<RunResult['accounting']>): Change => ({
  accounting: { ...soFar(drawn(0, 30)).accounting, ...accounting },
})

test.each([
  {
    name: 'a counter above its bound decides at once',
    change: { ...failing({ dropped: 1 }), sla: checked({ metric: 'dropped.count', max: 0 }) },
    expected: { decision: 'decided', status: 'fail', reason: 'dropped.count fails' },
  },
  {
    name: 'a few errors do not decide',
    change: { ...failing({ failed: 2 }), sla: checked({ metric: 'errors.rate', max: '0.01%' }) },
    expected: { decision: 'continue' },
  },
  {
    name: 'many errors do',
    change: { ...failing({ failed: 90 }), sla: checked({ metric: 'errors.rate', max: '0.01%' }) },
    expected: { decision: 'decided', status: 'fail' },
  },
  {
    name: 'a rate that barely holds is not cut short',
    change: { sla: checked({ metric: 'throughput', min: '399/s' }) },
    expected: { decision: 'continue' },
  },
  {
    name: 'a rate that holds by far may be',
    change: { sla: checked({ metric: 'throughput', min: '300/s' }) },
    expected: { decision: 'decided', status: 'pass' },
  },
  {
    name: 'a limit on the largest sample holds to the end',
    change: { sla: { endToEnd: { max: '10ms' } } },
    expected: { decision: 'continue' },
  },
  {
    name: 'a limit over a window holds to the end',
    change: { sla: { endToEnd: {}, windows: ['endToEnd p95 > 10ms for 5s'] } },
    expected: { decision: 'continue' },
  },
  {
    name: 'a limit that only warns decides nothing',
    change: { sla: { endToEnd: { p95: '10ms' }, budget: { gone: { p95: '1ms', of: ['x'], critical: false } } } },
    expected: { decision: 'decided', status: 'pass' },
  },
  {
    name: 'a component without data is waited for',
    change: { sla: { endToEnd: { p95: '10ms' }, budget: { gone: { p95: '1ms', of: ['x'] } } } },
    expected: { decision: 'continue' },
  },
  {
    name: 'a run with phases goes to its end',
    change: {
      phases: [
        { name: 'calm', startNs: 0, endNs: 20e9, targetRatePerSec: 400 },
        { name: 'peak', startNs: 20e9, endNs: plannedNs, targetRatePerSec: 400 },
      ],
    },
    expected: { decision: 'continue' },
  },
] satisfies readonly { name: string; change: Change; expected: object }[])('$name', ({ change, expected }) => {
  expect(decideEarly(soFar(drawn(0, 30), change), null)).toMatchObject(expected)
})

test('a window that failed decides, though the rest of the run is to come', () => {
  const stalled = drawn(0, 30).map((_, index) => (index > 10 && index < 20 ? 100 : 0))
  const sla = { endToEnd: {}, windows: ['endToEnd p95 > 10ms for 2s'] }
  expect(decideEarly(soFar(stalled, { sla }), null)).toMatchObject({ status: 'fail', reason: 'endToEnd.p95 fails' })
})

test('at the boundary three looks are wrong less than once in a hundred runs', () => {
  const wrong = Array.from({ length: 200 }, (_, seed) => {
    const overs = drawn(0.05, 90, seed + 1)
    return [30, 60, 90].some((length) => decideEarly(soFar(overs.slice(0, length)), null).decision === 'decided')
  }).filter((decided) => decided).length
  expect(wrong).toBeLessThanOrEqual(2)
})
