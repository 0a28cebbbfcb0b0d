import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { monotonicClock as clock } from '../../core/clock.js'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { Interruption } from '../interruption.js'
import type { ArrivalsPlan, Measurement, MeasurementPlan, MeasurementProgress } from './measurement.js'
import { requestEndings } from './measurement.js'
import { runWorkers } from './worker-pool.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answerOk = (_: IncomingMessage, response: ServerResponse): void => {
  response.setHeader('content-length', 2)
  response.end('hi')
}

const rate = (ratePerSec: number, lengthMs: number): ArrivalsPlan => ({
  kind: 'phases',
  spacing: 'poisson',
  phases: [{ lengthNs: durationNs(lengthMs * nsPerMs), fromPerSec: ratePerSec, toPerSec: ratePerSec }],
})

type Changes = Partial<MeasurementPlan> & { readonly path?: string }

function planOf(origin: string, { path = '/', ...changes }: Changes = {}): MeasurementPlan {
  return {
    arrivals: rate(400, 500),
    seed: 5,
    warmupNs: durationNs(200 * nsPerMs),
    windowNs: durationNs(500 * nsPerMs),
    // On a busy machine an answer may take long; what is about timeouts sets its own.
    ...{ timeoutNs: durationNs(20 * nsPerSec), drainNs: durationNs(20 * nsPerSec) },
    ...{ workers: 1, connections: 4, inFlightMax: 10_000, endToEndLimitsNs: [0, 3600 * nsPerSec], components: [] },
    ...{ pacing: null, targetIsLocal: true },
    client: {
      ...{ kind: 'http', origin, data: null, expectStatus: [], pipelining: 1, serverTiming: true },
      ...{ http2: false, verifyCertificate: true },
      request: { method: 'GET', path, headers: [], body: null },
    },
    ...changes,
  }
}

async function measure(plan: MeasurementPlan, onProgress: (progress: MeasurementProgress) => void = () => undefined) {
  const measurement = await runWorkers(plan, { clock, interruption: new Interruption(clock), onProgress })
  checkAccounts(measurement)
  return measurement
}

/** What holds of every measurement, however it went. */
function checkAccounts({ counts, endToEnd, sumMismatches, slowest, windowNs }: Measurement): void {
  expect(requestEndings.reduce((sum, ending) => sum + counts[ending], 0)).toBe(counts.planned)
  expect(sumMismatches).toBe(0)
  expect(endToEnd.intervals.reduce((sum, { count }) => sum + count, 0)).toBe(endToEnd.summary.count)
  for (const [index, { startNs }] of endToEnd.intervals.entries()) expect(startNs).toBe(index * 250 * nsPerMs)
  expect(endToEnd.intervals.length).toBeLessThanOrEqual(Math.ceil(windowNs / (250 * nsPerMs)))
  for (const { parts, responseNs } of slowest) {
    if (parts.length > 0) expect(parts.reduce((sum, { ns }) => sum + ns, 0)).toBe(responseNs)
  }
}

test.each([
  { pacing: 'poll', workers: 1 },
  { pacing: 'pacer-thread', workers: 3 },
] as const)('$workers workers by $pacing send every instant of the schedule once', async ({ pacing, workers }) => {
  const paths: string[] = []
  const origin = await serve((request, response) => {
    paths.push(request.url ?? '')
    answerOk(request, response)
  })
  const measured = await measure(planOf(origin, { pacing, workers, path: '/{{seq}}' }))
  expect(measured.counts).toMatchObject({ planned: 200, sent: 200, completed: 200 })
  expect(measured.path).toBe('http/1.1 fast path')
  expect(measured.libraryPath).toBeNull()
  expect(measured.pacing).toContain(pacing === 'poll' ? 'poll' : 'pacer thread')
  expect(measured.workers.map(({ name }) => name)).toEqual(
    Array.from({ length: workers }, (_, index) => `worker-${index}`),
  )
  // 60 of the warm-up; each worker asked for the first one before it began.
  const sent = paths.map((path) => Number(path.slice(1))).toSorted((a, b) => a - b)
  expect(sent).toEqual([...Array.from({ length: workers }, () => 0), ...Array.from({ length: 260 }, (_, seq) => seq)])
  expect(measured.endToEnd.over).toEqual([
    { limitNs: 0, count: 200 },
    { limitNs: 3600 * nsPerSec, count: 0 },
  ])
  expect(measured.lateness.count).toBe(200)
  expect(measured.slowest).toHaveLength(20)
})

test('the time of the server is a part of its own, and groups are sums of parts', async () => {
  const origin = await serve((request, response) => {
    response.setHeader('server-timing', 'db;dur=0.002, total;dur=0.004')
    answerOk(request, response)
  })
  const measured = await measure(
    planOf(origin, {
      components: [
        { name: 'ours', of: ['driver', 'connection'], limitsNs: [durationNs(0)] },
        { name: 'theirs', of: ['server', 'edges'], limitsNs: [] },
      ],
    }),
  )
  expect(measured.stages.map(({ name }) => name)).toEqual(['driver', 'connection', 'server', 'wire', 'body'])
  expect(measured.stages.map(({ summary }) => summary.count)).toEqual([200, 200, 200, 200, 200])
  expect(measured.stages[2]?.summary).toMatchObject({ minNs: 4000, maxNs: 4000 })
  expect(measured.components.map(({ name, summary }) => [name, summary.count])).toEqual([
    ['ours', 200],
    ['theirs', 200],
  ])
  expect(measured.components[0]?.over[0]?.count).toBe(200)
  const shares = measured.attribution?.parts.reduce((sum, { share }) => sum + share, 0) ?? 0
  expect(shares).toBeCloseTo(1, 9)
  expect(measured.slowest[0]?.parts.map(({ stage }) => stage)).toEqual(
    expect.arrayContaining(['driver', 'connection', 'server', 'wire']),
  )
})

test('phases follow each other with counts of their own, and progress tells the intervals in order', async () => {
  const phase = (lengthMs: number, fromPerSec: number, toPerSec: number) => ({
    ...{ lengthNs: durationNs(lengthMs * nsPerMs), fromPerSec, toPerSec },
  })
  const phases = [phase(500, 100, 100), phase(250, 100, 300), phase(250, 400, 400)]
  const told: MeasurementProgress[] = []
  const plan = planOf(await serve(answerOk), {
    arrivals: { kind: 'phases', spacing: 'even', phases },
    windowNs: durationNs(1000 * nsPerMs),
  })
  const measured = await measure(plan, (progress) => told.push(progress))
  expect(measured.endToEnd.intervals.map(({ count }) => count)).toEqual([25, 25, 50, 100])
  const rows = told.flatMap(({ intervals }) => intervals)
  expect(rows.map(({ startNs }) => startNs)).toEqual(rows.map((_, index) => index * 250 * nsPerMs))
  expect(told.every(({ totalNs }) => totalNs === 1200 * nsPerMs)).toBe(true)
})

test('a closed loop keeps its users busy and tells throughput and service times only', async () => {
  const measured = await measure(planOf(await serve(answerOk), { arrivals: { kind: 'closed', users: 4 }, workers: 2 }))
  expect(measured.counts.completed).toBeGreaterThan(0)
  expect(measured.service.summary.count).toBe(measured.counts.completed)
  expect(measured.endToEnd.summary.count).toBe(0)
  expect(measured.stages).toEqual([])
})

test('failed requests count at least the timeout, with their reasons', async () => {
  const origin = await serve((_, response) => {
    response.statusCode = 503
    response.setHeader('content-length', 0)
    response.end()
  })
  const measured = await measure(planOf(origin))
  expect(measured.counts).toMatchObject({ planned: 200, failed: 200, completed: 0 })
  expect(measured.reasons).toEqual({ 'status 503': 200 })
  expect(measured.endToEnd.summary.minNs).toBe(20 * nsPerSec)
  expect(measured.endToEnd.intervals.map(({ count, unanswered }) => count - unanswered)).toEqual([0, 0])
  expect(measured.service.summary.count).toBe(0)
})

test('a target that hangs has requests timed out, and dropped where no more may be under way', async () => {
  const measured = await measure(
    planOf(await serve(() => undefined), {
      timeoutNs: durationNs(100 * nsPerMs),
      inFlightMax: 10,
      warmupNs: durationNs(0),
    }),
  )
  const { counts, endToEnd } = measured
  expect(counts.planned).toBe(200)
  expect(counts.timedOut).toBeGreaterThanOrEqual(10)
  expect(counts.dropped).toBe(200 - counts.timedOut)
  expect(counts.sent).toBe(counts.timedOut)
  expect(endToEnd.summary.count).toBe(200)
  expect(endToEnd.summary.minNs).toBeGreaterThanOrEqual(100 * nsPerMs)
})

test('what has no answer when the drain ends is lost', async () => {
  let requestCount = 0
  const origin = await serve((request, response) => {
    requestCount += 1
    if (requestCount === 1) answerOk(request, response)
  })
  const measured = await measure(planOf(origin, { drainNs: durationNs(50 * nsPerMs) }))
  const { planned, sent, lost, dropped } = measured.counts
  expect({ planned, unsent: dropped, lost }).toEqual({ planned: 200, unsent: 200 - sent, lost: sent })
  expect(lost).toBeGreaterThan(0)
  expect(measured.endToEnd.summary.count).toBe(200)
})

test.each(['poll', 'pacer-thread'] as const)(
  'a run that is interrupted while nothing is due keeps what it has measured (%s)',
  async (pacing) => {
    const interruption = new Interruption(clock)
    const phase = (seconds: number, ratePerSec: number) => {
      return { lengthNs: durationNs(seconds * nsPerSec), fromPerSec: ratePerSec, toPerSec: ratePerSec }
    }
    const phases = [phase(0.5, 200), phase(600, 0)]
    const plan = planOf(await serve(answerOk), {
      ...{ arrivals: { kind: 'phases', spacing: 'even', phases }, windowNs: durationNs(600.5 * nsPerSec), pacing },
    })
    const measured = await runWorkers(plan, {
      ...{ clock, interruption },
      onProgress: ({ counts }) => {
        if (counts.completed === 100) interruption.raise('SIGINT')
      },
    })
    checkAccounts(measured)
    expect(measured.interrupted).toBe('SIGINT')
    expect(measured.windowNs).toBeGreaterThan(0.4 * nsPerSec)
    expect(measured.windowNs).toBeLessThan(600 * nsPerSec)
    expect(measured.counts).toMatchObject({ planned: 100, completed: 100 })
  },
)

test('a run that is interrupted at full rate accounts for all that was due until then', async () => {
  const interruption = new Interruption(clock)
  const plan = planOf(await serve(answerOk), {
    ...{ arrivals: rate(400, 60_000), windowNs: durationNs(60 * nsPerSec), workers: 2 },
  })
  const measured = await runWorkers(plan, {
    ...{ clock, interruption },
    onProgress: ({ counts }) => {
      if (counts.completed > 0) interruption.raise('SIGINT')
    },
  })
  checkAccounts(measured)
  expect(measured.counts.completed).toBe(measured.counts.planned)
  expect(measured.counts.planned).toBeLessThan(24_000)
})

test('a worker that dies fails the run, and the pacer with it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nautilus-workers-'))
  const module = join(folder, 'exit.mjs')
  writeFileSync(module, 'export default () => process.exit()')
  const client = { kind: 'function', module, export: 'default' } as const
  try {
    await expect(measure(planOf('', { client, pacing: 'pacer-thread' }))).rejects.toThrow(
      'the worker-0 thread ended early',
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a target that is not there ends the run before it begins', async () => {
  const origin = await serve(answerOk)
  const [server] = servers.splice(0)
  await new Promise((resolve) => server?.close(resolve))
  await expect(measure(planOf(origin))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})
