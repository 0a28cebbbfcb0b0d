import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from './config.js'
import { openFeed, surveySource } from './feed.js'
import type { BenchPlan } from './plan.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-feed-'))
  const row = (id: number, time: number | null) =>
    JSON.stringify({
      ...{ symbol: 'X', action: 'created', orderId: id, side: 'buy', price: 100, qty: 5 },
      ...(time !== null && { atMs: time }),
    })
  const timed = Array.from({ length: 20 }, (_, index) => row(index, 1_000 + index * 100))
  await writeFile(join(folder, 'untimed.ndjson'), `${row(1, null)}\n`)
  await writeFile(join(folder, 'timed.ndjson'), `${timed.join('\n')}\n`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const planOf = (load: Record<string, unknown>): BenchPlan => ({
  ...{
    runId: 'ab12',
    profileName: 'test',
    quickCommand: null,
    baseFolder: folder,
    components: [],
    endToEndLimitsNs: [],
    engines: [],
    faults: {},
  },
  load: loadConfig.parse({ scenario: 'pipeline', ...load }),
})
const poisson = { arrivals: { kind: 'poisson', rate: '1000/s' }, duration: '2s' }

test('a generated source has as many events as the window asks for', async () => {
  const survey = await surveySource(planOf(poisson))
  expect(survey.timesNs.length).toBe(2_000)
  expect(survey.description).toMatch(/seed/)
})

test('bodies come in the order of their seqs, prepared or not, and the same again for the same seed', async () => {
  const plan = planOf(poisson)
  const [plain, prepared] = [await openFeed(plan, 3), await openFeed(plan, 3)]
  for (let seq = 0; seq < 20; seq += 1) {
    if (seq % 2 === 0) prepared.prepare(seq)
    expect(prepared.take(seq)).toEqual(plain.take(seq))
  }
})

test('orders are what the orders scenario sends', async () => {
  const feed = await openFeed(planOf({ ...poisson, scenario: 'orders' }), 0)
  expect(feed.take(0)).toMatchObject({ symbol: expect.any(String), quantity: expect.any(String) })
})

test('a replayed file ends the plan where it ends, and its warm-up is generated', async () => {
  const source = { kind: 'replay', file: 'timed.ndjson', format: 'ndjson', symbol: 'X' }
  const plan = planOf({ ...poisson, source })
  expect((await surveySource(plan)).timesNs.length).toBe(20)
  const feed = await openFeed(plan, 2)
  expect([0, 1].map((seq) => feed.take(seq))).not.toContainEqual(expect.objectContaining({ symbol: 'X' }))
  expect(feed.take(2)).toMatchObject({ symbol: 'X', orderId: 0 })
})

test.each([
  { speed: 1, duration: '1s', count: 11 },
  { speed: 10, duration: '1s', count: 20 },
])('at $speed times the recorded speed $duration reads $count times', async ({ speed, duration, count }) => {
  const source = { kind: 'replay', file: 'timed.ndjson', format: 'ndjson', symbol: 'X' }
  const plan = planOf({ source, arrivals: { kind: 'recorded', speed }, duration })
  expect((await surveySource(plan)).timesNs.length).toBe(count)
})

test('recorded arrivals of a source without times are refused', async () => {
  const source = { kind: 'replay', file: 'untimed.ndjson', format: 'ndjson', symbol: 'X' }
  const plan = planOf({ source, arrivals: { kind: 'recorded' } })
  await expect(surveySource(plan)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
})
