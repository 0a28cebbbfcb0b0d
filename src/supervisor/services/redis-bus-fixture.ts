import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { present } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import type { RedisAddress } from '../../platform/bus/config.js'
import type { Transport } from '../../platform/bus/envelope.js'
import { createTransport } from '../../platform/bus/transport.js'
import type { RunningService } from './context.js'
import { serviceIn } from './service-fixture.js'

type TestRedis = {
  /** A bus that no other test has. */
  readonly newAddress: (changes?: Partial<RedisAddress>) => RedisAddress
  readonly connect: (address: RedisAddress) => Promise<Transport>
  readonly pid: () => number
}

/** A Redis for the tests of a file; the transports end with each of them. */
export function redisOfFile(): TestRedis {
  let folder = ''
  let redis: RunningService | null = null
  let systems = 0
  const open: Transport[] = []
  const running = (): RunningService => present(redis, 'tests run while their server does')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nautilus-bus-'))
    redis = await serviceIn(folder, { name: 'bus', config: { kind: 'redis', durable: false } })
  })
  afterEach(async () => {
    for (const transport of open.splice(0)) await transport.close()
  })
  afterAll(async () => {
    await redis?.stop({ graceNs: durationNs(nsPerSec), now: true })
    await rm(folder, { recursive: true, force: true })
  })
  return {
    newAddress: (changes = {}) => ({
      ...{ kind: 'redis', url: running().address, systemId: `test${systems++}`, lists: {}, backlogMax: 100_000 },
      ...changes,
    }),
    connect: async (address) => {
      const transport = await createTransport(address, monotonicClock)
      open.push(transport)
      return transport
    },
    pid: () => present(running().status().pid, 'a running server has a pid'),
  }
}
