import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import type { RungAnswer } from '../results/capacity.js'
import {
  afterAnswer,
  afterNoRecovery,
  beginSearch,
  nextStep,
  rungsLeft,
  rungsMax,
  type SearchPlan,
  type SearchState,
} from './rate-search.js'

const plan: SearchPlan = {
  ...{ startPerSec: 100, ceilingPerSec: null, precision: 0.05 },
  ...{ ratePerSecMin: 1, ratePerSecMax: 1_000_000 },
}

type Answers = (ratePerSec: number, kind: 'rung' | 'confirm') => RungAnswer | 'unclear'

/** Drives a search to its end; `unclear` is undecided for good. */
function search(answers: Answers, asked: Partial<SearchPlan> = {}) {
  const rates: number[] = []
  const confirmations: number[] = []
  let state: SearchState = beginSearch({ ...plan, ...asked })
  for (;;) {
    const step = nextStep(state)
    if (step.kind === 'end') return { rates, confirmations, state, status: step.status }
    const given = answers(step.ratePerSec, step.kind)
    if (step.kind === 'rung') rates.push(step.ratePerSec)
    else confirmations.push(step.ratePerSec)
    const answer = given === 'unclear' ? 'undecided' : given
    state = afterAnswer(state, { answer, worthLonger: given !== 'unclear' })
    expect(rates.length + confirmations.length).toBeLessThanOrEqual(rungsMax + 8)
  }
}

const sharp =
  (capacityPerSec: number): Answers =>
  (ratePerSec) =>
    ratePerSec <= capacityPerSec ? 'holds' : 'breaks'

test.each([
  { name: 'doubles until it breaks, then halves the bracket', capacity: 730, first: [100, 200, 400, 800] },
  { name: 'halves until it holds', capacity: 30, first: [100, 50, 25, 35.36] },
  {
    name: 'a ceiling tells where to begin and to look',
    capacity: 730,
    asked: { startPerSec: 400, ceilingPerSec: 800 },
    first: [400, 565.7, 672.7, 733.6],
  },
  {
    name: 'a ceiling that holds is passed: few connections held the closed loop back',
    capacity: 5000,
    asked: { startPerSec: 400, ceilingPerSec: 450 },
    first: [400, 424.3, 437, 546.3],
  },
])('$name', ({ capacity, asked, first }) => {
  const { rates, status, state, confirmations } = search(sharp(capacity), asked)
  expect(rates.slice(0, first.length)).toEqual(first)
  expect(status).toBe('found')
  const { holdsPerSec, breaksPerSec } = state
  expect(confirmations).toEqual([holdsPerSec])
  expect(holdsPerSec).toBeLessThanOrEqual(capacity)
  expect(breaksPerSec).toBeGreaterThan(capacity)
  expect((breaksPerSec ?? 0) / (holdsPerSec ?? 1)).toBeLessThan(1.0501)
})

test.each([
  { name: 'no rate holds', answers: () => 'breaks', status: 'none' },
  { name: 'the highest rate that may be asked holds', answers: () => 'holds', status: 'unbounded' },
  {
    name: 'the generator gives out',
    answers: (rate: number) => (rate < 500 ? 'holds' : 'instrument'),
    status: 'generator',
  },
  { name: 'the generator gives out at once', answers: () => 'instrument', status: 'generator' },
  { name: 'nothing can be told', answers: () => 'unclear', status: 'none' },
  {
    name: 'no run of full length passes',
    answers: (rate: number, kind: string) => (kind === 'rung' && rate < 500 ? 'holds' : 'breaks'),
    status: 'unconfirmed',
  },
] satisfies readonly { name: string; answers: Answers; status: string }[])('$name', ({ answers, status }) => {
  expect(search(answers)).toMatchObject({ status })
})

test('a rate that the generator could not hold is asked once more before it ends the search', () => {
  const failures = [400]
  const once = search((rate) =>
    failures[0] === rate && failures.pop() !== undefined ? 'instrument' : sharp(730)(rate, 'rung'),
  )
  expect(once.rates.filter((rate) => rate === 400)).toHaveLength(2)
  expect(once.status).toBe('found')
  const twice = search((rate) => (rate < 500 ? 'holds' : 'instrument'))
  expect(twice.rates).toEqual([100, 200, 400, 800, 800])
  expect(twice.confirmations).toEqual([400])
  expect(twice.state.confirmed).toBe(true)
})

test('what is undecided is asked twice more where a longer run may tell, then it is the upper end', () => {
  const open = search((rate) => (rate < 300 ? 'holds' : 'undecided'))
  expect(open.rates.slice(0, 6)).toEqual([100, 200, 400, 400, 400, 282.8])
  expect(open.state.breaksPerSec).toBeLessThan(320)
  const closed = search((rate) => (rate < 300 ? 'holds' : 'unclear'))
  expect(closed.rates.slice(0, 4)).toEqual([100, 200, 400, 282.8])
})

test('a confirmation that does not pass lowers the bracket by the precision', () => {
  let refused = 0
  const { confirmations, state, status } = search((rate, kind) => {
    if (kind === 'rung') return sharp(730)(rate, kind)
    refused += 1
    return refused === 1 ? 'undecided' : 'holds'
  })
  const [first = 0, second = 0] = confirmations
  expect(second).toBeCloseTo(first / 1.05, 0)
  expect(state).toMatchObject({ holdsPerSec: second, breaksPerSec: first, confirmed: true })
  expect(status).toBe('found')
})

test('a system that does not come back ends the search with what was known', () => {
  const begun = afterAnswer(beginSearch(plan), { answer: 'holds', worthLonger: false })
  const state = afterNoRecovery(begun)
  expect(nextStep(state)).toEqual({ kind: 'end', status: 'unrecovered' })
  expect(state.holdsPerSec).toBe(100)
  expect([rungsLeft(begun), rungsLeft(state)]).toEqual([5, 0])
})

/** A queue of one server: the p95 grows as the rate nears its capacity, and each rung measures it with an error. */
const noisy =
  (
    random: Random,
    { capacityPerSec, limit, noise }: { capacityPerSec: number; limit: number; noise: number },
  ): Answers =>
  (ratePerSec, kind) => {
    if (ratePerSec >= capacityPerSec) return 'breaks'
    const error =
      (random.float() + random.float() + random.float() - 1.5) * 2 * (kind === 'confirm' ? noise / 3 : noise)
    const p95 = (3 / (capacityPerSec - ratePerSec)) * Math.exp(error)
    if (p95 < limit * (1 - noise)) return 'holds'
    return p95 > limit * (1 + noise) ? 'breaks' : 'undecided'
  }

test('against a queue measured with noise it ends within its bounds, near the rate at which the p95 meets its limit', () => {
  let found = 0
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = new Random(seed)
    const capacityPerSec = 10 ** (1 + 4 * random.float())
    const limit = 30 / capacityPerSec
    const truth = capacityPerSec - 3 / limit
    const ceilingPerSec = seed % 2 === 0 ? capacityPerSec * (0.5 + random.float()) : null
    const startPerSec = ceilingPerSec === null ? capacityPerSec * 10 ** (2 * random.float() - 1.5) : ceilingPerSec / 2
    const asked = { startPerSec, ceilingPerSec, ratePerSecMin: startPerSec / 1024 }
    const { state, status } = search(noisy(random, { capacityPerSec, limit, noise: 0.2 }), asked)
    expect(['found', 'unconfirmed']).toContain(status)
    if (status !== 'found') continue
    found += 1
    const { holdsPerSec, breaksPerSec } = state
    expect(holdsPerSec).toBeLessThan(breaksPerSec ?? 0)
    // A p95 that is 1.8 times as long is met at 0.82 of the capacity, one half as long at 0.95.
    expect((holdsPerSec ?? 0) / truth).toBeGreaterThan(0.8)
    expect((holdsPerSec ?? 0) / truth).toBeLessThan(1.07)
  }
  expect(found).toBeGreaterThan(290)
})
