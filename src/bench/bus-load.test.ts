import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { monotonicClock } from '../core/clock.js'
import { durationNs, nsPerSec } from '../core/units.js'
import { range, send } from '../platform/bus/bus-fixture.js'
import type { BusAddress, RedisAddress } from '../platform/bus/config.js'
import { createTransport } from '../platform/bus/transport.js'
import type { RunningService } from '../supervisor/services/context.js'
import { serviceIn } from '../supervisor/services/service-fixture.js'
import { BusLoads } from './bus-load.js'
import type { SystemAccess } from './plan.js'

let folder: string
let services: Record<'market' | 'logic', RunningService>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-bus-load-'))
  services = { market: await start('market'), logic: await start('logic') }
})
afterEach(async () => {
  for (const service of Object.values(services)) await service.stop({ graceNs: durationNs(nsPerSec), now: true })
  await rm(folder, { recursive: true, force: true })
})

const start = (name: string): Promise<RunningService> =>
  serviceIn(folder, { name, config: { kind: 'redis', durable: false } })

const busAt = ({ address }: RunningService): RedisAddress => ({
  ...{ kind: 'redis', url: address, systemId: 'test', lists: { work: 'work_queue' }, backlogMax: 100_000 },
})

const accessOf = (bus: BusAddress): SystemAccess => ({
  ...{ systemId: 'test', bus, storeUrl: null, services: [], engines: [] },
  addresses: { market: services.market.address, logic: services.logic.address },
})

test('counts what each bus carried between the first reading and the last, and nothing before', async () => {
  const bus: BusAddress = {
    kind: 'routed',
    buses: [busAt(services.market), busAt(services.logic)],
    routes: { work: 1 },
  }
  const sender = await createTransport(bus, monotonicClock)
  await send(sender, 'tick', range(40))
  const loads = await BusLoads.open(accessOf(bus), monotonicClock)
  await loads.sample()
  await send(sender, 'tick', range(200))
  await send(sender, 'work', range(50))
  await loads.sample()
  const [market, logic] = loads.results()
  expect(market).toMatchObject({ name: 'market', messages: 200 })
  expect(logic).toMatchObject({ name: 'logic', messages: 50 })
  expect(market?.bytesIn).toBeGreaterThan(200 * 50)
  expect(logic?.bytesIn).toBeLessThan(market?.bytesIn ?? 0)
  expect(market?.elapsedNs).toBeGreaterThan(0)
  loads.close()
  await sender.close()
})

test('a bus that cannot be asked has no figures, and one in the process has no server', async () => {
  await services.logic.stop({ graceNs: durationNs(0), now: true })
  const bus: BusAddress = { kind: 'routed', buses: [busAt(services.market), busAt(services.logic)], routes: {} }
  const loads = await BusLoads.open(accessOf(bus), monotonicClock)
  await loads.sample()
  await loads.sample()
  expect(loads.results().map(({ name }) => name)).toEqual(['market'])
  loads.close()
  expect((await BusLoads.open(accessOf({ kind: 'in-process' }), monotonicClock)).results()).toEqual([])
})
