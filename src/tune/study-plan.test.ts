import { expect, test } from 'vitest'
import type { StudyRun } from '../results/study.js'
import { readGoal } from './goal.js'
import { keyOf, type Settings, type Space } from './space.js'
import { type StudyPlan, studyPlan, trialsOf } from './study-plan.js'

const space: Space = {
  parameters: [
    { name: 'pool', kind: 'int', min: 1, max: 64, scale: 'log' },
    { name: 'codec', kind: 'choice', choices: ['none', 'lz4'] },
  ],
  forbidden: [],
}
const current = { pool: 1, codec: 'none' }
const goal = readGoal('minimise endToEnd.p95')
const planOf = (seed = 1): StudyPlan => studyPlan({ space, current, seed, goal, written: (settings) => settings })

type System = (settings: Settings, index: number) => StudyRun['outcome'] | string

/** Fastest with a pool of 16; above 40 it does not start. */
const desk: System = ({ pool, codec }) => {
  if (Number(pool) > 40) return 'does not start'
  const value = 10e6 * (1 + Math.log2(Number(pool) / 16) ** 2) * (codec === 'lz4' ? 0.8 : 1)
  return { value, limits: { 'throughput min': { observed: 1000, limit: 900, bound: 'min' } } }
}

function studied(plan: StudyPlan, count: number, system: System = desk, from: readonly StudyRun[] = []): StudyRun[] {
  const runs = [...from]
  for (let index = runs.length; index < count; index += 1) {
    const planned = plan.next(runs)
    const found = system(planned.settings, index)
    const outcome = typeof found === 'string' ? null : found
    const failure = typeof found === 'string' ? found : null
    const beside = { set: [], runId: '', startedAt: '', seed: 0, elapsedNs: 0 }
    runs.push({ kind: 'run', index, ...planned, ...beside, outcome, failure })
  }
  return runs
}

test('the profile comes first, and from the seventh on every fourth run is of the best so far', () => {
  const runs = studied(planOf(), 17)
  expect(runs[0]).toMatchObject({ purpose: 'current', settings: current })
  expect(runs.flatMap(({ purpose, index }) => (purpose === 'again' ? [index] : []))).toEqual([6, 10, 14])
  for (const index of [6, 10, 14]) {
    expect(runs.slice(0, index).map(({ settings }) => settings)).toContainEqual(runs[index]?.settings)
  }
  // At every fourth count of runs the search tries what it takes for the best of all; that turn is not taken from it.
  expect(runs.flatMap(({ purpose, index }) => (purpose === 'model' ? [index % 4] : []))).toContain(0)
})

test('the runs between leave no hole in the cover: it is that of a search without them', () => {
  const runs = studied(planOf(), 6)
  const cover = runs.filter(({ purpose }) => purpose === 'cover').map(({ settings }) => keyOf(space, settings))
  const first = new Set(cover.map((key) => Number(JSON.parse(key)[0]) <= 8))
  expect([cover.length, first.size]).toEqual([4, 2])
})

test('a study finds the best settings beside those with which nothing starts', () => {
  const plan = planOf()
  const best = plan.best(studied(plan, 30))
  expect(best?.settings['codec']).toBe('lz4')
  expect(Math.abs(Number(best?.settings['pool']) - 16)).toBeLessThan(6)
  expect(best).toMatchObject({ isCurrent: false })
  expect(best?.value).toBeLessThan(11e6)
})

test('a study that was cut off anywhere goes on with the same runs', () => {
  const whole = studied(planOf(), 20)
  for (const cut of [1, 4, 5, 9, 14, 19]) {
    expect(studied(planOf(), 20, desk, whole.slice(0, cut))).toEqual(whole)
  }
  expect(studied(planOf(2), 20)).not.toEqual(whole)
})

test('nothing runs: each run is a new attempt, and there is no best', () => {
  const plan = planOf()
  const runs = studied(plan, 9, () => 'does not start')
  expect(plan.best(runs)).toBeNull()
  expect(runs.map(({ purpose }) => purpose)).not.toContain('again')
})

test('where the profile is the best, it is said so', () => {
  const plan = planOf()
  const runs = studied(plan, 20, ({ pool, codec }) => ({
    value: Number(pool) * (codec === 'none' ? 1 : 2),
    limits: {},
  }))
  expect(plan.best(runs)).toMatchObject({ isCurrent: true, settings: current })
})

test('limits that are broken keep settings from being the best', () => {
  const plan = planOf()
  const runs = studied(plan, 30, ({ pool }) => ({
    value: 100 / Number(pool),
    limits: { 'cost max': { observed: Number(pool), limit: 10, bound: 'max' } },
  }))
  const pool = Number(plan.best(runs)?.settings['pool'])
  expect(pool).toBeLessThanOrEqual(10)
  expect(pool).toBeGreaterThan(3)
})

test('the search is told objectives without the drift of the machine, and of a rate its inverse', () => {
  const runs = studied(planOf(), 40, (settings, index) => {
    const outcome = desk(settings, index)
    return typeof outcome === 'string' || outcome === null
      ? outcome
      : { ...outcome, value: outcome.value * Math.exp(index * 0.02) }
  })
  const trials = trialsOf(runs, space, goal)
  const truths = runs.map(({ settings }) => desk(settings, 0))
  const ratios = trials.flatMap(({ outcome }, index) => {
    const truth = truths[index]
    return outcome === null || typeof truth === 'string' || !truth ? [] : [outcome.objective / truth.value]
  })
  // The machine itself became 2.2 times as slow.
  expect(Math.max(...ratios) / Math.min(...ratios)).toBeLessThan(1.25)
  const [first] = trialsOf(runs.slice(0, 1), space, readGoal('maximise throughput'))
  expect(first?.outcome?.objective).toBeCloseTo(1 / (runs[0]?.outcome?.value ?? 0), 12)
  expect(first?.outcome?.constraints).toEqual({ 'throughput min': -1000 })
})

const none = { observed: 0, bound: 'max' } as const

test.each([
  { name: 'limits that every run keeps to the letter', lost: () => 0 },
  { name: 'a count that must be 0, and is not for some', lost: ({ codec }: Settings) => (codec === 'none' ? 0 : 3) },
])('$name: the search is not turned away from its goal', ({ lost }) => {
  const plan = planOf()
  const runs = studied(plan, 30, (settings, index) => {
    const outcome = desk(settings, index)
    if (typeof outcome === 'string' || outcome === null) return outcome
    const limits = {
      'errors.rate max': { ...none, limit: 0.01 },
      'dropped.count max': { ...none, limit: 0 },
      'lost.count max': { ...none, observed: lost(settings), limit: 0 },
    }
    return { ...outcome, limits }
  })
  const best = plan.best(runs)
  expect(lost(best?.settings ?? {})).toBe(0)
  expect(best?.settings['codec']).toBe(lost({ codec: 'lz4' }) === 0 ? 'lz4' : 'none')
  expect(Math.abs(Number(best?.settings['pool']) - 16)).toBeLessThan(6)
  expect(best?.feasibility).toBeGreaterThan(0.8)
})
