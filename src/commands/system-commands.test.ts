import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterEach, expect, test } from 'vitest'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'
import { durationNs, nsPerSec } from '../core/units.js'
import { childScript, eventually, makeFolder, markedPids } from '../supervisor/child-fixture.js'
import { freePort } from '../supervisor/ports.js'
import { redisClient } from '../supervisor/services/probe.js'
import { serviceIn } from '../supervisor/services/service-fixture.js'
import { downCommand } from './down.js'
import { logsCommand } from './logs.js'
import { restartCommand } from './restart.js'
import { statusCommand } from './status.js'
import { upCommand } from './up.js'

// The commands called in-process, on systems of real children in a folder of their own.

type Shell = { readonly folder: string; readonly env: Record<string, string> }
type Called = {
  out: string
  err: string
  code: number | null
  readonly ended: Promise<void>
  readonly stop: AbortController
}

const folders: string[] = []
const ups: Called[] = []
afterEach(async () => {
  for (const up of ups.splice(0)) {
    up.stop.abort('SIGINT')
    await up.ended.catch(() => undefined)
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function shell(profile: string): Shell {
  const folder = makeFolder()
  folders.push(folder)
  writeFileSync(join(folder, 'desk.yaml'), profile)
  return { folder, env: {} }
}

function call(make: (io: Io, exit: Exit) => Command, { folder, env }: Shell, ...args: string[]): Called {
  const stop = new AbortController()
  const called = { out: '', err: '', code: null as number | null, stop }
  const io: Io = {
    out: (text) => {
      called.out += text
    },
    err: (text) => {
      called.err += text
    },
    cwd: folder,
    env,
    terminal: false,
    color: false,
    columns: 80,
    stop: stop.signal,
  }
  const command = make(io, (code) => {
    called.code = code
  })
  const ended = command
    .exitOverride()
    .configureOutput({ writeErr: io.err, writeOut: io.out })
    .parseAsync(args, { from: 'user' })
    .then(() => undefined)
  return Object.assign(called, { ended })
}

async function finish(make: (io: Io, exit: Exit) => Command, at: Shell, ...args: string[]): Promise<Called> {
  const called = call(make, at, ...args)
  await called.ended
  return called
}

async function failureOf(make: (io: Io, exit: Exit) => Command, at: Shell, ...args: string[]): Promise<NautilusError> {
  const error = await call(make, at, ...args).ended.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof NautilusError)) throw error
  return error
}

async function bringUp(at: Shell, ...args: string[]): Promise<Called> {
  const up = call(upCommand, at, '--profile', 'desk.yaml', ...args)
  ups.push(up)
  let failed: unknown
  up.ended.catch((error: unknown) => {
    failed = error
  })
  await eventually(
    () => `it is up: ${up.err}${failed}`,
    () => /(\d) of \1 ready/.test(up.err) || failed !== undefined,
  )
  return up
}

const serve = `[${process.execPath}, ${childScript('serve-http.mjs')}]`
const profileWith = (
  matching: string,
  gateway = `{ command: ${serve}, port: 0, ready: { http: /health } }`,
): string => `
version: 1
name: desk
bus: { kind: in-process }
engines:
  order-gateway: ${gateway}
  matching: ${matching}
load: { scenario: orders, arrivals: { kind: constant, rate: 10/s } }
sla: { endToEnd: { p95: 50ms } }
`
const waiting = `{ command: [sh, ${childScript('fail-once.sh')}, desk.yaml], ready: { notify: true }, dependsOn: { order-gateway: ready } }`

const systemIdOf = (text: string): string => String(JSON.parse(text).systemId)

test('up, status, logs, restart and down speak to one system', async () => {
  const at = shell(profileWith(waiting))
  const up = await bringUp(at, '--wait', '--json')
  await eventually('the status is printed', () => up.out !== '')
  const systemId = systemIdOf(up.out)
  const told = JSON.parse(up.out)
  expect(told).toMatchObject({ schema: 'nautilus.status/1', profileName: 'desk', usage: [{}, {}] })
  expect(told.readyAfterNs).toBeGreaterThan(Math.max(...told.processes.map(({ readyAfterNs }: never) => readyAfterNs)))
  expect(told.memory.enginesRssBytes).toBeGreaterThan(2 * 1024 ** 2)

  const status = await finish(statusCommand, at)
  expect(status.code).toBe(0)
  expect(status.out).toMatch(
    /^desk {2}system [0-9a-f]{6} {2}pid \d+ {2}all ready after [\d.]+ m?s\n\nname +state +pid +port/,
  )
  expect(status.out).toMatch(/order-gateway +ready +\d+ +\d+ +0 +\d+ % +[\d.]+ MiB/)
  const json = await finish(statusCommand, at, '--json')
  expect(JSON.parse(json.out)).toMatchObject({ systemId, processes: [{ state: 'ready' }, { state: 'ready' }] })

  const logs = await finish(logsCommand, at, 'order-gateway', '-n', '1')
  expect(logs.out).toMatch(/^listening on \d+\n$/)
  const unknown = await failureOf(logsCommand, at, 'matchin')
  expect(unknown).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('did you mean "matching"?') })

  expect((await finish(restartCommand, at, 'order-gateway')).out).toBe('order-gateway is ready again\n')
  expect(await failureOf(restartCommand, at, 'nobody')).toMatchObject({ code: 'USAGE' })
  const second = await failureOf(upCommand, at, '--profile', 'desk.yaml')
  expect(second).toMatchObject({ code: 'ALREADY_UP', message: expect.stringContaining(`pid ${process.pid}`) })

  const following = call(logsCommand, at, 'order-gateway', '-f')
  await eventually('the log is followed', () => following.out.includes('listening'))
  following.stop.abort('SIGINT')
  await following.ended
  expect(following.code).toBe(130)

  const down = call(downCommand, at)
  await up.ended
  expect(up.code).toBe(0)
  expect(markedPids(systemId)).toEqual([])
  // `down` waits for the end of the process that held the system, which here is this very one.
  await eventually('down tells what happens', () => down.err.includes('order-gateway: ended'))
  expect(await failureOf(statusCommand, at)).toMatchObject({ code: 'NOT_UP' })
  expect((await finish(logsCommand, at, 'order-gateway')).out).toMatch(/listening on/)
  await down.ended
}, 60_000)

test.each([
  { reason: 'SIGINT', code: 130 },
  { reason: 'SIGTERM', code: 143 },
  { reason: 'parent', code: 143 },
])('up ends with $code on $reason, after everything has been stopped', async ({ reason, code }) => {
  const at = shell(profileWith(waiting))
  const up = await bringUp(at)
  up.stop.abort(reason)
  await up.ended
  expect(up.code).toBe(code)
  expect(up.err).toContain('order-gateway: ended')
  expect(up.err).toMatch(/stopped; logs are in .*\.nautilus\/logs\n/)
})

test('up that is interrupted while it starts ends like one that was up', async () => {
  const at = shell(profileWith(`{ command: [sh, ${childScript('never-ready.sh')}], ready: { notify: true } }`))
  const up = call(upCommand, at, '--profile', 'desk.yaml', '--wait')
  ups.push(up)
  await eventually('it starts', () => up.err.includes('matching: started'))
  up.stop.abort('SIGINT')
  await up.ended
  expect(up.code).toBe(130)
})

test('up --wait fails with the last words of the engine, secrets masked', async () => {
  const at = shell(
    profileWith(
      `{ command: [sh, -c, 'echo "the key is $KEY"; exit 3'], env: { KEY: '\${DESK_KEY}' }, ready: { notify: true }, restart: { policy: never } }`,
    ),
  )
  at.env['DESK_KEY'] = 'a-rather-secret-value'
  const error = await failureOf(upCommand, at, '--profile', 'desk.yaml', '--wait')
  expect(error).toMatchObject({ code: 'ENGINE_FAILED', hint: 'See `nautilus logs matching`.' })
  expect(error.message).toContain('matching ended with exit code 3 before it was ready')
  expect(error.message).toContain('the key is ***')
})

test('up without --wait keeps the others up and says how to go on', async () => {
  const at = shell(profileWith(`{ command: ['false'], ready: { notify: true }, restart: { policy: never } }`))
  const up = call(upCommand, at, '--profile', 'desk.yaml')
  ups.push(up)
  await eventually('the failure is told', () => up.err.includes('`nautilus restart matching`'))
  await eventually('the other is up', () => up.err.includes('1 of 2 ready'))
})

test('up takes its keys out of a Redis that runs elsewhere, and ends with 6 when that dies', async () => {
  const at = shell('')
  const desk = await serviceIn(at.folder, { name: 'desk', config: { kind: 'redis', durable: false } })
  try {
    const service = `services: { bus: { kind: redis, url: '${desk.address}' } }`
    const profile = profileWith('{ replicas: 1 }').replace(
      'bus: { kind: in-process }',
      `bus: { kind: redis }\n${service}`,
    )
    writeFileSync(join(at.folder, 'desk.yaml'), profile)
    const up = await bringUp(at, '--wait', '--json')
    await eventually('the status is printed', () => up.out !== '')
    const client = redisClient(desk.address, durationNs(nsPerSec))
    await client.connect()
    await client.set('of-others', '1')
    expect((await client.keys('*')).length).toBeGreaterThan(1)
    up.stop.abort('SIGINT')
    await up.ended
    expect(await client.keys('*')).toEqual(['of-others'])
    client.disconnect()

    const again = await bringUp(at)
    await desk.stop({ graceNs: durationNs(0), now: true })
    const error = await again.ended.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'SERVICE_DIED', exit: 6, hint: expect.stringContaining('runs elsewhere') })
  } finally {
    await desk.stop({ graceNs: durationNs(0), now: true })
  }
}, 30_000)

test('up names the owner of a busy port and leaves nothing', async () => {
  const port = await freePort()
  const owner = await bringUp(shell(profileWith(waiting, `{ command: ${serve}, port: ${port}, ready: { tcp: true } }`)))
  const at = shell(profileWith(waiting, `{ command: ${serve}, port: ${port}, ready: { tcp: true } }`))
  const error = await failureOf(upCommand, at, '--profile', 'desk.yaml')
  expect(error).toMatchObject({ code: 'PORT_BUSY', message: expect.stringContaining(`port ${port} is in use by pid`) })
  expect(await failureOf(statusCommand, at)).toMatchObject({ code: 'NOT_UP' })
  expect(owner.code).toBe(null)
})

test('up --dry-run starts nothing', async () => {
  const at = shell(profileWith(waiting))
  const dry = await finish(upCommand, at, '--profile', 'desk.yaml', '--dry-run')
  expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('Nothing was started.') })
})

test('up refuses a profile whose engines only the bench hosts', async () => {
  const error = await failureOf(upCommand, shell(''), '--profile', 'minimal')
  expect(error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('nothing to keep up') })
})

test('logs of the last run are found when nothing is up', async () => {
  const at = shell('')
  const folder = join(at.folder, '.nautilus', 'runs', '7f3c', 'logs')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'risk.log'), 'one\ntwo\n')
  expect((await finish(logsCommand, at, 'risk', '-n', '1', '--json')).out).toBe('{"engine":"risk","line":"two"}\n')
  expect(await failureOf(logsCommand, at, 'risk', '-n', 'many')).toMatchObject({ code: 'USAGE' })
})
