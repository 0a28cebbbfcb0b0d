import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { monotonicClock as clock } from '../core/clock.js'
import { type DurationNs, durationNs, nsPerMs, nsPerSec } from '../core/units.js'
import { intervalNs } from '../results/run-result.js'
import { loadConfig } from './config.js'
import { Decision, type MeasuredSoFar, windowNsMaxOf } from './decision.js'
import { Interruption } from './interruption.js'
import type { BenchPlan } from './plan.js'
import { measurementPlan } from './target/measurement-plan.js'
import { SeriesMerge } from './target/series-merge.js'
import { SeriesRecording } from './target/series-recording.js'
import { runWorkers } from './target/worker-pool.js'

const limitNs = 10e6
const profile = { sla: { endToEnd: { p95: '10ms' } } }

type Asked = { readonly url?: string; readonly duration?: string; readonly arrivals?: object }

function planOf({ url = 'http://127.0.0.1:1/', duration = '30s', arrivals = {} }: Asked = {}): BenchPlan {
  const target = { kind: 'http', url }
  const rate = 'kind' in arrivals ? arrivals : { kind: 'constant', rate: '400/s' }
  return {
    ...{ runId: 'r', profileName: 'p', quickCommand: null, baseFolder: '.', components: [], engines: [], faults: {} },
    load: loadConfig.parse({
      ...{ scenario: 'http', target, arrivals: rate, duration, warmup: '100ms' },
      // A machine that is held up answers late, and that is not what is tested.
      ...{ timeout: '20s', drain: '20s' },
    }),
    endToEndLimitsNs: [durationNs(limitNs)],
  }
}

const nothing = {
  ...{ systemId: '', bus: { kind: 'in-process' as const }, storeUrl: null },
  ...{ services: [], addresses: {}, engines: [] },
}

/** Intervals of a hundred requests each, of which so many were slow. */
function measured(overs: readonly number[]): MeasuredSoFar {
  const merge = new SeriesMerge('endToEnd', [limitNs], { workers: 1, keepsBuckets: true })
  const recording = new SeriesRecording([limitNs])
  for (const [interval, over] of overs.entries()) {
    for (let index = 0; index < 100; index += 1) recording.record(index < over ? 14e6 : 5e6, interval)
    merge.add(interval, recording.closeFirst())
  }
  const count = overs.length * 100
  return {
    endToEnd: merge.toSeriesSoFar(),
    components: [],
    counts: { completed: count },
    answeredCount: count,
    countedNs: overs.length * intervalNs,
  }
}

/** Sees a run every 200 ms until its end, as the pool does; each interval has as many slow requests as is said. */
function watch(decision: Decision, over: (interval: number) => number): number[] {
  const changes: number[] = []
  for (let atNs = 0; atNs < decision.windowNs; atNs += 200 * nsPerMs) {
    const overs = Array.from({ length: Math.floor(atNs / intervalNs) }, (_, interval) => over(interval))
    const endNs = decision.see(atNs, () => measured(overs))
    if (endNs !== null) changes.push(endNs)
  }
  return changes
}

test('a series so far holds what its closed intervals hold', () => {
  const { endToEnd } = measured([3, 0, 7])
  expect(endToEnd.summary).toMatchObject({ count: 300, p50Ns: expect.closeTo(5e6, -5) })
  expect(endToEnd.over).toEqual([{ limitNs, count: 10 }])
  expect(endToEnd.intervals.map(({ count, over }) => [count, ...over])).toEqual([
    [100, 3],
    [100, 0],
    [100, 7],
  ])
  // Of 300 samples 10 are slow: the p50 and the p95 are below them.
  expect(endToEnd.intervals.map(({ aboveQuantiles }) => aboveQuantiles.slice(2, 3))).toEqual([[3], [0], [7]])
})

test('a calm run ends at its first look, and says by how much', () => {
  const decision = new Decision(planOf(), profile, { windowNsMax: durationNs(90 * nsPerSec), history: null })
  const [endNs = 0, ...more] = watch(decision, () => 0)
  expect(more).toEqual([])
  expect(endNs).toBeGreaterThanOrEqual(7.5 * nsPerSec)
  expect(endNs).toBeLessThan(8 * nsPerSec)
  expect(decision.windowNs).toBe(endNs)
  expect(decision.outcome(endNs)).toEqual({
    kind: 'early',
    reason: 'every limit holds',
    changedNs: 30 * nsPerSec - endNs,
  })
})

test('a run near its limit goes on beyond its end once, where that would decide it', () => {
  const overs = (interval: number): number => [4, 5, 4, 6, 5][interval % 5] ?? 0
  const longer = new Decision(planOf(), profile, { windowNsMax: durationNs(24 * 3600 * nsPerSec), history: null })
  const [endNs = 0] = watch(longer, overs)
  expect(endNs).toBeGreaterThan(30 * nsPerSec)
  expect(longer.outcome(endNs)).toMatchObject({ kind: 'extended', changedNs: endNs - 30 * nsPerSec })
  // Cut by a signal before its planned end, it was not extended.
  expect(longer.outcome(20 * nsPerSec)).toBeNull()
  const bounded = new Decision(planOf(), profile, { windowNsMax: durationNs(30 * nsPerSec), history: null })
  expect(watch(bounded, overs)).toEqual([30 * nsPerSec])
  expect(bounded.outcome(30 * nsPerSec)).toBeNull()
})

test('what is decided shortly before the planned end ends no run later than that', () => {
  const decision = new Decision(planOf(), profile, { windowNsMax: durationNs(90 * nsPerSec), history: null })
  const calm = Array.from({ length: 110 }, () => 0)
  expect(decision.see(29.98 * nsPerSec, () => measured(calm))).toBe(30 * nsPerSec)
  expect(decision.outcome(30 * nsPerSec)).toBeNull()
})

test('between the looks nobody looks', () => {
  const decision = new Decision(planOf(), profile, { windowNsMax: durationNs(30 * nsPerSec), history: null })
  let looks = 0
  for (let atNs = 0; atNs < 30 * nsPerSec; atNs += 100 * nsPerMs) {
    decision.see(atNs, () => {
      looks += 1
      return measured([5, 5, 5, 5])
    })
  }
  expect(looks).toBe(4)
})

test.each([
  { name: 'a constant rate', arrivals: {}, longest: 90 },
  {
    name: 'a ramp, which would be another load',
    arrivals: { kind: 'ramp', from: '1/s', to: '9/s' },
    longest: 30,
  },
])('how long may be: $name', ({ arrivals, longest }) => {
  const until = { windowNsMax: durationNs(90 * nsPerSec), history: null }
  expect(windowNsMaxOf(planOf({ arrivals }), until)).toBe(longest * nsPerSec)
})

test.each([
  { name: 'ended before its time', endMs: 600, least: 1 },
  { name: 'as long as planned', endMs: 1000, least: 400 },
  { name: 'extended', endMs: 1400, least: 401 },
])('workers end where a decision says: $name', async ({ endMs, least }) => {
  const server = createServer((_, response) => response.end('ok'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const plan = planOf({ url, duration: '1s', arrivals: { kind: 'poisson', rate: '400/s' } })
    const asked = measurementPlan(plan, nothing, durationNs(20 * nsPerSec))
    const wantedNs: DurationNs = durationNs(endMs * nsPerMs)
    let said = false
    const see = (elapsedNs: number): DurationNs | null => {
      if (said || elapsedNs < 0) return null
      said = true
      return wantedNs
    }
    const interruption = new Interruption(clock)
    const decision = { see, windowNs: wantedNs }
    const { counts, windowNs, interrupted } = await runWorkers(asked, {
      clock,
      interruption,
      decision,
      onProgress: () => undefined,
    })
    expect(interrupted).toBeNull()
    // A machine that is held up hears the word late, but long before all is sent that might have been.
    expect(windowNs).toBeGreaterThanOrEqual(wantedNs)
    expect(windowNs).toBeLessThan(20 * nsPerSec)
    expect(counts.completed).toBe(counts.planned)
    expect(counts.planned).toBeGreaterThanOrEqual(least)
    if (windowNs === 1 * nsPerSec) expect(counts.planned).toBe(400)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
