import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { Random } from '../core/random.js'
import type { Baseline } from '../results/baselines.js'
import { fingerprintOf, type HistoryEntry, historyEntry } from '../results/history.js'
import { machineClassOf } from '../results/machine.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { judgeByBaseline } from './baseline.js'

const sample = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results', `${name}.json`), 'utf8')))
const whole = { ...sample('pass'), id: 'now' }
const kept = historyEntry(whole)

/** Earlier runs whose figures differ by 3 % from each other around those of the sample. */
function baselineOf(runCount: number, seed = 1): Baseline {
  const random = new Random(seed)
  if (kept === null) throw new Error('the sample is a whole run')
  const entries = Array.from({ length: runCount }, (_, index): HistoryEntry => {
    const metrics = Object.entries(kept.metrics).map(([name, value]) => [
      name,
      value * Math.exp(0.03 * random.normal()),
    ])
    return { ...kept, id: `e${index}`, metrics: Object.fromEntries(metrics) }
  })
  return {
    schema: 'nautilus.baseline/1',
    name: 'main',
    createdAt: '2026-11-20T00:00:00.000Z',
    profileName: whole.profileName,
    machineClass: machineClassOf(whole.machine),
    fingerprint: fingerprintOf(whole),
    entries,
  }
}

const judged = (result: RunResult, baseline: Baseline | null) =>
  judgeByBaseline(result, { name: 'main', baseline, inconclusive: 'fail' })

const slower = (share: number): RunResult => {
  const { summary } = whole.endToEnd
  return { ...whole, endToEnd: { ...whole.endToEnd, summary: { ...summary, p95Ns: summary.p95Ns * (1 + share) } } }
}

test.each([
  { name: 'a run like the others is ok', result: whole, runCount: 12, status: 'ok', exit: 0 },
  { name: 'one 60 % slower has regressed', result: slower(0.6), runCount: 12, status: 'regressed', exit: 1 },
  { name: 'one 4 % slower is within the margin', result: slower(0.04), runCount: 40, status: 'ok', exit: 0 },
  { name: 'one 60 % faster is no regression', result: slower(-0.6), runCount: 12, status: 'ok', exit: 0 },
  { name: 'seven earlier runs do not tell', result: slower(0.6), runCount: 7, status: 'inconclusive', exit: 3 },
  {
    name: 'an invalid run is not held against any',
    result: { ...sample('invalid'), profile: whole.profile },
    runCount: 12,
    status: 'noData',
    exit: 4,
  },
])('$name', ({ result, runCount, status, exit }) => {
  expect(judged(result, baselineOf(runCount))).toMatchObject({ status, exit })
})

test('what regressed stands first, with where it was expected', () => {
  const [worst] = judged(slower(0.6), baselineOf(12)).metrics
  expect(worst).toMatchObject({ name: 'endToEnd.p95', status: 'regressed', role: 'deciding', occasionCount: 12 })
  expect(worst?.value ?? 0).toBeGreaterThan(worst?.upper ?? Infinity)
})

test('runs that differ only by chance are seldom called regressed, though twenty figures are followed', () => {
  const regressed = Array.from({ length: 200 }, (_, seed) => {
    const baseline = baselineOf(13, seed + 1)
    const [next, ...earlier] = baseline.entries
    const value = next?.metrics['endToEnd.p95'] ?? 0
    const metrics = Object.fromEntries(Object.entries(next?.metrics ?? {}))
    const result = withMetrics({ ...metrics, 'endToEnd.p95': value })
    return judged(result, { ...baseline, entries: earlier }).status === 'regressed'
  }).filter((is) => is).length
  // 5 % by design, less by the margin; 200 draws of a fixed seed.
  expect(regressed).toBeLessThanOrEqual(14)
})

/** The sample with the figures of a history entry. */
function withMetrics(metrics: Readonly<Record<string, number>>): RunResult {
  const at = (name: string, quantile: string, fallback: number) => metrics[`${name}.${quantile}`] ?? fallback
  const moved = <One extends RunResult['endToEnd']>(series: One, name: string): One => {
    const { summary } = series
    const [p50Ns, p95Ns, p99Ns] = [
      at(name, 'p50', summary.p50Ns),
      at(name, 'p95', summary.p95Ns),
      at(name, 'p99', summary.p99Ns),
    ]
    return { ...series, summary: { ...summary, p50Ns, p95Ns, p99Ns } }
  }
  return {
    ...whole,
    endToEnd: moved(whole.endToEnd, 'endToEnd'),
    components: whole.components.map((series) => moved(series, series.name)),
    load: { ...whole.load, achievedRatePerSec: metrics['throughput'] ?? 0 },
  }
}

test('a component that is gone has no data, though nothing else moved', () => {
  const gone = { ...whole, components: whole.components.filter(({ name }) => name !== 'risk') }
  const verdict = judged(gone, baselineOf(12))
  expect(verdict.metrics.filter(({ status }) => status === 'noData').map(({ name }) => name)).toEqual([
    'risk.p50',
    'risk.p95',
    'risk.p99',
  ])
  expect([verdict.status, verdict.exit]).toEqual(['noData', 4])
})

test.each([
  { name: 'none of that name', baseline: null, reason: /there is no baseline "main"/ },
  { name: 'another machine', baseline: { ...baselineOf(12), machineClass: 'other' }, reason: /was measured on other/ },
  { name: 'another profile', baseline: { ...baselineOf(12), profileName: 'x' }, reason: /of the profile x, this run/ },
  { name: 'another load', baseline: { ...baselineOf(12), fingerprint: 'x' }, reason: /had another load/ },
])('$name: nothing is compared, exit 5', ({ baseline, reason }) => {
  const verdict = judged(whole, baseline)
  expect([verdict.exit, verdict.metrics]).toEqual([5, []])
  expect(verdict.reason).toMatch(reason)
})
