import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { monotonicClock } from '../core/clock.js'
import { durationNs, instantNs, nsPerMs, nsPerSec } from '../core/units.js'
import { intervalNs, type RunResult } from '../results/run-result.js'
import { loadConfig } from './config.js'
import type { BenchPlan, SystemAccess } from './plan.js'
import { type BenchHooks, runBench } from './run.js'
import { endings } from './settlement.js'
import type { RunSnapshot } from './snapshot.js'

// Whole runs whose window follows their verdict.

const pipeline = ['market-data', 'signals', 'strategy', 'risk', 'order-gateway', 'matching']
/** A busy machine stands still for longer than the deadlines of the engines, and that is not what is tested. */
const patient: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  signals: { deadline: '10s' },
  strategy: { deadline: '10s' },
  risk: { deadline: '10s' },
  'order-gateway': { placementTimeout: '10s' },
}
const servers: Server[] = []
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

const planOf = (load: Record<string, unknown>, limitMs: number): BenchPlan => ({
  ...{
    runId: 'ab12',
    profileName: 'test',
    quickCommand: null,
    baseFolder: '.',
    components: [],
    engines: [],
    faults: {},
  },
  load: loadConfig.parse({ warmup: '200ms', drain: '20s', timeout: '20s', ...load }),
  endToEndLimitsNs: [durationNs(limitMs * nsPerMs)],
})
const accessOf = (engines: SystemAccess['engines'] = []): SystemAccess => ({
  ...{ systemId: 'abcdef', bus: { kind: 'in-process' }, storeUrl: null, services: [], addresses: {}, engines },
})
const hooksOf = (changes: Partial<BenchHooks>): BenchHooks => ({
  clock: monotonicClock,
  stop: new AbortController().signal,
  onSnapshot: () => undefined,
  systemFailed: new Promise(() => undefined),
  profile: { name: 'test' },
  version: '0.0.0',
  ...changes,
})
const inProcess: BenchHooks['inProcess'] = pipeline.map((engine) => ({
  ...{ engine, instance: 0, systemId: 'abcdef', settings: patient[engine] ?? {}, bus: { kind: 'in-process' } },
  ...{ storeUrl: null, port: 0, faults: [] },
}))

/** What a run says of itself holds for the window that it came to have. */
function expectWhole({ accounting, fidelity, load, endToEnd, activity }: RunResult): void {
  expect(endings.reduce((sum, ending) => sum + accounting[ending], 0)).toBe(accounting.planned)
  expect(accounting.sent).toBe(accounting.planned)
  expect(fidelity).toMatchObject({ sumMismatches: 0, plannedCount: accounting.planned, sentCount: accounting.planned })
  const intervalCount = Math.ceil(load.durationNs / intervalNs)
  expect(endToEnd.intervals).toHaveLength(intervalCount)
  for (const { intervals } of activity) expect(intervals).toHaveLength(intervalCount)
}

/** A gateway that takes its time with each order whose number divides by `every`. */
async function gateway(slowMs: number, every: number): Promise<SystemAccess['engines']> {
  const server = createServer((request, response) => {
    const seq = Number(request.headers['x-nautilus-seq'])
    const answer = (): void => {
      const at = monotonicClock.now()
      const stamp = { engine: 'order-gateway', polledAt: instantNs(0), receivedAt: at, startedAt: at, doneAt: at }
      response.writeHead(200, { 'x-nautilus-stamps': JSON.stringify([stamp]) }).end('{"reason":""}')
    }
    request.resume().on('end', () => (seq % every === 0 ? setTimeout(answer, slowMs) : answer()))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return [{ name: 'order-gateway', instance: 0, pid: null, url: `http://127.0.0.1:${port}` }]
}

test('a pipeline ends at a look where every limit holds, and all figures are of that window', async () => {
  const arrivals = { kind: 'poisson', rate: '300/s' }
  const shown: RunSnapshot[] = []
  const result = await runBench(
    planOf({ scenario: 'pipeline', arrivals, duration: '8s' }, 15_000),
    accessOf(),
    hooksOf({
      ...{ inProcess: inProcess ?? [], onSnapshot: (snapshot) => shown.push(snapshot) },
      profile: { name: 'test', sla: { endToEnd: { p95: '15s' } } },
      untilDecided: { windowNsMax: durationNs(24 * nsPerSec), history: null },
    }),
  )
  const { durationNs: windowNs } = result.load
  expect(result.interrupted).toBeNull()
  expect(windowNs).toBeGreaterThanOrEqual(2 * nsPerSec)
  expect(windowNs).toBeLessThan(8 * nsPerSec)
  expect(result.decided).toEqual({ kind: 'early', reason: 'every limit holds', changedNs: 8 * nsPerSec - windowNs })
  expectWhole(result)
  expect(result.accounting.planned).toBeLessThan(2_400)
  expect(result.load.targetRatePerSec).toBe(300)
  // Before it was decided 8 s were shown with their ticks, and then what it came to.
  const warmup = 200 * nsPerMs
  expect(shown.find(({ phase }) => phase === 'measuring')).toMatchObject({ totalNs: 8 * nsPerSec + warmup })
  expect(shown.at(-1)).toMatchObject({ totalNs: windowNs + warmup, sent: shown.at(-1)?.planned })
})

const nearItsLimit = async (duration: string) => {
  const load = { scenario: 'orders', arrivals: { kind: 'constant', rate: '150/s' }, duration, connections: 512 }
  return { plan: planOf(load, 500), access: accessOf(await gateway(1_000, 36)) }
}
const judgedBy = (windowMaxSec: number): Partial<BenchHooks> => ({
  profile: { name: 'test', sla: { endToEnd: { p95: '500ms' } } },
  untilDecided: { windowNsMax: durationNs(windowMaxSec * nsPerSec), history: null },
})

test('orders go on beyond the planned end where that decides, and all figures are of that window', async () => {
  const { plan, access } = await nearItsLimit('3s')
  const result = await runBench(plan, access, hooksOf(judgedBy(60)))
  const { durationNs: windowNs } = result.load
  expect(windowNs).toBeGreaterThan(3 * nsPerSec)
  expect(result.decided).toMatchObject({ kind: 'extended', changedNs: windowNs - 3 * nsPerSec })
  expectWhole(result)
  expect(result.accounting.planned).toBeGreaterThan(450)
  // What was due in the planned window is what is due without the option.
  const planned = result.endToEnd.intervals.slice(0, (3 * nsPerSec) / intervalNs)
  expect(planned.reduce((sum, { count }) => sum + count, 0)).toBe(450)
})

test('an interruption of a run that was extended keeps what was due until then', async () => {
  const { plan, access } = await nearItsLimit('3s')
  const stop = new AbortController()
  const onSnapshot = ({ elapsedNs }: RunSnapshot): void => {
    if (elapsedNs > 3.7 * nsPerSec) stop.abort('SIGINT')
  }
  const result = await runBench(plan, access, hooksOf({ ...judgedBy(60), onSnapshot, stop: stop.signal }))
  const { durationNs: windowNs } = result.load
  expect(result.interrupted).toBe('SIGINT')
  expect(windowNs).toBeGreaterThan(3 * nsPerSec)
  expect(result.decided).toMatchObject({ kind: 'extended', changedNs: windowNs - 3 * nsPerSec })
  expect(endings.reduce((sum, ending) => sum + result.accounting[ending], 0)).toBe(result.accounting.planned)
  expect(result.accounting.planned).toBeGreaterThan(450)
  expect(result.endToEnd.intervals).toHaveLength(Math.ceil(windowNs / intervalNs))
})

test('a run that may not become longer is as long as planned', async () => {
  const { plan, access } = await nearItsLimit('2s')
  const result = await runBench(plan, access, hooksOf(judgedBy(2)))
  expect(result.load.durationNs).toBe(2 * nsPerSec)
  expect(result.decided).toBeNull()
  expect(result.accounting.planned).toBe(300)
  expectWhole(result)
})
