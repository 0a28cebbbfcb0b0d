import { type Clock, monotonicClock } from '../core/clock.js'
import { messageOf } from '../core/errors.js'
import { type DurationNs, durationNs, elapsed, nsPerMs, nsPerSec } from '../core/units.js'
import type { Flushed } from '../engines/model/messages.js'
import { pause, within } from '../platform/flow/deadline.js'
import type { StoreCheck } from '../results/run-result.js'
import { type DriverCounts, positionKey, type TallyCounts } from './tally.js'

// After a run PostgreSQL must hold what the driver has seen, warm-up included: every order, every report, every position.

/** `orders` are those with a report. */
type StoreCounts = TallyCounts & { readonly unreported: number }
export type FlushResult = {
  readonly flushed: readonly Flushed[]
  /** Engines that write and did not say in time that they have written all. */
  readonly missing: readonly string[]
}

const connectDeadlineNs = durationNs(3 * nsPerSec)
const queryDeadlineNs = durationNs(20 * nsPerSec)
/** The last reports may still be on their way to the driver when the writers have finished. */
const settleNs: DurationNs = durationNs(2 * nsPerSec)
const retryNs: DurationNs = durationNs(50 * nsPerMs)

/** Counts in PostgreSQL until both agree, or for two seconds. A store that cannot be asked never agrees. */
export async function checkStore(
  storeUrl: string,
  run: { readonly id: string; readonly flush: FlushResult; readonly tally: () => Promise<DriverCounts> },
  clock: Clock = monotonicClock,
): Promise<StoreCheck> {
  const begunAt = clock.now()
  try {
    const store = await openCounts(storeUrl)
    try {
      for (;;) {
        const counts = await within(store.count(run.id), queryDeadlineNs, () => new Error('no answer within 20 s'))
        const check = compareStore(await run.tally(), counts, run.flush)
        const settled = run.flush.missing.length > 0 || elapsed(begunAt, clock.now()) > settleNs
        if (check.agrees || settled) return check
        await pause(retryNs)
      }
    } finally {
      await store.close()
    }
  } catch (error) {
    const check = compareStore(await run.tally(), { orders: 0, unreported: 0, reports: 0, positions: {} }, run.flush)
    return { ...check, agrees: false, problem: `PostgreSQL cannot be asked: ${messageOf(error)}` }
  }
}

/** Holds the driver's figures against the store's; what differs is said in words. */
export function compareStore(driver: DriverCounts, store: StoreCounts, flush: FlushResult): StoreCheck {
  const keys = new Set([...Object.keys(driver.positions), ...Object.keys(store.positions)])
  const mismatches = [...keys].filter((key) => (driver.positions[key] ?? 0) !== (store.positions[key] ?? 0))
  const overflowed = flush.flushed.reduce((sum, each) => sum + each.overflowed, 0)
  const failed = flush.flushed.reduce((sum, each) => sum + each.failed, 0)
  const problems = [
    ...flush.missing.map((engine) => `${engine} did not say that it has written all`),
    ...(overflowed > 0 ? [`${overflowed} rows found no room in a writer's queue`] : []),
    ...(failed > 0 ? [`${failed} rows could not be written`] : []),
    ...(driver.orders === store.orders
      ? []
      : [`the store has ${store.orders} orders with a report, the driver saw ${driver.orders}`]),
    ...(store.unreported <= driver.unanswered
      ? []
      : [`the store has ${store.unreported} orders without a report, only ${driver.unanswered} ticks had no answer`]),
    ...(driver.reports === store.reports
      ? []
      : [`the store has ${store.reports} execution reports, the driver saw ${driver.reports}`]),
    ...mismatches
      .slice(0, 3)
      .map((key) => `position ${key}: store ${store.positions[key] ?? 0}, driver ${driver.positions[key] ?? 0}`),
  ]
  return {
    agrees: problems.length === 0,
    orders: { driver: driver.orders, store: store.orders, unreported: store.unreported },
    reports: { driver: driver.reports, store: store.reports },
    positions: {
      driver: Object.keys(driver.positions).length,
      store: Object.keys(store.positions).length,
      mismatches: mismatches.length,
    },
    overflowed,
    failed,
    problem: problems.length === 0 ? null : problems.join('; '),
  }
}

// One statement, so that rows which are written meanwhile are in both figures or in none. `except` is a hash of each side
// whatever the planner guesses of tables that were never analysed; a join may become a nested loop of minutes.
const countOrders = `select
  (select count(*) from orders where run = $1) as placed,
  (select count(*) from (
    select order_id from orders where run = $1 except select order_id from execution_reports where run = $1
  ) as silent) as unreported`

type CountingStore = { count(run: string): Promise<StoreCounts>; close(): Promise<void> }

async function openCounts(url: string): Promise<CountingStore> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectDeadlineNs / nsPerMs })
  // A server that dies is told by the query that was under way; without a listener the process would end.
  client.on('error', () => undefined)
  await within(client.connect(), connectDeadlineNs, () => new Error('no connection within 3 s'))
  return {
    count: async (run) => {
      const placed = await client.query<{ placed: string; unreported: string }>(countOrders, [run])
      const reported = await client.query<{ n: string }>('select count(*) as n from execution_reports where run = $1', [
        run,
      ])
      const unreported = Number(placed.rows[0]?.unreported ?? 0)
      const orders = Number(placed.rows[0]?.placed ?? 0) - unreported
      const reports = Number(reported.rows[0]?.n ?? 0)
      const { rows } = await client.query<{ account: string; symbol: string; qty: string }>(
        'select account, symbol, qty from positions where run = $1 and qty <> 0',
        [run],
      )
      const positions = Object.fromEntries(
        rows.map(({ account, symbol, qty }) => [positionKey(account, symbol), Number(qty)]),
      )
      return { orders, unreported, reports, positions }
    },
    close: () =>
      within(client.end(), connectDeadlineNs, () => new Error('the connection did not close')).catch(() => undefined),
  }
}
