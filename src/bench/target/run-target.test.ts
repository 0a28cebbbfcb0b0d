import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import type { RunResult } from '../../results/run-result.js'
import { serviceIn } from '../../supervisor/services/service-fixture.js'
import { loadConfig } from '../config.js'
import type { BenchPlan, SystemAccess } from '../plan.js'
import type { BenchHooks } from '../run.js'
import type { RunSnapshot } from '../snapshot.js'
import { requestEndings } from './measurement.js'
import { readTimes } from './recorded-times.js'
import { runTarget } from './run-target.js'

const folder = mkdtempSync(join(tmpdir(), 'nautilus-target-'))
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ms = (value: number) => durationNs(value * nsPerMs)

const planOf = (load: Record<string, unknown>, changes: Partial<BenchPlan> = {}): BenchPlan => ({
  runId: 'ab12',
  profileName: 'test',
  quickCommand: null,
  load: loadConfig.parse({
    ...{ scenario: 'http', arrivals: { kind: 'constant', rate: '200/s' } },
    ...{ warmup: '100ms', duration: '500ms', timeout: '10s', drain: '10s', ...load },
  }),
  baseFolder: folder,
  components: [],
  endToEndLimitsNs: [],
  engines: [],
  faults: {},
  ...changes,
})
const nothing: SystemAccess = {
  ...{ systemId: 'abcdef', bus: { kind: 'in-process' }, storeUrl: null },
  ...{ services: [], addresses: {}, engines: [] },
}
const hooksOf = (changes: Partial<BenchHooks> = {}): BenchHooks => ({
  clock: monotonicClock,
  stop: new AbortController().signal,
  onSnapshot: () => undefined,
  systemFailed: new Promise(() => undefined),
  profile: { name: 'test' },
  version: '0.0.0',
  ...changes,
})

type Answer = (request: IncomingMessage, response: ServerResponse, seq: number) => void

/** Answers by the number in the query; without one it is the request by which the target is tried before the run. */
async function listen(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    const seq = new URL(request.url ?? '/', 'http://x').searchParams.get('seq')
    request.resume().on('end', () => answer(request, response, seq === null ? -1 : Number(seq)))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

const httpTarget = (url: string, changes: Record<string, unknown> = {}) => ({
  target: { kind: 'http', url: `${url}/?seq={{seq}}`, ...changes },
})

function expectAccounted({ accounting, endToEnd }: RunResult): void {
  expect(requestEndings.reduce((sum, ending) => sum + accounting[ending], 0)).toBe(accounting.planned)
  expect(endToEnd.summary.count).toBe(accounting.planned)
  expect(endToEnd.intervals.reduce((sum, { count }) => sum + count, 0)).toBe(accounting.planned)
}

describe('requests by HTTP', () => {
  test('every request is answered and accounted for, with its stages and its phases of the run', async () => {
    const url = await listen((_, response) => response.setHeader('server-timing', 'app;dur=0.001').end('ok'))
    const phases = new Set<RunSnapshot['phase']>()
    const components = [
      { name: 'target', of: ['server', 'edges'], limitsNs: [ms(50)] },
      { name: 'generator', of: ['driver', 'connection'], limitsNs: [] },
    ]
    const result = await runTarget(
      planOf(httpTarget(url), { components, endToEndLimitsNs: [ms(9_000)] }),
      nothing,
      hooksOf({ onSnapshot: ({ phase }) => phases.add(phase) }),
    )
    expectAccounted(result)
    expect(result.accounting).toMatchObject({ planned: 100, sent: 100, completed: 100, reasons: {} })
    expect(result.service?.summary.count).toBe(100)
    expect(result.stages.map(({ name }) => name)).toEqual(expect.arrayContaining(['driver', 'server', 'wire']))
    expect(result.components.map(({ name, summary }) => [name, summary.count])).toEqual([
      ['target', 100],
      ['generator', 100],
    ])
    expect(result.endToEnd.over).toEqual([{ limitNs: ms(9_000), count: 0 }])
    expect(result.attribution?.parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
    expect(result.load).toMatchObject({
      ...{ scenario: 'http', unit: 'requests', loop: 'open', target: `GET ${url}/?seq={{seq}}`, connections: 16 },
      ...{ workers: 1, targetRatePerSec: 200, achievedRatePerSec: 200, durationNs: 5e8 },
    })
    expect(result).toMatchObject({ interrupted: null, phases: [], store: null, fidelity: { sumMismatches: 0 } })
    expect(result.activity.map(({ process }) => process)).toEqual(['worker-0'])
    expect(result.slowest[0]?.responseNs).toBe(result.endToEnd.summary.maxNs)
    expect([...phases].at(0)).toBe('starting')
    expect([...phases].slice(-2)).toEqual(['writing', 'done'])
  })

  test('what fails, hangs or is cut off is counted by its reason and stands at the timeout', async () => {
    const url = await listen((request, response, seq) => {
      if (seq % 10 === 3) response.writeHead(503, { 'content-length': 0 }).end()
      else if (seq % 10 === 5) request.socket.destroy()
      else if (seq % 10 !== 7) response.end('ok')
    })
    const result = await runTarget(planOf({ ...httpTarget(url), timeout: '5s', connections: 40 }), nothing, hooksOf())
    expectAccounted(result)
    // A hundred requests in a row hold each last digit ten times, wherever the warm-up ended.
    expect(result.accounting).toMatchObject({ planned: 100, completed: 70, failed: 20, timedOut: 10, lost: 0 })
    expect(result.accounting.reasons).toEqual({ 'status 503': 10, 'connection closed before the response': 10 })
    const { intervals, summary } = result.endToEnd
    // The middle of a bucket may lie 0.1 % below.
    expect(summary.p90Ns).toBeGreaterThan(ms(4_994))
    expect(intervals.reduce((sum, { unanswered }) => sum + unanswered, 0)).toBe(30)
    expect(result.service?.summary.count).toBe(70)
  })

  test('a server that tells of more time than its answers took is named, and no stamp of ours', async () => {
    const url = await listen((_, response) => response.setHeader('server-timing', 'app;dur=90000').end('ok'))
    const { fidelity } = await runTarget(planOf(httpTarget(url)), nothing, hooksOf())
    expect(fidelity.reasons).toContain('Server-Timing of 100 answers exceeds their time')
    expect(fidelity.reasons.filter((reason) => reason.includes('stamps'))).toEqual([])
  })

  test('a drain as long as the timeout leaves nothing lost of a server that hangs', async () => {
    const url = await listen((_, response, seq) => void (seq < 0 && response.end()))
    const load = {
      ...httpTarget(url),
      arrivals: { kind: 'constant', rate: '1000/s' },
      timeout: '300ms',
      drain: '300ms',
    }
    const { accounting } = await runTarget(planOf(load), nothing, hooksOf())
    expect(accounting).toMatchObject({ planned: 500, completed: 0, failed: 0, lost: 0 })
    expect(accounting.timedOut).toBeGreaterThan(0)
  })

  test('a status counts as completed where it was expected', async () => {
    const url = await listen((_, response) => response.writeHead(404).end())
    const target = httpTarget(url, { expectStatus: [404, '2xx'] })
    expect((await runTarget(planOf(target), nothing, hooksOf())).accounting.completed).toBe(100)
  })

  test('bodies are filled from rows in turn, and headers and the engine of a profile are kept', async () => {
    const bodies = new Map<number, string>()
    const url = await listen((_, response) => response.end())
    servers[0]?.removeAllListeners('request').on('request', (request: IncomingMessage, response: ServerResponse) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => {
        if (request.headers['x-desk'] === 'a') bodies.set(Number(request.url?.slice(3)), `${request.method} ${body}`)
        response.end()
      })
    })
    const file = join(folder, 'rows.csv')
    writeFileSync(file, 'sku,text\nA,"x, y"\nB,z\n')
    const target = {
      ...{ kind: 'http', engine: 'shop', path: '/i/{{seq}}', method: 'POST', headers: { 'x-desk': 'a' } },
      ...{ body: '{{sku}}:{{text}}:{{seq}}', data: { file, format: 'csv' } },
    }
    const engines = [{ name: 'shop', instance: 0, pid: process.pid, url }]
    const result = await runTarget(planOf({ target }), { ...nothing, engines }, hooksOf())
    expect(result.accounting.completed).toBe(100)
    for (const seq of [20, 21, 50, 51]) {
      expect(bodies.get(seq)).toBe(seq % 2 === 0 ? `POST A:x, y:${seq}` : `POST B:z:${seq}`)
    }
    expect(result.engines[0]).toMatchObject({ name: 'shop', cpuNs: expect.any(Number) })
    expect(result.load.source).toBe('rows of rows.csv, in-turn')
  })

  test('two workers share one schedule', async () => {
    const seen = new Set<number>()
    const url = await listen((_, response, seq) => {
      seen.add(seq)
      response.end()
    })
    const result = await runTarget(planOf({ ...httpTarget(url), workers: 2 }), nothing, hooksOf())
    expectAccounted(result)
    expect(result.accounting.completed).toBe(100)
    expect(result.load.workers).toBe(2)
    expect(seen.size).toBeGreaterThan(100)
  })

  test('steps and ramps are phases of the result, with the requests that each asks for', async () => {
    const url = await listen((_, response) => response.end())
    const phases = [
      { name: 'low', rate: '40/s', duration: '500ms' },
      { name: 'high', rate: '120/s', duration: '500ms' },
    ]
    const steps = { ...httpTarget(url), arrivals: { kind: 'steps', phases }, duration: '1s' }
    const stepped = await runTarget(planOf(steps), nothing, hooksOf())
    expectAccounted(stepped)
    expect(stepped.endToEnd.intervals.map(({ count }) => count)).toEqual([10, 10, 30, 30])
    expect(stepped.phases.map(({ name, targetRatePerSec }) => [name, targetRatePerSec])).toEqual([
      ['low', 40],
      ['high', 120],
    ])
    const ramp = { ...httpTarget(url), arrivals: { kind: 'ramp', from: '0/s', to: '200/s' }, duration: '1s' }
    const ramped = await runTarget(planOf(ramp), nothing, hooksOf())
    expectAccounted(ramped)
    expect(ramped.accounting.planned).toBe(100)
    const counts = ramped.endToEnd.intervals.map(({ count }) => count)
    expect(counts.toSorted((a, b) => a - b)).toEqual(counts)
    expect(ramped.fidelity.trendShare).toBeNull()
  })

  test('recorded times are sent as they were, faster by the speed, and end the window where they end', async () => {
    const url = await listen((_, response) => response.end())
    const file = join(folder, 'times.txt')
    const times = Array.from(
      { length: 40 },
      (_, index) => 1_700_000_000_000 + (index < 20 ? index * 10 : 1_000 + index * 10),
    )
    writeFileSync(file, `${times.join('\n')}\n`)
    const load = { ...httpTarget(url), arrivals: { kind: 'recorded', speed: 2, file }, duration: '10s' }
    const result = await runTarget(planOf(load), nothing, hooksOf())
    expectAccounted(result)
    // Twenty in the first 100 ms, twenty from 600 ms on, the last at 695 ms.
    expect(result.endToEnd.intervals.map(({ count }) => count)).toEqual([20, 0, 20])
    expect(result.load).toMatchObject({ arrivals: 'recorded at 2x speed', durationNs: expect.closeTo(713e6, -7) })
    expect(result.fidelity.reasons).toContainEqual(expect.stringContaining('the source ended after 0.71'))
  })

  test.each([
    { text: '1\n2\n\n1.5\n', says: 'times.txt:4 a time before that of the line above' },
    { text: '1\nnow\n', says: 'times.txt:2 "now" is no number of milliseconds' },
    { text: '\n', says: 'times.txt:1 there is no time; at least one is needed' },
  ])('recorded times that are none: $says', ({ text, says }) => {
    const file = join(folder, 'times.txt')
    writeFileSync(file, text)
    expect(() => readTimes(file)).toThrow(says)
  })

  test('a closed loop has service times and a throughput, and no response times', async () => {
    const url = await listen((_, response) => response.end())
    const load = { ...httpTarget(url), arrivals: { kind: 'closed', users: 3 } }
    const result = await runTarget(planOf(load), nothing, hooksOf())
    const { accounting } = result
    expect(requestEndings.reduce((sum, ending) => sum + accounting[ending], 0)).toBe(accounting.planned)
    expect(accounting.completed).toBeGreaterThan(3)
    expect(result.endToEnd.summary.count).toBe(0)
    expect(result.service?.summary.count).toBe(accounting.completed)
    expect(result.load).toMatchObject({ loop: 'closed', connections: 3, arrivals: 'closed loop of 3 users' })
    expect(result.load.achievedRatePerSec).toBeCloseTo(accounting.completed / (result.load.durationNs / nsPerSec), 6)
  })

  test('a stop ends the run at once, with what was due until then', async () => {
    const stop = new AbortController()
    const url = await listen((_, response, seq) => {
      if (seq === 60) stop.abort('SIGINT')
      response.end()
    })
    const result = await runTarget(
      planOf({ ...httpTarget(url), duration: '60s' }),
      nothing,
      hooksOf({ stop: stop.signal }),
    )
    expectAccounted(result)
    expect(result.interrupted).toBe('SIGINT')
    expect(result.accounting.completed).toBeGreaterThan(0)
    expect(result.load.durationNs).toBeLessThan(30 * nsPerSec)
  })

  test('a run that was stopped before it began has nothing, and is invalid', async () => {
    const url = await listen((_, response) => response.end())
    const result = await runTarget(planOf(httpTarget(url)), nothing, hooksOf({ stop: AbortSignal.abort('SIGTERM') }))
    expect(result).toMatchObject({
      interrupted: 'SIGTERM',
      accounting: { planned: 0 },
      fidelity: { status: 'invalid' },
    })
  })

  test.each([
    { url: 'http://127.0.0.1:9/', says: 'http://127.0.0.1:9 takes no connections: connection: ECONNREFUSED' },
    // A name that no resolver would be asked for.
    { url: 'http://a..b/', says: 'getaddrinfo' },
  ])('$url is refused with what is wrong', async ({ url, says }) => {
    await expect(runTarget(planOf(httpTarget(url)), nothing, hooksOf())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining(says),
    })
  })

  test('a row that lacks what the request names is refused before anything is sent', async () => {
    const url = await listen((_, response) => response.end())
    const file = join(folder, 'few.csv')
    writeFileSync(file, 'sku\n1\n')
    const target = httpTarget(url, { body: '{{sky}}', data: { file, format: 'csv' } })
    await expect(runTarget(planOf(target), nothing, hooksOf())).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      hint: 'A request names it; did you mean "sku"?',
    })
  })
})

describe('other targets', () => {
  test('messages over WebSocket connections', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const load = { scenario: 'websocket', target: { kind: 'websocket', url }, connections: 2 }
    const result = await runTarget(planOf(load), nothing, hooksOf())
    server.close()
    expectAccounted(result)
    expect(result.accounting.completed).toBe(100)
  })

  test('an echo that names no request leaves all timed out, and its messages are the reason', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    server.on('connection', (socket) => socket.on('message', () => socket.send('pong')))
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const load = { scenario: 'websocket', target: { kind: 'websocket', url }, timeout: '300ms', drain: '300ms' }
    const { accounting } = await runTarget(planOf(load), nothing, hooksOf())
    for (const socket of server.clients) socket.terminate()
    server.close()
    expect(accounting).toMatchObject({ planned: 100, completed: 0, failed: 0 })
    expect(Object.keys(accounting.reasons)).toEqual(['messages without a usable "id"'])
    expect(accounting.reasons['messages without a usable "id"']).toBeGreaterThan(0)
  })

  test('calls of a function, which are no requests', async () => {
    const module = join(folder, 'work.mjs')
    writeFileSync(
      module,
      'export const work = (seq) => { if (seq % 4 === 0) throw new TypeError("a multiple of four") }',
    )
    const load = { scenario: 'function', target: { kind: 'function', module, export: 'work' } }
    const result = await runTarget(planOf(load), nothing, hooksOf())
    expectAccounted(result)
    expect(result.accounting).toMatchObject({ completed: 75, failed: 25, reasons: { 'a multiple of four': 25 } })
    expect(result.load).toMatchObject({ unit: 'calls', target: 'work of work.mjs' })
  })

  test('a Redis and a PostgreSQL of the profile, at the addresses that they were given', async () => {
    const redis = await serviceIn(folder, { name: 'cache', config: { kind: 'redis', durable: false } })
    const postgres = await serviceIn(folder, { name: 'store', config: { kind: 'postgres' } })
    try {
      const access = { ...nothing, addresses: { cache: redis.address, store: postgres.address } }
      const targets = [
        { scenario: 'redis', target: { kind: 'redis', service: 'cache', command: ['SET', 'k{{seq}}', 'v'] } },
        { scenario: 'redis', target: { kind: 'redis-stream', service: 'cache', stream: 's' } },
        { scenario: 'postgres', target: { kind: 'postgres', service: 'store' } },
        {
          scenario: 'bus',
          target: { kind: 'bus', topic: 'echo', answers: 'echo' },
        },
      ]
      const bus = { kind: 'redis' as const, url: redis.address, systemId: 'target', lists: {}, backlogMax: 10_000 }
      for (const load of targets) {
        const result = await runTarget(planOf({ ...load, connections: 4 }), { ...access, bus }, hooksOf())
        expectAccounted(result)
        expect([load.target.kind, result.accounting.completed]).toEqual([load.target.kind, 100])
        // Only a load on the bus is one of the bus; the readings are taken a moment after the window opens and closes.
        expect(result.buses.map(({ name }) => name)).toEqual(load.scenario === 'bus' ? ['cache'] : [])
        for (const { messages } of result.buses) expect(messages).toBeGreaterThan(50)
      }
    } finally {
      for (const service of [redis, postgres]) await service.stop({ graceNs: durationNs(nsPerSec), now: true })
    }
  })
})
