import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { durationNs, nsPerSec } from '../core/units.js'
import type { Flushed } from '../engines/model/messages.js'
import { createTables } from '../platform/store/schema.js'
import type { RunningService } from '../supervisor/services/context.js'
import { serviceIn } from '../supervisor/services/service-fixture.js'
import { checkStore, compareStore, type FlushResult } from './store-check.js'
import type { DriverCounts } from './tally.js'

const seen: DriverCounts = { orders: 5, unanswered: 1, reports: 12, positions: { 'desk X': 3, 'house X': -3 } }
const flushedBy = (engine: string, changes: Partial<Flushed> = {}): Flushed => ({
  ...{ engine, instance: 0, run: 'ab12', written: 17, overflowed: 0, failed: 0, counters: {}, activity: [] },
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

describe('on a real PostgreSQL', () => {
  let folder: string
  let store: RunningService

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nautilus-check-'))
    store = await serviceIn(folder, { name: 'store', config: { kind: 'postgres' } })
  })
  afterAll(async () => {
    await store.stop({ graceNs: durationNs(nsPerSec), now: true })
    await rm(folder, { recursive: true, force: true })
  })

  // A question that the planner answers by a loop over both tables takes minutes here and ends as one that was not answered.
  test('a run of many orders is counted before the check gives up, those without a report apart', async () => {
    const pool = new pg.Pool({ connectionString: store.address })
    pool.on('error', () => undefined)
    await createTables(pool)
    await pool.query(`insert into orders select 'ab12', n, 'desk', 'X', 'buy', 'limit', 'ioc', 1, 1
      from generate_series(1, 40000) n`)
    await pool.query(`insert into execution_reports select 'ab12', n, 1 + n % 39990, 'desk', 'X', 'buy', 'new', 'new', 0, 0, 0, 1
      from generate_series(1, 120000) n`)
    await pool.end()
    const driver: DriverCounts = { orders: 39_990, unanswered: 10, reports: 120_000, positions: {} }
    const check = await checkStore(store.address, { id: 'ab12', flush: flushed, tally: async () => driver })
    expect(check).toMatchObject({ agrees: true, problem: null, orders: { store: 39_990, unreported: 10 } })
  })
})
