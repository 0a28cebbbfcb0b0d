import { describe, expect, test } from 'vitest'
import type { Study, StudyComparison, StudyRun } from '../results/study.js'
import { renderStudy, type StudyFound } from './study.js'
import { progressText, ranText } from './study-words.js'

const pool = 'engines.shop.env.POOL'
const window = 'engines.order-gateway.settings.batch.window'

const run = (index: number, more: Partial<StudyRun> = {}): StudyRun => ({
  ...{ kind: 'run', index, purpose: 'model', settings: { [pool]: index }, set: [`${pool}="${index}"`] },
  ...{ expectedGainShare: 0.123, feasibility: 0.97, runId: '', startedAt: '', seed: 0, elapsedNs: 10e9 },
  ...{ outcome: { value: 12.3e6, limits: { 'endToEnd.p95': { observed: 12.3e6, limit: 20e6, bound: 'max' } } } },
  ...{ failure: null },
  ...more,
})
const broken = { 'throughput min': { observed: 90, limit: 100, bound: 'min' as const } }

const study: Study = {
  header: {
    ...{ kind: 'study', schema: 'nautilus.study/1', id: 't-1a2b', nautilusVersion: '0', startedAt: '', seed: 7 },
    ...{ profile: 'desk.yaml', set: [], profileName: 'desk', input: {}, machineClass: 'm', runsMax: 40, space: {} },
    ...{ goal: 'minimise endToEnd.p95', current: { [pool]: 0 }, currentSet: [`${pool}="0"`] },
  },
  runs: [
    run(0, { purpose: 'current' }),
    run(1, { outcome: null, failure: 'engine shop ended with exit code 1' }),
    run(2, { outcome: { value: 8e6, limits: broken } }),
    run(3, { outcome: null, failure: 'engine shop ended with exit code 1' }),
    run(4, { purpose: 'again', set: [`${pool}="2"`] }),
  ],
  comparisons: [],
}

const comparison: StudyComparison = {
  ...{ kind: 'comparison', id: 'c-9f8e', a: [], b: [`${pool}="2"`], status: 'improved', reasons: [] },
  goal: {
    ...{ name: 'endToEnd.p95', role: 'deciding', status: 'improved', scale: 'ratio', margin: 0.05 },
    ...{ change: -0.4, lower: -0.45, upper: -0.35, a: 20e6, b: 12e6, unit: 'ns', better: 'lower', roundCount: 5 },
    ...{ decidedAt: 5, detectable: null, reason: null },
  },
  ...{ brokenByA: [], brokenByB: [] },
}

const found: StudyFound = {
  ...{ status: 'improved', exit: 0, best: { set: [`${pool}="2"`], value: 11.9e6, isCurrent: false }, comparison },
  changes: [{ path: pool, from: '0', to: '2' }],
  dropped: [{ path: window, from: '10ms', to: '2ms' }],
  ...{ undecided: [], patch: 'p.yaml', applied: false, advice: 'Use it:  nautilus bench --profile p.yaml' },
}
const textOf = (more: Partial<StudyFound> = {}): string =>
  renderStudy('terminal', { study, found: { ...found, ...more }, color: false })

test('a gain is told with its interval, what it takes, what it does not take, and how to use it', () => {
  expect(textOf()).toBe(`desk  study t-1a2b  5 runs of 4 choices  1 of the best again  2 without figures
  minimise endToEnd.p95  seed 7

IMPROVED  endToEnd.p95 -40 % (-45 .. -35 %), 20.0 ms -> 12.0 ms
          confirmed by 5 rounds of fresh systems, c-9f8e; the profile is A, the
          settings below are B

setting                from  to
engines.shop.env.POOL  0     2

found by the search, and not needed: set back, nothing is worse
setting                                      from  to
engines.order-gateway.settings.batch.window  10ms  2ms

2 without figures: engine shop ended with exit code 1

Use it:  nautilus bench --profile p.yaml
`)
})

test('a change that may not be needed is said to be so', () => {
  expect(textOf({ undecided: [pool] })).toContain(`
engines.shop.env.POOL  0     2
Whether it takes engines.shop.env.POOL could not be told, so what the search
  chose stays.
`)
})

describe('what is no gain is not called one', () => {
  test.each<{ readonly more: Partial<StudyFound>; readonly said: RegExp }>([
    { more: { status: 'nothingBetter', comparison: null, best: null }, said: /^OK {2}nothing better found$/m },
    {
      more: { status: 'nothingBetter', comparison: { ...comparison, status: 'ok', brokenByB: ['risk.p95'] } },
      said: /does not confirm it:\n.*\n *it breaks risk\.p95$/m,
    },
    {
      more: { status: 'unconfirmed' },
      said: /^UNCONFIRMED {2}best so far .*POOL=2 with endToEnd\.p95 11\.9 ms/m,
    },
    { more: { status: 'interrupted', best: null }, said: /^INTERRUPTED {2}no run has figures so far$/m },
    { more: { status: 'noFigures' }, said: /^NO DATA {2}no run has figures/m },
    { more: { status: 'limitsUnmet' }, said: /^FAIL {2}no settings that were tried meet every limit$/m },
  ])('$more.status', ({ more, said }) => {
    const text = textOf({ changes: [], dropped: [], ...more })
    expect(text).toMatch(said)
    expect(text).not.toContain('IMPROVED')
  })
})

test('settings that meet the limits are told with the limits that the profile breaks', () => {
  const meets = { ...comparison, status: 'ok' as const, brokenByA: ['risk.p95'] }
  expect(textOf({ status: 'meetsLimits', comparison: meets })).toContain(
    'IMPROVED  meets risk.p95, which the profile breaks\n',
  )
})

test('a line of progress says which run, why, what is tried, the best so far and the time that is left', () => {
  const { header, runs } = study
  const next = run(5, { set: [`${pool}="16"`, `${window}=2ms`] })
  expect(progressText(next, { header, runs, runsMax: 11, best: 12.3e6 })).toBe(
    'run 6 of 11: expected gain 12.3 %, 97 % sure to run and meet the limits; POOL=16, window=2ms; best so far 12.3 ms; about 60 s left',
  )
  const first = run(0, { purpose: 'current' })
  expect(progressText(first, { header, runs: [], runsMax: 11, best: null })).toBe('run 1 of 11: the profile as it is')
  expect(runs.slice(0, 3).map((one) => ranText(one, header))).toEqual([
    'run 1: endToEnd.p95 12.3 ms',
    'run 2 has no figures: engine shop ended with exit code 1',
    'run 3: endToEnd.p95 8.00 ms, breaks throughput min',
  ])
})
