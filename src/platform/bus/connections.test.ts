import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import type { RunningService } from '../../supervisor/services/context.js'
import { serviceIn } from '../../supervisor/services/service-fixture.js'
import { pause, within } from '../flow/deadline.js'
import { patientPool } from '../pools/redis-options.js'
import type { RedisAddress } from './config.js'
import type { Transport } from './envelope.js'
import { createTransport } from './transport.js'

let folder: string
let redis: RunningService
let transport: Transport | null = null

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-connections-'))
  redis = await serviceIn(folder, { name: 'bus', config: { kind: 'redis', durable: false, transport: 'tcp' } })
})
afterEach(async () => {
  await transport?.close()
  await redis.stop({ graceNs: durationNs(0), now: true })
  await rm(folder, { recursive: true, force: true })
})

const ms = (count: number) => durationNs(count * nsPerMs)
const connections = { max: 3, keepAliveIdle: ms(1_000), healthCheck: ms(50), retries: 2 }

async function connect(changes: Partial<NonNullable<RedisAddress['connections']>> = {}): Promise<Transport> {
  const address: RedisAddress = {
    ...{ kind: 'redis', url: redis.address, systemId: 'test', lists: {}, backlogMax: 100_000 },
    connections: { ...connections, ...changes },
  }
  const pool = (given: object) => ({ ...patientPool, ...given, socketTimeoutNs: ms(50) })
  transport = await createTransport(address, monotonicClock, { pool })
  return transport
}

async function freeze<Value>(work: () => Promise<Value>): Promise<Value> {
  const pid = present(redis.status().pid, 'a running server has a pid')
  process.kill(pid, 'SIGSTOP')
  try {
    return await work()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

test('holds as many connections as the profile gives', async () => {
  expect((await connect()).connections).toMatchObject({ inUse: 1, limit: 3 })
})

test('one that asks nothing hears of a server that hangs, after as many checks as it forgives', async () => {
  const idle = await connect()
  const lost = await freeze(() => within(idle.lost, durationNs(3 * nsPerSec), () => new Error('nothing was told')))
  expect(lost.code).toBe('SERVICE_DIED')
})

test('forgives a server that hangs for a moment', async () => {
  const idle = await connect({ retries: 10 })
  await freeze(() => pause(ms(250)))
  await pause(ms(150))
  await idle.ping?.(durationNs(nsPerSec))
})

test('asks nothing where health checks are off', async () => {
  const idle = await connect({ healthCheck: 'off' })
  await freeze(() => pause(ms(400)))
  await idle.ping?.(durationNs(nsPerSec))
})
