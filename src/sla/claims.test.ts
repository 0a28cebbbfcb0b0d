import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { seriesOf as timedSeries } from '../bench/components/series.js'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult, type Series } from '../results/run-result.js'
import { parseClaimed } from './claimed.js'
import { claimsOf } from './claims.js'
import { judge } from './verdict.js'

const sample: RunResult = runResult.parse(
  JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')),
)

/** Two rounds of each of two processes, the samples of a round all alike. */
const seriesOf = (name: string, roundsNs: readonly number[], limitsNs: readonly number[] = []): Series =>
  timedSeries(
    name,
    limitsNs,
    roundsNs.map((ns, index) => ({ startNs: index, samplesNs: new Float64Array(1_000).fill(ns) })),
  )

function runOf(
  variants: Readonly<Record<string, Series>>,
  profile: { readonly components?: readonly unknown[]; readonly claims?: readonly unknown[] },
): RunResult {
  return {
    ...sample,
    profile: { ...profile },
    components: Object.values(variants),
    store: null,
    cases: Object.keys(variants).map((name) => ({
      ...{ name, of: name.split('.').slice(0, 2).join('.'), callsPerSample: 1, callCount: 4_000 },
      ...{ roundCount: 4, roundsPerProcess: 2, overheadNs: 1 },
    })),
  }
}

const slow = 'risk.check.uncached'
const fast = 'risk.check.cached'
const claim = { id: 'AL6.check', compare: [slow, fast], claimed: { before: '2-5ms', after: '50us' } }

describe('a claimed figure', () => {
  test.each([
    { text: '50us', lowNs: 50_000, highNs: 50_000 },
    { text: '2-5ms', lowNs: 2e6, highNs: 5e6 },
    { text: '2.5 - 5 ms', lowNs: 2.5e6, highNs: 5e6 },
    { text: '<1ms', lowNs: 0, highNs: 1e6 },
  ])('$text is read', ({ text, lowNs, highNs }) => {
    expect(parseClaimed(text)).toEqual({ value: { lowNs, highNs } })
  })

  test.each(['fast', '5', '5-2ms', '<', '-1ms', '0ms'])('%s is refused', (text) => {
    expect(parseClaimed(text)).toHaveProperty('problem')
  })
})

test.each([
  { name: 'held', slowNs: [3e6, 3e6, 3.1e6, 3.1e6], fastNs: [4e4, 4e4, 4.1e4, 4.1e4] },
  { name: 'exceeded', slowNs: [3e6, 3e6, 3e6, 3e6], fastNs: [6e4, 6e4, 6e4, 6e4] },
  { name: 'notReproduced', slowNs: [90, 90, 92, 91], fastNs: [140, 141, 139, 142] },
  { name: 'undecided', slowNs: [1.6e6, 1.6e6, 2.6e6, 2.6e6], fastNs: [4e4, 4e4, 4e4, 4e4] },
])('a claim is $name by its figure and its gain', ({ name, slowNs, fastNs }) => {
  const run = runOf({ [fast]: seriesOf(fast, fastNs), [slow]: seriesOf(slow, slowNs) }, { claims: [claim] })
  expect(claimsOf(run)).toMatchObject([{ id: 'AL6.check', status: name, claimedGain: { low: 40, high: 100 } }])
})

test('the gain is before over after, with the spread between processes as its error', () => {
  const variants = { [slow]: seriesOf(slow, [400, 400, 100, 100]), [fast]: seriesOf(fast, [100, 100, 100, 100]) }
  const [found] = claimsOf(runOf(variants, { claims: [claim] }))
  // Two processes, of ratio 4 and 1: ln 2 of deviation, and 12.7 of Student's t with one degree of freedom.
  expect(found?.gain?.value).toBeCloseTo(2, 6)
  expect(Math.log(found?.gain?.upper ?? 0)).toBeCloseTo(Math.LN2 + 12.7062 * Math.LN2, 3)
  expect(Math.log(found?.gain?.lower ?? 0)).toBeCloseTo(Math.LN2 - 12.7062 * Math.LN2, 3)
})

test('a claim on what was not measured has no data, and one without a before holds by its figure alone', () => {
  const alone = { id: 'AL11.risk', compare: ['risk.check'], claimed: { after: '<5ms' } }
  const run = runOf({ [fast]: seriesOf(fast, [140, 140, 140, 140]) }, { claims: [claim, alone] })
  expect(claimsOf(run)).toMatchObject([
    { id: 'AL6.check', status: 'noData' },
    { id: 'AL11.risk', status: 'held', before: null, gain: null, after: { name: fast, ns: 140 } },
  ])
})

describe('a limit on a component', () => {
  const limited = (limit: string, ns: number) =>
    judge(
      runOf(
        { [fast]: seriesOf(fast, [ns, ns, ns, ns], [1_000]) },
        {
          components: ['breaker.call', { case: 'risk.check', p95: limit, duration: '1s' }],
          claims: [{ ...claim, claimed: { after: '1ns' } }],
        },
      ),
    )

  test('is judged for its first variant, and a claim beside it decides nothing', () => {
    const verdict = limited('1us', 140)
    expect(verdict.checks).toMatchObject([
      { name: 'risk.check.cached.p95', path: 'components[1].p95', status: 'pass', limitNs: 1_000 },
    ])
    expect(verdict.exit).toBe(0)
  })

  test('fails where it is exceeded', () => {
    expect(limited('1us', 2_000)).toMatchObject({ status: 'fail', exit: 1 })
  })

  test('has no data where nobody counted what lies above it, or where its case is gone', () => {
    expect(limited('2us', 140)).toMatchObject({ status: 'noData', exit: 4 })
    const gone = runOf({}, { components: [{ case: 'risk.check', p95: '1us' }] })
    expect(judge(gone)).toMatchObject({ status: 'noData', exit: 4 })
  })
})
