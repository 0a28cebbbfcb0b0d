import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { monotonicClock } from '../core/clock.js'
import { durationNs, instantNs, nsPerMs, nsPerSec } from '../core/units.js'
import { type ExecutionReport, topics } from '../engines/model/messages.js'
import type { BusAddress } from '../platform/bus/config.js'
import type { Delivery, Envelope, Stamp, Transport } from '../platform/bus/envelope.js'
import { createTransport } from '../platform/bus/transport.js'
import { pause } from '../platform/flow/deadline.js'
import type { RunResult } from '../results/run-result.js'
import type { RunningService } from '../supervisor/services/context.js'
import { serviceIn } from '../supervisor/services/service-fixture.js'
import { loadConfig } from './config.js'
import type { BenchPlan, SystemAccess } from './plan.js'
import { type BenchHooks, runBench } from './run.js'
import { endings } from './settlement.js'
import type { RunSnapshot } from './snapshot.js'

const ms = (value: number) => durationNs(value * nsPerMs)
const pipeline = ['market-data', 'signals', 'strategy', 'risk', 'order-gateway', 'matching']

const planOf = (load: Record<string, unknown>, changes: Partial<BenchPlan> = {}): BenchPlan => ({
  runId: 'ab12',
  profileName: 'test',
  quickCommand: null,
  load: loadConfig.parse({ scenario: 'pipeline', warmup: '200ms', drain: '4s', timeout: '2s', ...load }),
  baseFolder: '.',
  components: [
    { name: 'bus', of: ['edges'], limitsNs: [ms(40)] },
    { name: 'engine', of: ['scripted'], limitsNs: [ms(5)] },
    { name: 'overhead', of: ['driver'], limitsNs: [ms(15)] },
  ],
  endToEndLimitsNs: [],
  engines: [],
  faults: {},
  ...changes,
})
const accessOf = (bus: BusAddress, changes: Partial<SystemAccess> = {}): SystemAccess => ({
  systemId: 'abcdef',
  bus,
  storeUrl: null,
  services: [],
  addresses: {},
  engines: [],
  ...changes,
})
const hooksOf = (changes: Partial<BenchHooks> = {}): BenchHooks => ({
  clock: monotonicClock,
  stop: new AbortController().signal,
  onSnapshot: () => undefined,
  systemFailed: new Promise(() => undefined),
  profile: { name: 'test' },
  version: '0.0.0',
  ...changes,
})

/** Calls `act` once, when so many measured ticks have traded. */
function onceTraded(count: number, act: () => void): BenchHooks['onSnapshot'] {
  let acted = false
  return ({ outcomes }) => {
    if (acted || (outcomes['traded'] ?? 0) < count) return
    acted = true
    act()
  }
}

function expectAccounted({ accounting, fidelity, endToEnd, slowest }: RunResult): void {
  expect(endings.reduce((sum, ending) => sum + accounting[ending], 0)).toBe(accounting.planned)
  expect(fidelity.sumMismatches).toBe(0)
  expect(slowest).toHaveLength(Math.min(20, endToEnd.summary.count))
  expect(slowest[0]?.responseNs ?? 0).toBe(endToEnd.summary.maxNs)
  for (const { responseNs, parts } of slowest) {
    if (parts.length > 0) expect(parts.reduce((sum, { ns }) => sum + ns, 0)).toBe(responseNs)
  }
}

let folder: string
const services: RunningService[] = []
const transports: Transport[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-bench-'))
})
afterEach(async () => {
  for (const transport of transports.splice(0)) await transport.close()
})
afterAll(async () => {
  for (const service of services) await service.stop({ graceNs: durationNs(nsPerSec), now: true })
  await rm(folder, { recursive: true, force: true })
})

async function start(name: string, kind: 'redis' | 'postgres'): Promise<RunningService> {
  const service = await serviceIn(folder, { name, config: kind === 'redis' ? { kind, durable: false } : { kind } })
  services.push(service)
  return service
}

let systems = 0
const addressOf = (redis: RunningService): BusAddress => ({
  kind: 'redis',
  url: redis.address,
  systemId: `bench${systems++}`,
  lists: {},
  backlogMax: 100_000,
})

type Script = (seq: number) => 'traded' | 'noTrade' | 'rejected' | 'failed' | 'twice' | 'late' | 'silent'

/** One engine that does with each tick what the script says. */
async function runScript(address: BusAddress, script: Script): Promise<void> {
  const transport = await createTransport(address, monotonicClock)
  transports.push(transport)
  const answer = (topic: string, envelope: Envelope, stamps: readonly Stamp[], body: unknown): void =>
    transport.publish(topic, [{ ...envelope, stamps, body }])
  const respond = (envelope: Envelope, stamps: readonly Stamp[]): void => {
    const kind = script(envelope.seq)
    if (kind === 'noTrade' || kind === 'failed') {
      answer(topics.outcome, envelope, stamps, { outcome: kind, reason: `because ${kind}`, engine: 'scripted' })
    } else if (kind !== 'silent') {
      answer(topics.executionReport, envelope, stamps, { reports: [reportOf(envelope.seq, kind === 'rejected')] })
      if (kind === 'twice')
        answer(topics.executionReport, envelope, stamps, { reports: [reportOf(envelope.seq, true)] })
    }
  }
  const respondLate = (envelope: Envelope, stamps: readonly Stamp[]): Promise<void> => {
    respond(envelope, stamps)
    return transport.flush()
  }
  const onDelivery = async ({ polledAt, receivedAt, messages }: Delivery): Promise<void> => {
    for (const { envelopes } of messages) {
      for (const envelope of envelopes) {
        const startedAt = monotonicClock.now()
        const stamp = { engine: 'scripted', polledAt, receivedAt, startedAt, doneAt: monotonicClock.now() }
        if (script(envelope.seq) !== 'late') respond(envelope, [stamp])
        else void pause(ms(2_500)).then(() => respondLate(envelope, [stamp]))
      }
    }
    await transport.flush()
  }
  await transport.subscribe({ topics: [topics.marketEvent], group: 'scripted', consumer: 'a' }, onDelivery)
}

const reportOf = (seq: number, rejected: boolean): ExecutionReport => ({
  execId: seq,
  orderId: seq,
  account: 'desk',
  symbol: 'S001',
  side: 'buy',
  execType: rejected ? 'rejected' : 'trade',
  ordStatus: rejected ? 'rejected' : 'filled',
  lastQty: 1,
  lastPrice: 100,
  cumQty: 1,
  leavesQty: 0,
  cumNotional: 100,
  revision: 0,
  reason: rejected ? 'no credit' : '',
  final: true,
})

describe('over Redis', () => {
  let redis: RunningService
  beforeAll(async () => {
    redis = await start('bus', 'redis')
  })
  const constant = (duration: string) => ({
    ...{ arrivals: { kind: 'constant', rate: '500/s' }, duration },
    source: { kind: 'generated', symbols: 7 },
  })

  test('every kind of ending is counted where it belongs', async () => {
    const address = addressOf(redis)
    const kinds = ['noTrade', 'rejected', 'failed', 'twice', 'late', 'silent'] as const
    const script: Script = (seq) => kinds[seq % 10] ?? 'traded'
    await runScript(address, script)
    const result = await runBench(planOf(constant('1s')), accessOf(address), hooksOf())
    expectAccounted(result)
    expect(result.accounting).toMatchObject({
      ...{ planned: 500, sent: 500, traded: 250, noTrade: 50, rejected: 50, failed: 50, timedOut: 50, lost: 50 },
      ...{ dropped: 0, duplicates: 50, late: 50 },
      reasons: { 'because noTrade': 50, 'no credit': 50, 'because failed': 50, 'traded after the timeout': 50 },
    })
    expect(result.endToEnd.summary.count).toBe(400)
    expect(result.noTrade.summary.count).toBe(50)
    // 125 ticks in each 250 ms, less the two in ten that never reach this distribution.
    for (const { count } of result.endToEnd.intervals) expect(Math.abs(count - 100)).toBeLessThanOrEqual(2)
    expect(result.endToEnd.summary.p95Ns).toBeGreaterThanOrEqual(ms(2_000))
    expect(result.components.map(({ name, summary }) => [name, summary.count])).toEqual([
      ['bus', 350],
      ['engine', 350],
      ['overhead', 350],
    ])
    expect(result.load).toMatchObject({ targetRatePerSec: 500, achievedRatePerSec: 450, durationNs: 1e9 })
    expect(result.activity.map(({ process }) => process)).toEqual(['sender', 'collector'])
    for (const { intervals } of result.activity) {
      expect(intervals).toHaveLength(4)
      expect(intervals.reduce((sum, { cpuNs }) => sum + cpuNs, 0)).toBeGreaterThan(0)
    }
  })

  test('a run without a limit on any part still sums: the band explains the whole response time', async () => {
    const address = addressOf(redis)
    await runScript(address, () => 'traded')
    const phases = new Set<RunSnapshot['phase']>()
    const onSnapshot = ({ phase }: RunSnapshot) => phases.add(phase)
    const result = await runBench(planOf(constant('1s')), accessOf(address), hooksOf({ onSnapshot }))
    expect(result.accounting.traded).toBe(500)
    expect(result.attribution?.components.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
    expect(result.attribution?.count).toBeGreaterThan(10)
    expect([...phases]).toEqual(['starting', 'warm-up', 'measuring', 'draining', 'checking', 'writing', 'done'])
  })

  test('a pipeline that never answers ends at the drain deadline with all ticks lost', async () => {
    const address = addressOf(redis)
    const hurried = { ...constant('500ms'), timeout: '500ms', drain: '1500ms' }
    const result = await runBench(planOf(hurried), accessOf(address), hooksOf())
    expectAccounted(result)
    expect(result.accounting).toMatchObject({ planned: 250, sent: 250, lost: 250 })
    expect(result.endToEnd.summary.minNs).toBe(ms(500))
    expect(result.components.every(({ summary }) => summary.count === 0)).toBe(true)
    expect(result.attribution).toBeNull()
  })

  test.each([
    { name: 'a signal', raise: (stop: AbortController) => stop.abort('SIGINT'), reason: 'SIGINT' },
    { name: 'a failed engine', raise: null, reason: 'risk exited with 1' },
  ])('$name ends the run at once, with what was due until then', async ({ raise, reason }) => {
    const address = addressOf(redis)
    await runScript(address, () => 'traded')
    const stop = new AbortController()
    let fail: (failure: { name: string; reason: string }) => void = () => undefined
    const systemFailed = new Promise<{ name: string; reason: string }>((resolve) => {
      fail = resolve
    })
    const onSnapshot = onceTraded(100, () => {
      if (raise === null) fail({ name: 'risk', reason: 'exited with 1' })
      else raise(stop)
    })
    const result = await runBench(
      planOf(constant('60s')),
      accessOf(address),
      hooksOf({ stop: stop.signal, systemFailed, onSnapshot }),
    )
    expect(result.interrupted).toBe(reason)
    expectAccounted(result)
    expect(result.accounting.planned).toBeGreaterThanOrEqual(100)
    expect(result.accounting.planned).toBeLessThan(500 * 30)
    expect(result.load.durationNs).toBeLessThan(30 * nsPerSec)
    expect(result.endToEnd.intervals.length).toBe(Math.ceil(result.load.durationNs / (250 * nsPerMs)))
  })

  test('a run that was stopped before it began gives an empty result', async () => {
    const result = await runBench(
      planOf(constant('60s')),
      accessOf(addressOf(redis)),
      hooksOf({ stop: AbortSignal.abort('SIGTERM') }),
    )
    expect(result).toMatchObject({ interrupted: 'SIGTERM', accounting: { planned: 0, sent: 0 } })
    expect(result.fidelity.status).toBe('invalid')
  })

  test('a bus that dies interrupts the run and keeps what was measured', async () => {
    const mortal = await start('mortal', 'redis')
    const address = addressOf(mortal)
    await runScript(address, () => 'traded')
    const onSnapshot = onceTraded(100, () => void mortal.stop({ graceNs: durationNs(0), now: true }))
    const result = await runBench(planOf(constant('60s')), accessOf(address), hooksOf({ onSnapshot }))
    expect(result.interrupted).toMatch(/^bus: Redis at unix:.* does not answer any more/)
    expectAccounted(result)
    expect(result.accounting.traded).toBeGreaterThan(0)
  })

  test('a bus that is not there is an error, and leaves no thread behind', async () => {
    const address: BusAddress = { ...addressOf(redis), url: 'unix:/nonexistent/socket' } as BusAddress
    await expect(runBench(planOf(constant('1s')), accessOf(address), hooksOf())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
  })
})

describe('over the in-process bus', () => {
  const bus: BusAddress = { kind: 'in-process' }
  /** A busy machine stands still for longer than the deadlines of the engines, and that is not what is tested. */
  const patient: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    signals: { deadline: '10s' },
    strategy: { deadline: '10s' },
    risk: { deadline: '10s' },
    'order-gateway': { placementTimeout: '10s' },
  }
  const hosted = (storeUrl: string | null): BenchHooks['inProcess'] =>
    pipeline.map((engine) => ({
      engine,
      instance: 0,
      systemId: 'abcdef',
      settings: patient[engine] ?? {},
      bus,
      storeUrl,
      port: 0,
      faults: [],
    }))
  const engines: BenchPlan['engines'] = pipeline.map((name) => ({
    name,
    replicas: 1,
    writes: name === 'matching' ? ['execution_reports', 'positions'] : name === 'order-gateway' ? ['orders'] : [],
  }))
  const components: BenchPlan['components'] = [
    { name: 'bus', of: ['edges'], limitsNs: [] },
    { name: 'all engines', of: pipeline, limitsNs: [ms(50)] },
    { name: 'overhead', of: ['driver'], limitsNs: [] },
  ]
  const poisson = { arrivals: { kind: 'poisson', rate: '200/s' }, duration: '1500ms', timeout: '10s', drain: '10s' }

  test('the pipeline answers every tick, and PostgreSQL agrees with the driver', async () => {
    const postgres = await start('store', 'postgres')
    const result = await runBench(
      planOf(poisson, { engines, components }),
      accessOf(bus, {
        storeUrl: postgres.address,
        engines: pipeline.map((name) => ({ name, instance: 0, pid: process.pid, url: null })),
      }),
      hooksOf({ inProcess: hosted(postgres.address) ?? [] }),
    )
    expectAccounted(result)
    expect(result.accounting).toMatchObject({ planned: 300, sent: 300, dropped: 0, lost: 0, timedOut: 0 })
    expect(result.accounting.traded).toBeGreaterThan(0)
    expect(result.store).toMatchObject({ agrees: true, problem: null, overflowed: 0, failed: 0 })
    expect(result.store?.orders.store).toBeGreaterThan(result.accounting.traded - 1)
    expect(result.components.map(({ summary }) => summary.count)).toEqual(
      new Array(3).fill(result.endToEnd.summary.count),
    )
    expect(result.engines.map(({ name }) => name)).toEqual(pipeline)
    expect(result.engines[0]?.cpuNs).toBeGreaterThan(0)
    expect(result.attribution?.components.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
  })

  test('the same seed plans the same ticks', async () => {
    const run = () =>
      runBench(planOf(poisson, { engines, components }), accessOf(bus), hooksOf({ inProcess: hosted(null) ?? [] }))
    const [first, second] = [await run(), await run()]
    expect(first.endToEnd.intervals.length).toBe(6)
    const planned = (result: RunResult): number[] =>
      result.endToEnd.intervals.map(({ count }, index) => {
        const apart = [result.noTrade, result.rejected].map(({ intervals }) => intervals[index]?.count ?? 0)
        return count + apart.reduce((sum, each) => sum + each, 0)
      })
    expect(planned(first)).toEqual(planned(second))
  })
})

describe('with orders by HTTP', () => {
  const servers: Server[] = []
  afterAll(async () => {
    for (const server of servers) server.closeAllConnections()
    for (const server of servers) server.close()
  })

  async function listen(
    answer: (request: IncomingMessage, response: ServerResponse, seq: number) => void,
  ): Promise<string> {
    const server = createServer((request, response) => {
      request.resume().on('end', () => answer(request, response, Number(request.headers['x-nautilus-seq'])))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }
  const reply = (request: IncomingMessage, response: ServerResponse, status: number): void => {
    const at = monotonicClock.now()
    const stamp = { engine: 'order-gateway', polledAt: instantNs(0), receivedAt: at, startedAt: at, doneAt: at }
    expect(request.headers['x-nautilus-run']).toBe('ab12')
    response.writeHead(status, { 'x-nautilus-stamps': JSON.stringify([stamp]) }).end('{"reason":"says the venue"}')
  }
  const orders = { scenario: 'orders', arrivals: { kind: 'constant', rate: '200/s' }, duration: '1s', connections: 256 }
  const gateways = (urls: readonly string[]): SystemAccess['engines'] =>
    urls.map((url, instance) => ({ name: 'order-gateway', instance, pid: null, url }))

  test('orders go round robin, and each status ends its order', async () => {
    const seen = [0, 0]
    const urls = await Promise.all(
      [0, 1].map((gateway) =>
        listen((request, response, seq) => {
          seen[gateway] = (seen[gateway] ?? 0) + 1
          if (seq % 10 === 9) return
          reply(request, response, { 6: 422, 7: 503, 8: 202 }[seq % 10] ?? 200)
        }),
      ),
    )
    const result = await runBench(
      planOf(orders, { components: [{ name: 'gateway', of: ['order-gateway'], limitsNs: [] }] }),
      accessOf({ kind: 'in-process' }, { engines: gateways(urls) }),
      hooksOf(),
    )
    expectAccounted(result)
    expect(result.accounting).toMatchObject({
      ...{ planned: 200, sent: 200, traded: 120, rejected: 20, failed: 40, timedOut: 20, lost: 0, dropped: 0 },
      reasons: { 'says the venue': 40, 'placement timed out': 20, 'no answer within the timeout': 20 },
    })
    expect(result.load).toMatchObject({ unit: 'orders', scenario: 'orders' })
    expect(seen[0]).toBe(seen[1])
    expect(result.stages.map(({ name }) => name).sort()).toEqual([
      ...['driver', 'driver->order-gateway', 'order-gateway', 'order-gateway->driver'],
    ])
  })

  test('a wait for a free connection is part of the response time', async () => {
    const url = await listen((request, response) => setTimeout(() => reply(request, response, 200), 50))
    const result = await runBench(
      planOf({ ...orders, arrivals: { kind: 'constant', rate: '40/s' }, connections: 1, timeout: '10s', drain: '10s' }),
      accessOf({ kind: 'in-process' }, { engines: gateways([url]) }),
      hooksOf(),
    )
    // 20 a second leave and 40 come: after one second the queue is a second long.
    expect(result.accounting.traded).toBe(40)
    expect(result.endToEnd.summary.maxNs).toBeGreaterThan(ms(900))
  })

  test('a gateway that refuses connections fails its orders', async () => {
    const result = await runBench(
      planOf(orders),
      accessOf({ kind: 'in-process' }, { engines: gateways(['http://127.0.0.1:9']) }),
      hooksOf(),
    )
    expectAccounted(result)
    expect(result.accounting.failed).toBe(200)
    expect(result.accounting.reasons).toEqual({ 'connection: ECONNREFUSED': 200 })
  })
})
