import { expect, test } from 'vitest'
import type { Flushed } from '../engines/model/messages.js'
import { checkStore, compareStore, type FlushResult } from './store-check.js'
import type { DriverCounts } from './tally.js'

const seen: DriverCounts = { orders: 5, unanswered: 1, reports: 12, positions: { 'desk X': 3, 'house X': -3 } }
const flushedBy = (engine: string, changes: Partial<Flushed> = {}): Flushed => ({
  ...{ engine, instance: 0, run: 'ab12', written: 17, overflowed: 0, failed: 0, counters: {} },
  ...changes,
})
const flushed: FlushResult = { flushed: [flushedBy('matching')], missing: [] }

const kept = { orders: 5, unreported: 1, reports: 12, positions: seen.positions }

test.each<{ name: string; store?: Partial<typeof kept>; flush?: FlushResult; problem: RegExp | null }>([
  { name: 'all is the same', problem: null },
  {
    name: 'an order is missing',
    store: { orders: 4 },
    problem: /^the store has 4 orders with a report, the driver saw 5$/,
  },
  {
    name: 'more orders than ticks without an answer have no report',
    store: { unreported: 2 },
    problem: /^the store has 2 orders without a report, only 1 ticks had no answer$/,
  },
  { name: 'a report is doubled', store: { reports: 13 }, problem: /13 execution reports, the driver saw 12/ },
  {
    name: 'a position differs',
    store: { positions: { 'desk X': 2, 'house X': -3 } },
    problem: /^position desk X: store 2, driver 3$/,
  },
  {
    name: 'a position is missing',
    store: { positions: { 'desk X': 3 } },
    problem: /position house X: store 0, driver -3/,
  },
  {
    name: 'rows overflowed',
    flush: { flushed: [flushedBy('matching', { overflowed: 2 })], missing: [] },
    problem: /2 rows/,
  },
  {
    name: 'rows failed',
    flush: { flushed: [flushedBy('matching', { failed: 1 })], missing: [] },
    problem: /1 rows could not/,
  },
  { name: 'a writer was silent', flush: { flushed: [], missing: ['matching#0'] }, problem: /matching#0 did not say/ },
])('the store agrees only when nothing differs: $name', ({ store = {}, flush = flushed, problem }) => {
  const check = compareStore(seen, { ...kept, ...store }, flush)
  expect(check.agrees).toBe(problem === null)
  if (problem === null) expect(check.problem).toBeNull()
  else expect(check.problem).toMatch(problem)
})

test('a store that cannot be asked does not agree, and says why', async () => {
  const check = await checkStore('postgres://nobody@127.0.0.1:9/none', {
    ...{ id: 'ab12', flush: flushed },
    tally: async () => ({ orders: 0, unanswered: 0, reports: 0, positions: {} }),
  })
  expect(check.agrees).toBe(false)
  expect(check.problem).toMatch(/^PostgreSQL cannot be asked: .*ECONNREFUSED/)
})
