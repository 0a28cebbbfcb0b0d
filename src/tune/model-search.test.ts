import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { coverCount, modelSearch } from './model-search.js'
import { randomSearch, type Search, type Study, sobolSearch, type Trial } from './search.js'
import { isAllowed, type Settings, type Space } from './space.js'
import { settingsProblems } from './space-problems.js'

const space: Space = {
  parameters: [
    { kind: 'choice', name: 'codec', choices: ['none', 'lz4', 'zstd'] },
    { kind: 'int', name: 'level', min: 1, max: 9, scale: 'linear', when: { codec: ['zstd'] } },
    { kind: 'int', name: 'pool', min: 1, max: 64, scale: 'log' },
  ],
  forbidden: [{ codec: ['none'], pool: { min: 33 } }],
}
const study: Study = { space, constraints: [], current: { codec: 'none', pool: 1 }, seed: 3 }

/** Best with lz4 and a pool of 12. */
function costOf({ codec, level, pool }: Settings): number {
  const base = codec === 'lz4' ? 1 : codec === 'none' ? 1.5 : 1.2 + 0.1 * Number(level)
  return base * (1 + Math.log(Number(pool) / 12) ** 2)
}

const ran = (settings: Settings, objective: number, constraints = {}): Trial => ({
  settings,
  outcome: { objective, constraints },
})

function runs(search: Search, count: number, measure: (settings: Settings, index: number) => Trial): Trial[] {
  const trials: Trial[] = []
  for (let index = 0; index < count; index += 1) {
    trials.push(measure(search.propose(trials).settings, index))
  }
  return trials
}

/** Noise of 5 %, drawn by the index alone, so that a study can be cut anywhere. */
const noisy = (settings: Settings, index: number): Trial =>
  ran(settings, costOf(settings) * Math.exp(0.05 * Random.stream(index, 'noise').normal()))

const searches = { randomSearch, sobolSearch, modelSearch }

test.each(Object.entries(searches))('%s begins with the current settings and stays in the space', (_, search) => {
  const trials = runs(search(study), 30, noisy)
  expect(trials[0]?.settings).toEqual(study.current)
  for (const { settings } of trials) {
    expect(settingsProblems(space, settings)).toEqual([])
    expect(isAllowed(space, settings)).toBe(true)
  }
})

test.each(Object.entries(searches))('%s proposes the same for the same seed, else other', (_, search) => {
  const settingsOf = (seed: number) => runs(search({ ...study, seed }), 16, noisy).map(({ settings }) => settings)
  expect(settingsOf(3)).toEqual(settingsOf(3))
  expect(settingsOf(3)).not.toEqual(settingsOf(4))
})

test.each(Object.entries(searches))('%s goes on from recorded trials as if it had not been cut off', (_, search) => {
  const whole = runs(search(study), 28, noisy)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 27 }), (cut) => {
      const recorded: Trial[] = JSON.parse(JSON.stringify(whole.slice(0, cut)))
      expect(search(study).propose(recorded).settings).toEqual(whole[cut]?.settings)
    }),
    { numRuns: 10 },
  )
  expect(search(study).best(whole)).toEqual(search(study).best(JSON.parse(JSON.stringify(whole))))
})

test.each([0.0006, 0.001, 0.002])('a cover that has found few points, %d of the space, is found again', (share) => {
  const narrow: Study = {
    space: {
      parameters: [{ kind: 'int', name: 'pool', min: 1, max: 1_000_000, scale: 'linear' }],
      forbidden: [{ pool: { min: 1 + Math.round(share * 1_000_000) } }],
    },
    ...{ constraints: [], current: { pool: 1 }, seed: 3 },
  }
  const whole = runs(sobolSearch(narrow), 16, noisy)
  expect(whole.some(({ settings }) => settings['pool'] !== 1)).toBe(true)
  for (const cut of whole.keys()) {
    expect(sobolSearch(narrow).propose(whole.slice(0, cut)).settings).toEqual(whole[cut]?.settings)
  }
})

test('the best of a space with choices and a condition is found in noise', () => {
  const trials = runs(modelSearch(study), 40, noisy)
  const best = modelSearch(study).best(trials)
  expect(best?.settings['codec']).toBe('lz4')
  expect(costOf(best?.settings ?? {})).toBeLessThan(1.05)
  expect(best?.objective).toBeCloseTo(1, 0.7)
  expect(best?.feasibility).toBe(1)
})

test('a space of one point is tried again and again', () => {
  const one: Study = {
    ...study,
    space: { parameters: [{ kind: 'int', name: 'pool', min: 4, max: 4, scale: 'log' }], forbidden: [] },
    current: { pool: 4 },
  }
  for (const search of Object.values(searches)) {
    const trials = runs(search(one), 12, (settings, index) => ran(settings, 1 + 0.1 * (index % 2)))
    expect(trials.map(({ settings }) => settings)).toEqual(Array.from({ length: 12 }, () => ({ pool: 4 })))
    expect(search(one).best(trials)?.settings).toEqual({ pool: 4 })
  }
})

test('where forbidden combinations leave nothing, the current settings remain', () => {
  const none: Study = { ...study, space: { ...space, forbidden: [{ pool: { min: 1 } }] } }
  for (const search of Object.values(searches)) {
    const trials = runs(search(none), 12, noisy)
    expect(trials.every(({ settings }) => settings['pool'] === 1)).toBe(true)
  }
})

test('where every trial crashes, the search goes on over the space and has no answer', () => {
  for (const search of Object.values(searches)) {
    const trials = runs(search(study), 20, (settings) => ({ settings, outcome: null }))
    expect(new Set(trials.map(({ settings }) => JSON.stringify(settings))).size).toBeGreaterThan(10)
    expect(search(study).best(trials)).toBeNull()
  }
})

test('crashes keep the search away from where they were', () => {
  const crashing = (settings: Settings, index: number): Trial =>
    Number(settings['pool']) > 8 ? { settings, outcome: null } : noisy(settings, index)
  const trials = runs(modelSearch(study), 40, crashing)
  const late = trials.slice(20).filter(({ outcome }) => outcome === null)
  expect(late.length).toBeLessThan(5)
  const best = modelSearch(study).best(trials)
  expect(best?.settings).toEqual({ codec: 'lz4', pool: 8 })
  expect(modelSearch(study).propose(trials).feasibility).toBeGreaterThan(0.5)
})

const memory = { name: 'memory', limit: 6 }
const limited: Study = { ...study, constraints: [memory] }

test('the answer meets a constraint that the best settings break', () => {
  const trials = runs(modelSearch(limited), 40, (settings) =>
    ran(settings, costOf(settings), { memory: Number(settings['pool']) }),
  )
  const best = modelSearch(limited).best(trials)
  expect(best?.settings['codec']).toBe('lz4')
  expect(Number(best?.settings['pool'])).toBeLessThanOrEqual(6)
  expect(Number(best?.settings['pool'])).toBeGreaterThanOrEqual(5)
  expect(best?.feasibility).toBeGreaterThan(0.5)
})

test('a constraint that nothing meets leaves the nearest settings, known to be improbable', () => {
  const trials = runs(modelSearch(limited), 30, (settings) =>
    ran(settings, costOf(settings), { memory: 10 + Number(settings['pool']) }),
  )
  const best = modelSearch(limited).best(trials)
  expect(Number(best?.settings['pool'])).toBeLessThanOrEqual(2)
  expect(best?.feasibility).toBeLessThan(0.2)
})

test('the model is asked after the cover, and says what it expects', () => {
  const trials = runs(modelSearch(study), 30, noisy)
  const origins = trials.map((_, index) => modelSearch(study).propose(trials.slice(0, index)).origin)
  expect(origins.lastIndexOf('cover')).toBe(coverCount(study))
  expect(origins.at(-1)).toBe('model')
  const { expectedGainShare } = modelSearch(study).propose(trials)
  expect(expectedGainShare).toBeGreaterThanOrEqual(0)
  expect(expectedGainShare).toBeLessThan(0.5)
})
