import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { pause } from '../../platform/flow/deadline.js'
import { type Harness, harness } from '../kit/harness.js'
import type { BacktestFigures, BacktestResult } from '../model/observer-messages.js'
import { backtestingConfig } from './config.js'
import { Jobs } from './jobs.js'
import { backtestRequest } from './request.js'
import { backtestingEngine } from './service.js'

// Real threads: of the built product, as everywhere.

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-backtesting-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const small = { events: 2_000, source: { kind: 'generated', symbols: 12 } }
const endless = { events: 10_000_000 }

async function submit(bench: Harness, request: unknown) {
  const { status, body } = await bench.call('POST /v1/backtests', { body: JSON.stringify(request) })
  return { status, ...(body as BacktestFigures & { readonly error?: string }) }
}
async function jobOf(bench: Harness, id: string) {
  const { body } = await bench.call(`GET /v1/backtests/${id}`)
  return body as Omit<BacktestFigures, 'result'> & { readonly result: BacktestResult | null }
}
async function ended(bench: Harness, id: string) {
  const end = monotonicClock.now() + 20 * nsPerSec
  for (;;) {
    const job = await jobOf(bench, id)
    if (job.state !== 'queued' && job.state !== 'running') return job
    if (monotonicClock.now() > end) throw new Error(`${id} has not ended within 20 s`)
    await pause(durationNs(10 * nsPerMs))
  }
}

test('a backtest is asked for, runs in a thread, and its whole result is there by HTTP and the short one on the bus', async () => {
  const bench = harness(backtestingEngine)
  const { status, id, state } = await submit(bench, { ...small, fees: { taker: '0.01%' } })
  expect([status, id, state]).toEqual([202, 'b1', 'running'])
  const { result, ...job } = await ended(bench, id)
  expect(job).toMatchObject({ state: 'done', events: 2_000, eventsMax: 2_000, problem: null })
  expect(result?.tradeCount).toBeGreaterThan(0)
  expect(result?.trades.length).toBe(Math.min(1_000, result?.tradeCount ?? 0))
  const told = bench.emitted.map(({ topic, body }) => ({ topic, body: body as BacktestFigures }))
  expect(told.map(({ topic, body }) => [topic, body.state])).toEqual([
    ['backtest', 'queued'],
    ['backtest', 'running'],
    ['backtest', 'done'],
  ])
  expect(told[2]?.body.result?.ledgerHash).toBe(result?.ledgerHash)
  expect(told[2]?.body.result).not.toHaveProperty('curve')
  const again = await submit(bench, { ...small, fees: { taker: '0.01%' } })
  expect((await ended(bench, again.id)).result).toEqual(result)
})

test('what the bus asks for is run too, and what it asks wrongly is counted', async () => {
  const bench = harness(backtestingEngine)
  bench.feed('backtest.request', { ...small, events: 10 })
  bench.feed('backtest.request', { events: 0 })
  expect((await ended(bench, 'b1')).state).toBe('done')
  expect(bench.counters).toEqual({ accepted: 1, invalid: 1 })
  expect(bench.outcomes).toEqual([])
})

test('the queue is bounded, and what waits or runs can be cancelled', async () => {
  const bench = harness(backtestingEngine, { queueMax: 2 })
  const first = await submit(bench, endless)
  const [second, third] = [await submit(bench, endless), await submit(bench, endless)]
  expect([first.status, second.status, third.status]).toEqual([202, 202, 202])
  expect(await submit(bench, endless)).toMatchObject({ status: 429, error: expect.stringMatching(/^2 backtests wait/) })
  expect(bench.engine.status?.()).toEqual({ running: 1, waiting: 2, kept: 3 })
  const cancel = async (id: string) => (await bench.call(`DELETE /v1/backtests/${id}`)).status
  expect(await cancel(second.id)).toBe(200)
  expect(await cancel(first.id)).toBe(200)
  expect(await cancel(first.id)).toBe(409)
  expect(await cancel('b99')).toBe(404)
  expect((await jobOf(bench, first.id)).state).toBe('cancelled')
  expect((await jobOf(bench, third.id)).state).toBe('running')
  expect(await cancel(third.id)).toBe(200)
  expect(bench.engine.status?.()).toEqual({ running: 0, waiting: 0, kept: 3 })
  const next = await submit(bench, { ...small, events: 10 })
  expect((await ended(bench, next.id)).state).toBe('done')
})

test('what waits does not begin when the engine closes', async () => {
  const jobs = new Jobs(backtestingConfig.parse({}), () => undefined)
  const [first, second] = [0, 1].map(() => jobs.submit(backtestRequest.parse(endless), endless))
  jobs.close()
  const end = monotonicClock.now() + 20 * nsPerSec
  while (first?.state === 'running' && monotonicClock.now() < end) await pause(durationNs(5 * nsPerMs))
  expect([first?.state, second?.state, jobs.running]).toEqual(['failed', 'queued', 0])
})

test('how far a long one has come is told once a period', async () => {
  const bench = harness(backtestingEngine)
  const { id } = await submit(bench, endless)
  const end = monotonicClock.now() + 20 * nsPerSec
  while ((await jobOf(bench, id)).events < 10_000 && monotonicClock.now() < end) await pause(durationNs(10 * nsPerMs))
  bench.advance(nsPerSec)
  await bench.call(`DELETE /v1/backtests/${id}`)
  const told = bench.emitted.map(({ body }) => body as BacktestFigures)
  expect(told.map(({ state }) => state)).toEqual(['queued', 'running', 'running', 'cancelled'])
  expect(told[2]?.events).toBeGreaterThanOrEqual(10_000)
})

test.each([
  { request: 'none', error: /expected object/ },
  { request: { event: 5 }, error: /event/ },
  { request: { events: 10_000_001 }, error: /at most 10000000/ },
  { request: { engines: { strategy: { qty: -1 } } }, error: /strategy\.qty/ },
  { request: { engines: { vpin: {} } }, error: /"vpin" is no engine of the pipeline/ },
  { request: { latency: { order: '5' } }, error: /latency\.order/ },
  { request: { sampleEvery: '0s' }, error: /^sampleEvery: must be above 0$/ },
])('$request is refused, with what is wrong', async ({ request, error }) => {
  expect(await submit(harness(backtestingEngine), request)).toMatchObject({
    status: 400,
    error: expect.stringMatching(error),
  })
})

test('a file of events is replayed from its folder alone, and a bad one fails with its line', async () => {
  const event = { symbol: 'S', action: 'created', orderId: 1, side: 'buy', price: 100, qty: 5, atMs: 0 }
  const head = { schema: 'nautilus.events/1', priceDecimals: 2, qtyDecimals: 0, clock: 'relative', originMs: 0 }
  const lines = [head, event, { ...event, orderId: 2, side: 'sell', price: 102, atMs: 1 }].map((one) =>
    JSON.stringify(one),
  )
  const data = join(folder, 'data')
  await mkdir(data)
  await writeFile(join(folder, 'outside.ndjson'), `${lines.join('\n')}\n`)
  await writeFile(join(data, 'good.ndjson'), `${lines.join('\n')}\n`)
  await writeFile(join(data, 'bad.ndjson'), `${lines[1]}\n{"symbol":"S"}\n`)
  await writeFile(join(data, 'price.ndjson'), JSON.stringify({ ...event, price: 0 }))
  await writeFile(join(data, 'untimed.ndjson'), JSON.stringify({ ...event, atMs: undefined }))
  await writeFile(join(data, 'head.ndjson'), JSON.stringify({ ...head, schema: 'other/1' }))
  await writeFile(join(data, 'back.ndjson'), `${lines[2]}\n${lines[1]}\n`)
  await symlink(join(folder, 'outside.ndjson'), join(data, 'link.ndjson'))
  const bench = harness(backtestingEngine, { dataFolder: data })
  const outcomeOf = async (file: string) => {
    const { id } = await submit(bench, { source: { kind: 'file', file } })
    return ended(bench, id)
  }
  expect(await outcomeOf('good.ndjson')).toMatchObject({ state: 'done', events: 2, result: { simulatedNs: nsPerMs } })
  for (const [file, problem] of [
    ['bad.ndjson', /^bad\.ndjson:2 action is missing, expected created, changed or deleted$/],
    ['price.ndjson', /^price\.ndjson:1 price is 0, expected between 1 and \d+ ticks$/],
    ['untimed.ndjson', /^untimed\.ndjson:1 has no time, expected atMs$/],
    ['head.ndjson', /^head\.ndjson:1 schema is "other\/1", expected nautilus\.events\/1$/],
    ['back.ndjson', /^back\.ndjson:2 is earlier/],
    ['missing.ndjson', /cannot be read/],
    ['../outside.ndjson', /lies outside of/],
    [join(folder, 'outside.ndjson'), /lies outside of/],
    ['link.ndjson', /lies outside of/],
  ] as const) {
    expect(await outcomeOf(file)).toMatchObject({ state: 'failed', problem: expect.stringMatching(problem) })
  }
})

test('one that takes too long fails, and only so many are kept', async () => {
  const bench = harness(backtestingEngine, { timeLimit: '200ms', keepMax: 1 })
  const { id } = await submit(bench, endless)
  expect(await ended(bench, id)).toMatchObject({ state: 'failed', problem: 'it had not ended after 0.2 s' })
  const next = await submit(bench, { ...small, events: 10, source: { kind: 'file', file: 'no.ndjson' } })
  expect((await ended(bench, next.id)).state).toBe('failed')
  expect((await bench.call(`GET /v1/backtests/${id}`)).status).toBe(404)
})
