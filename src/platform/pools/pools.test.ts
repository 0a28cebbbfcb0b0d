import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import type { RunningService } from '../../supervisor/services/context.js'
import { serviceIn } from '../../supervisor/services/service-fixture.js'
import { pause } from '../flow/deadline.js'
import { isTransient } from './postgres-errors.js'
import { RedisPool } from './redis.js'
import { redisPoolOptions } from './redis-options.js'

let folder: string
let redis: RunningService

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-pools-'))
  redis = await serviceIn(folder, { name: 'pool', config: { kind: 'redis', durable: false } })
})
afterAll(async () => {
  await redis.stop({ graceNs: durationNs(nsPerSec), now: true })
  await rm(folder, { recursive: true, force: true })
})

const seconds = (value: number) => durationNs(value * nsPerSec)

test('lends connections again and again, and refuses at once when all are in use', async () => {
  const pool = new RedisPool(redis.address, { ...redisPoolOptions({}), connectionsMax: 3 })
  for (let index = 0; index < 20; index += 1) await pool.use((client) => client.set('key', index))
  expect(pool.counts).toEqual({ inUse: 0, idle: 1, limit: 3, refused: 0 })
  const held = [1, 2, 3].map(() => pool.use(() => pause(durationNs(50 * nsPerMs))))
  await expect(pool.use((client) => client.ping())).rejects.toThrow('all 3 connections to Redis are in use')
  expect(pool.counts).toMatchObject({ inUse: 3, refused: 1 })
  await Promise.all(held)
  expect(await pool.use((client) => client.get('key'))).toBe('19')
  pool.close()
})

test('throws away a connection that gave no answer in time', async () => {
  const pool = new RedisPool(redis.address, { ...redisPoolOptions({}), socketTimeoutNs: durationNs(50 * nsPerMs) })
  await expect(pool.use((client) => client.blpop('nothing', 5))).rejects.toThrow('no answer within 0.05 s')
  expect(pool.counts).toMatchObject({ inUse: 0, idle: 0 })
  expect(await pool.use((client) => client.ping())).toBe('PONG')
  pool.close()
})

test.each([
  { env: {}, options: { connectionsMax: 50, socketTimeoutNs: seconds(1), connectTimeoutNs: seconds(1) } },
  {
    env: { REDIS_MAX_CONNECTIONS: '8', REDIS_SOCKET_TIMEOUT: '0.5', REDIS_CONNECT_TIMEOUT: '2' },
    options: { connectionsMax: 8, socketTimeoutNs: seconds(0.5), connectTimeoutNs: seconds(2) },
  },
])('reads its limits from the environment: $env', ({ env, options }) => {
  expect(redisPoolOptions(env)).toEqual(options)
})

test('the environment goes before what a profile gives', () => {
  const given = { connectionsMax: 100, keepAliveIdleNs: seconds(1) }
  expect(redisPoolOptions({}, given)).toMatchObject(given)
  expect(redisPoolOptions({ REDIS_MAX_CONNECTIONS: '8' }, given)).toMatchObject({ ...given, connectionsMax: 8 })
})

test.each(['0', '1.5', 'many', '-1'])('refuses %s connections', (text) => {
  expect(() => redisPoolOptions({ REDIS_MAX_CONNECTIONS: text })).toThrow('REDIS_MAX_CONNECTIONS')
})

test.each([
  { code: '57P01', transient: true },
  { code: '08006', transient: true },
  { code: 'ECONNREFUSED', transient: true },
  { code: '23505', transient: false },
  { code: '22P02', transient: false },
])('an error $code of PostgreSQL is transient: $transient', ({ code, transient }) => {
  expect(isTransient(Object.assign(new Error('x'), { code }))).toBe(transient)
})
