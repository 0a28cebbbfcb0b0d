import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import { packageRoot } from '../../core/paths.js'
import { durationNs, elapsed, nsPerSec } from '../../core/units.js'
import type { ServiceConfig } from '../config.js'
import { cacheFolder } from './cache.js'
import type { RunningService, ServiceContext, SpawnEntry } from './context.js'
import { redisClient } from './probe.js'
import { startService } from './start.js'

const gentle = { graceNs: durationNs(5 * nsPerSec), now: false }
const isRoot = process.getuid?.() === 0
const redis: ServiceConfig = { kind: 'redis', durable: false }

let folder: string
let logFolder: string
let spawned: SpawnEntry[]
let running: RunningService[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-services-'))
  logFolder = await mkdtemp(join(tmpdir(), 'nautilus-logs-'))
  spawned = []
  running = []
})

afterEach(async () => {
  for (const service of running) await service.stop({ ...gentle, now: true })
  await rm(folder, { recursive: true, force: true })
  await rm(logFolder, { recursive: true, force: true })
})

const context = (): ServiceContext => ({
  folder,
  logFolder,
  systemId: 'a1b2c3',
  offline: false,
  stop: new AbortController().signal,
  progress: () => undefined,
  onSpawn: (entry) => spawned.push(entry),
})

async function start(name: string, config: ServiceConfig): Promise<RunningService> {
  const service = await startService({ name, config }, context())
  running.push(service)
  return service
}

test('a Redis of our own answers on its socket, is empty, and leaves nothing behind', async () => {
  const bus = await start('bus', redis)
  expect(bus.status()).toMatchObject({ name: 'bus', kind: 'redis', state: 'ready', url: bus.address })
  expect(bus.status().version).toMatch(/^\d+\.\d+/)
  expect(['path', 'cache', 'container']).toContain(bus.status().origin)
  const client = redisClient(bus.address, durationNs(nsPerSec))
  await client.connect()
  expect(await client.dbsize()).toBe(0)
  expect(await client.config('GET', 'save')).toEqual(['save', ''])
  client.disconnect()
  const pid = present(bus.status().pid, 'a running server has a pid')
  expect(spawned).toContainEqual({ pid, stopSignal: 'TERM', name: 'bus' })

  await bus.stop(gentle)
  expect(bus.status()).toMatchObject({ state: 'stopped', pid: null })
  expect(await bus.exited).toEqual({ reason: 'exited with 0' })
  expect(existsSync(`/proc/${pid}`)).toBe(false)
  expect(await readdir(folder)).toEqual([])
})

test.each(['given', 'free'])(
  'a Redis of our own is reached by TCP on a %s port where that is asked for',
  async (kind) => {
    const port = kind === 'given' ? await freePort() : 0
    const bus = await start('bus', { kind: 'redis', durable: false, transport: 'tcp', port })
    expect(bus.address).toMatch(kind === 'given' ? `redis://127.0.0.1:${port}` : /^redis:\/\/127\.0\.0\.1:[1-9]\d+$/)
    const client = redisClient(bus.address, durationNs(nsPerSec))
    await client.connect()
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  },
)

test('a durable Redis syncs its append-only file at every write', async () => {
  const bus = await start('bus', { kind: 'redis', durable: true })
  const client = redisClient(bus.address, durationNs(nsPerSec))
  await client.connect()
  expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'yes'])
  expect(await client.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always'])
  client.disconnect()
})

test('a PostgreSQL of our own serves a pool on its socket and leaves nothing behind', async () => {
  const store = await start('store', { kind: 'postgres' })
  expect(store.status()).toMatchObject({ kind: 'postgres', state: 'ready' })
  expect(store.status().version).toMatch(/^\d+/)
  const pool = new pg.Pool({ connectionString: store.address, max: 4 })
  pool.on('error', () => undefined)
  await pool.query('create table orders (id bigint)')
  await pool.query('insert into orders select generate_series(1, 1000)')
  expect((await pool.query('select count(*)::int as count from orders')).rows).toEqual([{ count: 1000 }])
  expect((await pool.query('show fsync')).rows).toEqual([{ fsync: 'on' }])
  const pid = present(store.status().pid, 'a running server has a pid')
  expect(spawned).toContainEqual({ pid, stopSignal: 'INT', name: 'store' })
  if (isRoot) expect((await readFile(`/proc/${pid}/status`, 'utf8')).match(/^Uid:\s+(\d+)/m)?.[1]).toBe('65534')

  // Fast, not smart: the open pool is no reason to wait.
  await store.stop(gentle)
  expect(await store.exited).toEqual({ reason: 'exited with 0' })
  await pool.end()
  expect(await readdir(folder)).toEqual([])
  expect(segmentsOf(pid)).toEqual([])
})

test('stopping now leaves nothing either', async () => {
  const store = await start('store', { kind: 'postgres' })
  const bus = await start('bus', redis)
  const pid = present(store.status().pid, 'a running server has a pid')
  await Promise.all([store.stop({ ...gentle, now: true }), bus.stop({ ...gentle, now: true })])
  expect(await bus.exited).toEqual({ reason: 'ended by SIGKILL' })
  expect(await readdir(folder)).toEqual([])
  expect(segmentsOf(pid)).toEqual([])
})

test.each([
  { name: 'bus', config: redis },
  { name: 'store', config: { kind: 'postgres' } },
] as const)('$name that is killed tells so and takes its children and segments along', async ({ name, config }) => {
  const service = await start(name, config)
  const pid = present(service.status().pid, 'a running server has a pid')
  if (config.kind === 'postgres' && process.platform === 'linux') expect(segmentsOf(pid).length).toBe(1)
  process.kill(pid, 'SIGKILL')
  expect(await service.exited).toEqual({ reason: 'ended by SIGKILL' })
  expect(service.status()).toMatchObject({ state: 'failed', pid: null })
  await service.stop(gentle)
  expect(segmentsOf(pid)).toEqual([])
  expect(await readdir(folder)).toEqual([])
})

test('a fixed port is served beside the socket, and one that is taken is refused', async () => {
  const port = await freePort()
  const bus = await start('bus', { kind: 'redis', durable: false, port })
  const client = redisClient(`redis://127.0.0.1:${port}`, durationNs(nsPerSec))
  await client.connect()
  expect(await client.ping()).toBe('PONG')
  client.disconnect()
  for (const config of [
    { kind: 'redis', durable: false, port },
    { kind: 'postgres', port },
  ] as const) {
    await expect(start('second', config)).rejects.toMatchObject({
      code: 'PORT_BUSY',
      message: expect.stringContaining(`pid ${bus.status().pid} (`),
    })
  }
  await bus.stop(gentle)
})

test('PostgreSQL on a port asks for the password of this run', async () => {
  const port = await freePort()
  const store = await start('store', { kind: 'postgres', port })
  const ask = async (password: string) => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'nautilus', password, database: 'postgres' })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return 'let in'
    } catch (error) {
      return error instanceof Error ? error.message : ''
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  expect(await ask('wrong')).toContain('password authentication failed')
  expect(await ask(await readFile(join(folder, 'store', 'password'), 'utf8'))).toBe('let in')
  await store.stop(gentle)
})

test.each([
  { kind: 'redis', url: 'redis://:secret@127.0.0.1:1/0', durable: false },
  { kind: 'postgres', url: 'postgres://desk:secret@127.0.0.1:1/orders' },
] as const)('an external $kind that refuses is named with its place and without its password', async (config) => {
  const failure = await startService({ name: 'desk', config }, context()).catch((error) => error)
  expect(failure).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  expect(failure.message).toBe(`${config.kind} desk at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1`)
  expect(JSON.stringify(failure) + failure.stack + failure.hint).not.toContain('secret')
})

test.each(['redis', 'postgres'] as const)(
  'an external %s that is silent is given up after its deadline',
  async (kind) => {
    const silent = createServer(() => undefined)
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve(portOf(silent)))
    })
    const url = kind === 'redis' ? `redis://127.0.0.1:${port}` : `postgres://desk@127.0.0.1:${port}/orders`
    const config: ServiceConfig = kind === 'redis' ? { kind, url, durable: false } : { kind, url }
    await expect(startService({ name: 'desk', config }, context())).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
    silent.close()
  },
  5_000,
)

test('what is no address of the kind is a mistake of the profile', async () => {
  const config: ServiceConfig = { kind: 'redis', url: 'http://:secret@127.0.0.1', durable: false }
  await expect(startService({ name: 'desk', config }, context())).rejects.toMatchObject({
    code: 'PROFILE_INVALID',
    message: 'services.desk.url is http://:***@127.0.0.1/, which is no address of redis',
  })
})

test('an external Redis is used, cleaned of our keys only, and left running', async () => {
  const own = await start('bus', redis)
  const external = await startService({ name: 'desk', config: { ...redis, url: own.address } }, context())
  expect(external.status()).toMatchObject({ origin: 'url', pid: null, state: 'ready' })
  const client = redisClient(own.address, durationNs(nsPerSec))
  await client.connect()
  for (let index = 0; index < 2_500; index += 1) client.set(`n:a1b2c3:${index}`, 'ours')
  await client.set('n:d4e5f6:0', 'of another run')
  await client.set('desk', 'of somebody else')
  await Promise.all([external.stop(gentle), external.stop({ ...gentle, now: true })])
  expect((await client.keys('*')).sort()).toEqual(['desk', 'n:d4e5f6:0'])
  expect(external.status().state).toBe('stopped')
  expect(await client.ping()).toBe('PONG')
  client.disconnect()
})

test.each([
  { name: 'bus', kind: 'redis' },
  { name: 'store', kind: 'postgres' },
] as const)('the death of an external $kind is noticed, and stopping does not wait for it', async ({ name, kind }) => {
  const config: ServiceConfig = kind === 'redis' ? redis : { kind }
  const own = await start(name, config)
  const said: string[] = []
  const external = await startService(
    { name: 'desk', config: { ...config, url: own.address } },
    { ...context(), progress: (text) => said.push(text) },
  )
  // Longer than a round of questions.
  await delay(1_200)
  expect(external.status().state).toBe('ready')
  await own.stop({ ...gentle, now: true })
  const from = monotonicClock.now()
  expect((await external.exited).reason).toMatch(/ does not answer any more: /)
  expect(elapsed(from, monotonicClock.now())).toBeLessThan(2 * nsPerSec)
  expect(external.status().state).toBe('failed')
  await external.stop(gentle)
  expect(external.status().state).toBe('stopped')
  expect(said.map((text) => text.split(':')[0])).toEqual(kind === 'redis' ? ['the keys n'] : [])
})

test('an external Redis that closes a connection, or is silent for a moment, is not dead; one that stays silent is', async () => {
  const own = await start('bus', redis)
  const external = await startService({ name: 'desk', config: { ...redis, url: own.address } }, context())
  let reason = ''
  external.exited.then((end) => {
    reason = end.reason
  })
  const pid = present(own.status().pid, 'a running server has a pid')
  const client = redisClient(own.address, durationNs(nsPerSec))
  await client.connect()
  await delay(1_100)
  await client.call('client', ['KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
  await delay(1_100)
  client.disconnect()
  process.kill(pid, 'SIGSTOP')
  await delay(2_500)
  process.kill(pid, 'SIGCONT')
  await delay(1_100)
  expect(reason).toBe('')
  process.kill(pid, 'SIGSTOP')
  expect((await external.exited).reason).toContain('does not answer any more')
  process.kill(pid, 'SIGCONT')
  await external.stop(gentle)
}, 20_000)

test.runIf(isRoot)('as root, a temporary folder that the server cannot enter is named with its remedy', async () => {
  const closed = join(folder, 'closed', 'run')
  await mkdir(closed, { recursive: true, mode: 0o700 })
  const failure = await startService({ name: 'bus', config: redis }, { ...context(), folder: closed }).catch(
    (error) => error,
  )
  expect(failure).toMatchObject({ code: 'SERVICE_UNAVAILABLE', hint: expect.stringContaining('TMPDIR') })
})

test.runIf(isRoot)('an ordinary user starts, uses and stops both', async () => {
  const home = await mkdtemp(join(tmpdir(), 'nautilus-home-'))
  try {
    await chmod(home, 0o755)
    await chown(home, 65_534, 65_534)
    await (await start('bus', redis)).stop(gentle)
    if (existsSync(cacheFolder())) await cp(cacheFolder(), join(home, 'nautilus'), { recursive: true })
    const asUser = 'setpriv --reuid=65534 --regid=65534 --clear-groups'
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      XDG_CACHE_HOME: home,
      ROOT: packageRoot(),
      NODE: process.execPath,
    }
    // The project may lie where no other user may enter (below /root, say): then it is shown to this one child elsewhere.
    // The same may hold for node, so the child may search folders.
    const script = `
      export RUN='exec ${asUser} --inh-caps=+dac_read_search --ambient-caps=+dac_read_search "$NODE" \\
        "$ROOT/fixtures/services/start-both.mjs" "$ROOT/dist/supervisor/services/start.js"'
      ${asUser} test -r "$ROOT/dist/cli.js" && eval "$RUN"
      exec unshare --mount sh -c 'mount --bind "$ROOT" /mnt && ROOT=/mnt && eval "$RUN"'`
    const output = execFileSync('sh', ['-c', script], { cwd: '/', env })
    expect(JSON.parse(output.toString())).toEqual({
      uid: 65_534,
      states: ['ready', 'ready'],
      ends: ['exited with 0', 'exited with 0'],
      left: [],
    })
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})

/** Ids of the System V shared memory that a process made, where the system tells. */
function segmentsOf(pid: number): string[] {
  if (process.platform !== 'linux') return []
  return readFileSync('/proc/sysvipc/shm', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[4] === String(pid))
    .map((fields) => fields[1] ?? '')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}
