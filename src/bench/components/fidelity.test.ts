import { expect, test } from 'vitest'
import { type CaseFacts, judgeCases } from './fidelity.js'

const sound: CaseFacts = {
  name: 'risk.check',
  p50Ns: 100,
  limitNs: null,
  overheadsNs: [10, 10.2, 9.9, 10.1, 10],
  clockNs: 40,
  runQueueNs: 1e6,
  gcNs: 5e6,
  busyNs: 2e9,
  processesP50Ns: Array.from({ length: 5 }, () => [101, 100, 99, 100, 101, 100, 99, 100]),
}

test('a sound measurement is valid', () => {
  expect(judgeCases([sound])).toMatchObject({ status: 'valid', reasons: [], clockReadNs: 40, gcNs: 5e6 })
})

test.each([
  {
    name: 'the cost of timing is known worse than what it is taken off',
    facts: { p50Ns: 5, overheadsNs: [4, 6, 5, 7, 3] },
    reason: 'the cost of timing risk.check varies by 32 % of what it takes',
  },
  {
    name: 'a call is as fast as no call',
    facts: { p50Ns: 0 },
    reason: 'risk.check takes less than calling and timing it, so no figure can be given',
  },
  {
    name: 'the processes waited for a core',
    facts: { runQueueNs: 6e8 },
    reason: 'the measured processes waited 30 % of their time for a core',
  },
  { name: 'the clock is slow', facts: { clockNs: 1_500 }, reason: 'a read of the clock costs 1500 ns' },
  {
    name: 'each process became faster while it was measured',
    facts: {
      processesP50Ns: Array.from({ length: 5 }, (_, index) => [150 + index, 150, 120, 110, 100, 100, 100, 100]),
    },
    reason: 'risk.check became 34 % faster while it was measured; raise its duration',
  },
])('is degraded where $name', ({ facts, reason }) => {
  expect(judgeCases([{ ...sound, ...facts }])).toMatchObject({ status: 'degraded', reasons: [reason] })
})

test('a change in one process alone is chance', () => {
  const [first = []] = sound.processesP50Ns
  const processesP50Ns = [
    first.map((value, index) => (index < 2 ? value * 2 : value)),
    ...sound.processesP50Ns.slice(1),
  ]
  expect(judgeCases([{ ...sound, processesP50Ns }]).status).toBe('valid')
})

test('against a limit far above it, the cost of timing a fast call does not matter', () => {
  const facts = { ...sound, p50Ns: 5, overheadsNs: [4, 6, 5, 7, 3], limitNs: 1e6 }
  expect(judgeCases([facts]).status).toBe('valid')
})

test('nothing measured is nothing to complain of', () => {
  expect(judgeCases([])).toMatchObject({ status: 'valid', runQueueShare: 0, trendShare: null })
})
