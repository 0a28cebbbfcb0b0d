import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { monotonicClock } from '../core/clock.js'
import { durationNs, nsPerMs, nsPerSec } from '../core/units.js'
import type { BusAddress } from '../platform/bus/config.js'
import { createTransport } from '../platform/bus/transport.js'
import type { RunningService } from '../supervisor/services/context.js'
import { serviceIn } from '../supervisor/services/service-fixture.js'
import { calibrateDriver, floorLengthNs } from './calibration.js'
import { loadConfig } from './config.js'
import type { BenchPlan, SystemAccess } from './plan.js'

let folder: string
let redis: RunningService

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-calibration-'))
  redis = await serviceIn(folder, { name: 'bus', config: { kind: 'redis', durable: false } })
})
afterAll(async () => {
  await redis.stop({ graceNs: durationNs(nsPerSec), now: true })
  await rm(folder, { recursive: true, force: true })
})

const planOf = (load: Record<string, unknown>): BenchPlan => ({
  runId: 'ab12',
  profileName: 'test',
  quickCommand: null,
  load: loadConfig.parse({ scenario: 'pipeline', arrivals: { kind: 'constant', rate: '200/s' }, ...load }),
  baseFolder: '.',
  components: [],
  endToEndLimitsNs: [],
  engines: [],
  faults: {},
})
const overRedis = (): BusAddress => ({
  kind: 'redis',
  url: redis.address,
  systemId: 'abcdef',
  lists: {},
  backlogMax: 100_000,
})
const accessOf = (bus: BusAddress): SystemAccess => ({
  systemId: 'abcdef',
  bus,
  storeUrl: null,
  services: [],
  addresses: {},
  engines: [],
})
const note = (text: string): void => expect.fail(text)
const going = new AbortController().signal

test.each([
  { window: '2 s', windowNs: 2 * nsPerSec, lengthNs: null },
  { window: '4 s', windowNs: 4 * nsPerSec, lengthNs: 200 * nsPerMs },
  { window: '10 s', windowNs: 10 * nsPerSec, lengthNs: 500 * nsPerMs },
  { window: '10 minutes', windowNs: 600 * nsPerSec, lengthNs: nsPerSec },
])('a window of $window is calibrated for $lengthNs ns', ({ windowNs, lengthNs }) => {
  expect(floorLengthNs(windowNs)).toBe(lengthNs)
})

test.each([
  { name: 'pipeline over Redis', load: {}, bus: overRedis, target: 'null echo over redis' },
  {
    name: 'pipeline in the process',
    load: { arrivals: { kind: 'poisson', rate: '200/s' } },
    bus: (): BusAddress => ({ kind: 'in-process' }),
    target: 'null echo in the process',
  },
  {
    name: 'plain target by HTTP',
    load: { scenario: 'http', target: { kind: 'http', url: 'http://127.0.0.1:1/' } },
    bus: overRedis,
    target: 'null server by HTTP',
  },
  { name: 'orders by HTTP', load: { scenario: 'orders' }, bus: overRedis, target: 'null server by HTTP' },
])('the floor of a $name is taken at its own rate', async ({ load, bus, target }) => {
  const calibrated = {
    plan: planOf({ ...load, duration: '10s' }),
    access: accessOf(bus()),
    clock: monotonicClock,
    note,
  }
  const floor = await calibrateDriver({ ...calibrated, stop: going })
  expect(floor).toMatchObject({ target })
  const { count = 0, p50Ns = 0, p99Ns = 0, maxNs = 0 } = floor ?? {}
  // Half a second of it; a machine without a free core may lose some of them.
  expect(count).toBeGreaterThan(0)
  expect(count).toBeLessThanOrEqual(100)
  expect(p50Ns).toBeGreaterThan(0)
  expect(p99Ns).toBeGreaterThanOrEqual(p50Ns)
  expect(maxNs).toBeGreaterThanOrEqual(p99Ns)
})

test('no engine of the system sees what the calibration sends', async () => {
  const seen: unknown[] = []
  const transport = await createTransport(overRedis(), monotonicClock)
  await transport.subscribe({ topics: ['market.event', 'outcome', 'control'] }, async (delivery) => {
    seen.push(delivery)
  })
  const plan = planOf({ duration: '4s' })
  await calibrateDriver({ plan, access: accessOf(overRedis()), clock: monotonicClock, note, stop: going })
  await transport.close()
  expect(seen).toEqual([])
})

test('what keeps from calibrating is told, and never keeps from measuring', async () => {
  const notes: string[] = []
  const nowhere: BusAddress = { ...overRedis(), url: 'unix:/nonexistent/socket' } as BusAddress
  const calibrated = { plan: planOf({ duration: '4s' }), access: accessOf(nowhere), clock: monotonicClock, stop: going }
  expect(await calibrateDriver({ ...calibrated, note: (text) => notes.push(text) })).toBeNull()
  expect(notes).toEqual([expect.stringMatching(/^no noise floor: /)])
})

test('a stop ends the calibration at once, without a floor', async () => {
  const stop = new AbortController()
  const calibrated = { plan: planOf({ duration: '60s' }), access: accessOf(overRedis()), clock: monotonicClock, note }
  const floor = calibrateDriver({ ...calibrated, stop: stop.signal })
  stop.abort('SIGINT')
  expect(await floor).toBeNull()
  expect(await calibrateDriver({ ...calibrated, stop: stop.signal })).toBeNull()
})
