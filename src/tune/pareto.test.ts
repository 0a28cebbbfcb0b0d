import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { type ParetoTrial, paretoSearch } from './pareto.js'
import type { Study } from './search.js'
import type { Settings } from './space.js'

// Schaffer's problem on [0, 1]: all that lies from 0.3 to 0.6 is on the front; the second parameter only costs.
const study: Study = {
  space: {
    parameters: [
      { kind: 'float', name: 'x', min: 0, max: 1, scale: 'linear' },
      { kind: 'float', name: 'waste', min: 0, max: 1, scale: 'linear' },
    ],
    forbidden: [],
  },
  constraints: [],
  current: { x: 0.95, waste: 0.9 },
  seed: 1,
}

function measured(settings: Settings, index: number): ParetoTrial {
  const [x, waste] = [Number(settings['x']), Number(settings['waste'])]
  const random = Random.stream(index, 'noise')
  const objectives = [0.3, 0.6].map((best) => (1 + 10 * (x - best) ** 2 + waste) * Math.exp(0.02 * random.normal()))
  return { settings, outcome: { objectives, constraints: { memory: x } } }
}

function runs(of: Study, count: number): ParetoTrial[] {
  const trials: ParetoTrial[] = []
  const search = paretoSearch(of, 2)
  for (let index = 0; index < count; index += 1) {
    trials.push(measured(search.propose(trials).settings, index))
  }
  return trials
}

test('the front reaches from the best of one objective to the best of the other', () => {
  const front = paretoSearch(study, 2).front(runs(study, 40))
  const xs = front.map(({ settings }) => Number(settings['x']))
  expect(front.length).toBeGreaterThan(3)
  expect(Math.min(...xs)).toBeGreaterThan(0.2)
  expect(Math.min(...xs)).toBeLessThan(0.38)
  expect(Math.max(...xs)).toBeLessThan(0.7)
  expect(Math.max(...xs)).toBeGreaterThan(0.52)
  for (const { settings, objectives } of front) {
    expect(Number(settings['waste'])).toBeLessThan(0.1)
    for (const { value, lower, upper } of objectives) {
      expect(lower).toBeLessThan(value)
      expect(upper).toBeGreaterThan(value)
    }
  }
  const firsts = front.map(({ objectives }) => objectives[0]?.value ?? 0)
  const seconds = front.map(({ objectives }) => objectives[1]?.value ?? 0)
  expect(firsts).toEqual(firsts.toSorted((a, b) => a - b))
  expect(seconds).toEqual(seconds.toSorted((a, b) => b - a))
})

test('settings that break a constraint are not on the front', () => {
  const limited = { ...study, constraints: [{ name: 'memory', limit: 0.45 }] }
  const front = paretoSearch(limited, 2).front(runs(limited, 30))
  expect(front.length).toBeGreaterThan(0)
  for (const { settings } of front) expect(Number(settings['x'])).toBeLessThanOrEqual(0.46)
})

test('recorded trials give the same proposal, and crashes alone no front', () => {
  const trials = runs(study, 14)
  const recorded = JSON.parse(JSON.stringify(trials))
  expect(paretoSearch(study, 2).propose(recorded)).toEqual(paretoSearch(study, 2).propose(trials))
  const crashed = trials.map(({ settings }) => ({ settings, outcome: null }))
  expect(paretoSearch(study, 2).front(crashed)).toEqual([])
  expect(paretoSearch(study, 2).propose(crashed).origin).toBe('cover')
})
