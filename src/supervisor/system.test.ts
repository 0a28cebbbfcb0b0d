import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { monotonicClock } from '../core/clock.js'
import { NautilusError } from '../core/errors.js'
import { durationNs, nsPerMs, nsPerSec } from '../core/units.js'
import { eventually, makeFolder, markedPids, processSpec, runChild, systemSpec } from './child-fixture.js'
import { freePort } from './ports.js'
import { listProcesses } from './process-table.js'
import type { StartService } from './service-group.js'
import type { ProcessSpec, RunningSystem, SystemEvent, SystemSpec } from './spec.js'
import { type StartHooks, startSystem } from './system.js'

type Started = { readonly spec: SystemSpec; readonly events: SystemEvent[]; system: RunningSystem | null }

const all: Started[] = []

afterEach(async () => {
  for (const { spec, system } of all.splice(0)) {
    await system?.stop({ now: true })
    // Whatever a test does, nothing of it is left: no process, no private folder.
    expect(markedPids(spec.systemId)).toEqual([])
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`nautilus-${spec.systemId}`))).toEqual([])
    rmSync(spec.stateFolder, { recursive: true })
  }
})

function prepare(processes: readonly ProcessSpec[], changes: Partial<SystemSpec> = {}): Started {
  const started: Started = { spec: systemSpec(processes, changes), events: [], system: null }
  all.push(started)
  return started
}

const start = (started: Started, hooks: Partial<StartHooks> = {}): Promise<RunningSystem> =>
  startSystem(started.spec, {
    stop: new AbortController().signal,
    untilReady: true,
    ...hooks,
    onCreated: (system) => {
      started.system = system
    },
    onEvent: (event) => started.events.push(event),
  })

const failureOf = async (started: Started, hooks: Partial<StartHooks> = {}): Promise<NautilusError> => {
  const error = await start(started, hooks).then(
    () => new Error('it started'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof NautilusError)) throw error
  return error
}

const statusOf = (started: Started, name: string) => {
  const found = started.system?.status().processes.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

const indexOfEvent = (started: Started, source: string, text: string): number =>
  started.events.findIndex((event) => event.source === source && event.text.startsWith(text))

const waiting = (name: string, changes: Partial<ProcessSpec> = {}, ...args: string[]) =>
  processSpec(name, runChild('ready-then-wait.mjs', ...args), changes)

const ms = (count: number) => durationNs(count * nsPerMs)

test('starts what depends after what it depends on, and stops it before', async () => {
  const started = prepare([
    waiting('last', { dependsOn: { middle: 'ready' } }),
    waiting('middle', { dependsOn: { first: 'ready' } }),
    waiting('first'),
  ])
  const system = await start(started)
  const startOf = (name: string) => indexOfEvent(started, name, 'started')
  const readyOf = (name: string) => indexOfEvent(started, name, 'ready')
  expect(readyOf('first')).toBeLessThan(startOf('middle'))
  expect(readyOf('middle')).toBeLessThan(startOf('last'))
  expect(system.status().processes.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready'])
  await system.stop()
  const ends = ['last', 'middle', 'first'].map((name) => indexOfEvent(started, name, 'ended'))
  expect(ends).toEqual([...ends].sort((one, other) => one - other))
  expect(ends.every((index) => index > 0)).toBe(true)
})

test('one-shots must have exited with 0 before the system is up and before what waits for them starts', async () => {
  const started = prepare([
    waiting('engine', { dependsOn: { migrate: 'exited' } }),
    processSpec('migrate', runChild('exit-with.sh', '0', '0.2'), { ready: { kind: 'exit' } }),
  ])
  await start(started)
  expect(statusOf(started, 'migrate')).toMatchObject({ state: 'exited', lastExit: '0', generation: 1 })
  expect(indexOfEvent(started, 'migrate', 'ended')).toBeLessThan(indexOfEvent(started, 'engine', 'started'))
})

test('knows readiness by http, tcp and log line, and takes a free port where none is fixed', async () => {
  const serve = (delayMs: string) => runChild('serve-http.mjs', delayMs)
  const started = prepare([
    processSpec('by-http', serve('300'), { port: 0, ready: { kind: 'http', path: '/health' } }),
    processSpec('by-tcp', serve('0'), { port: 0, ready: { kind: 'tcp' } }),
    processSpec('by-log', serve('0'), { port: 0, ready: { kind: 'log', text: 'listening on' } }),
    processSpec('by-notice', serve('0'), { port: 0 }),
  ])
  await start(started)
  expect(statusOf(started, 'by-http').readyAfterNs).toBeGreaterThan(ms(250))
  for (const name of ['by-http', 'by-tcp', 'by-log', 'by-notice']) {
    const { port } = statusOf(started, name)
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  }
})

test('an engine that fails at start shows its last words, and everything else is stopped', async () => {
  const restart = { policy: 'on-failure', restartsMax: 1, windowNs: durationNs(60 * nsPerSec) } as const
  const started = prepare([waiting('other'), processSpec('bad', runChild('exit-with.sh', '3'), { restart })])
  const error = await failureOf(started)
  expect(error.code).toBe('ENGINE_FAILED')
  expect(error.message).toContain('bad ended with exit code 3 before it was ready, after 1 restarts within 60 s')
  expect(error.message).toContain('\n    last words: code 3')
  expect(error.hint).toBe('See `nautilus logs bad`.')
  expect(statusOf(started, 'other').state).toBe('exited')
})

test('rapid restarts hit the limit', async () => {
  const restart = { policy: 'on-failure', restartsMax: 2, windowNs: durationNs(60 * nsPerSec) } as const
  const started = prepare([processSpec('flaky', runChild('ready-then-exit.sh', '9'), { restart })])
  const system = await start(started, { untilReady: false })
  expect(await system.failed).toEqual({
    name: 'flaky',
    reason: expect.stringMatching(/^ended with exit code 9.*after 2 restarts within 60 s$/),
  })
  expect(statusOf(started, 'flaky')).toMatchObject({ state: 'failed', generation: 3, restartCount: 2, lastExit: '9' })
})

test('an engine that is never ready fails in time, by name and limit', async () => {
  const started = prepare([processSpec('mute', runChild('never-ready.sh'), { readyTimeoutNs: ms(300) })])
  const error = await failureOf(started)
  expect(error.code).toBe('ENGINE_NOT_READY')
  expect(error.message).toContain('mute was not ready within 0.3 s')
  expect(error.message).toContain('waiting for a word that never comes')
})

test.each([
  {
    name: 'a program that does not exist',
    command: ['/no/such/program'],
    message: '/no/such/program is not a program',
  },
  { name: 'a command its shell does not find', command: ['sh', '-c', 'no-such-thing'], message: 'exit code 127' },
])('$name fails at once, without trying again', async ({ command, message }) => {
  const started = prepare([processSpec('odd', command)])
  const error = await failureOf(started)
  expect(error).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining(message) })
  expect(statusOf(started, 'odd').generation).toBe(1)
})

test('a missing working directory is named', async () => {
  const error = await failureOf(prepare([waiting('odd', { cwd: '/no/such/folder' })]))
  expect(error.message).toContain('its working directory /no/such/folder does not exist')
})

test('a busy port is found before anything is started', async () => {
  const port = await freePort()
  const owner = prepare([processSpec('owner', runChild('serve-http.mjs'), { port })])
  await start(owner)
  const started = prepare([waiting('other'), processSpec('late', runChild('serve-http.mjs'), { port })])
  const error = await failureOf(started)
  const { pid } = statusOf(owner, 'owner')
  expect(error.code).toBe('PORT_BUSY')
  expect(error.message).toContain(`engines.late: port ${port} is in use by pid ${pid} (`)
  expect(error.message).toContain(`of nautilus run ${owner.spec.systemId}`)
  expect(indexOfEvent(started, 'other', 'started')).toBe(-1)
})

test('a crashed engine starts again, and its old start is forgotten', async () => {
  const note = join(makeFolder(), 'first')
  const started = prepare([processSpec('engine', runChild('fail-once.sh', note))])
  await start(started)
  expect(statusOf(started, 'engine')).toMatchObject({ state: 'ready', generation: 2, restartCount: 1, lastExit: '7' })
  rmSync(join(note, '..'), { recursive: true })
})

test('restart replaces a running engine, and refuses a name that is none', async () => {
  const started = prepare([waiting('engine')])
  const system = await start(started)
  const { pid } = statusOf(started, 'engine')
  await system.restart('engine')
  expect(statusOf(started, 'engine')).toMatchObject({ state: 'ready', generation: 2 })
  expect(statusOf(started, 'engine').pid).not.toBe(pid)
  await expect(system.restart('engin')).rejects.toMatchObject({
    code: 'USAGE',
    hint: expect.stringContaining('engine'),
  })
})

test('a stop during a restart does not start again', async () => {
  const started = prepare([waiting('engine')])
  const system = await start(started)
  const restarted = system.restart('engine')
  await Promise.all([system.stop(), expect(restarted).rejects.toThrow('the system was stopped')])
  expect(statusOf(started, 'engine')).toMatchObject({ state: 'exited', generation: 1 })
})

test('a stop in the back-off does not start again', async () => {
  const started = prepare([processSpec('bad', runChild('exit-with.sh', '1'))])
  const system = await start(started, { untilReady: false })
  await eventually('it is in back-off', () => statusOf(started, 'bad').state === 'backoff')
  await system.stop()
  expect(statusOf(started, 'bad').state).toBe('exited')
})

test('a stop while one waits for another starts nothing more', async () => {
  const started = prepare([
    processSpec('slow', runChild('never-ready.sh')),
    waiting('next', { dependsOn: { slow: 'ready' } }),
  ])
  const stop = new AbortController()
  const failed = expect(start(started, { stop: stop.signal })).rejects.toBe('SIGINT')
  await eventually('slow has started', () => started.system !== null && statusOf(started, 'slow').pid !== null)
  stop.abort('SIGINT')
  await failed
  expect(statusOf(started, 'next')).toMatchObject({ generation: 0, state: 'exited' })
})

test('TERM reaches the leader once', async () => {
  const folder = makeFolder()
  const started = prepare([waiting('engine', {}, join(folder, 'terms'))])
  const system = await start(started)
  await system.stop()
  expect(readFileSync(join(folder, 'terms'), 'utf8')).toBe('TERM\n')
  rmSync(folder, { recursive: true })
})

test('what ignores TERM is killed after the grace, which is one for leader and group', async () => {
  const started = prepare([processSpec('deaf', runChild('ignore-term.mjs'), { stopGraceNs: ms(400) })])
  const system = await start(started)
  const { logFile } = statusOf(started, 'deaf')
  const begun = monotonicClock.now()
  await system.stop()
  expect(monotonicClock.now() - begun).toBeGreaterThan(400 * nsPerMs)
  expect(readFileSync(logFile, 'utf8')).toContain('ignored SIGTERM')
  expect(statusOf(started, 'deaf').lastExit).toBe('SIGKILL')
})

test('a second stop kills now, and the first says who is waited for', async () => {
  const started = prepare([
    processSpec('deaf', runChild('ignore-term.mjs'), { stopGraceNs: durationNs(60 * nsPerSec) }),
  ])
  const system = await start(started)
  const { pid } = statusOf(started, 'deaf')
  const first = system.stop()
  const waitingText = `waiting for deaf (pid ${pid}) to end`
  await eventually('it says who', () => indexOfEvent(started, 'nautilus', waitingText) >= 0)
  await system.stop({ now: true })
  await first
  expect(statusOf(started, 'deaf').lastExit).toBe('SIGKILL')
})

test('private groups and sessions of grandchildren are swept, marked or not', async () => {
  const sleeps = ['611', '612', '613', '614', '615'].map((seconds) => `sleep ${seconds}`)
  const started = prepare([
    processSpec('nest', runChild('leave-grandchildren.sh'), { stopGraceNs: ms(500), port: null }),
  ])
  const system = await start(started)
  const before = treeOf(statusOf(started, 'nest').pid ?? 0)
  expect(before.length).toBeGreaterThanOrEqual(sleeps.length)
  await system.stop()
  expect(
    listProcesses().filter(({ pid, startTicks }) =>
      before.some((each) => each.pid === pid && each.startTicks === startTicks),
    ),
  ).toEqual([])
})

function treeOf(root: number): ReturnType<typeof listProcesses> {
  const found = listProcesses()
  const tree = found.filter(({ pid }) => pid === root)
  for (const parent of tree) tree.push(...found.filter((each) => each.parent === parent.pid))
  return tree
}

test('what a crashed leader left behind is ended before the next start', async () => {
  const started = prepare([
    processSpec('nest', ['sh', '-c', 'setsid sleep 631 & echo READY=1 >&3; sleep 0.3; exit 4'], {
      restart: { policy: 'never', restartsMax: 0, windowNs: ms(1) },
    }),
  ])
  const system = await start(started, { untilReady: false })
  await system.failed
  expect(markedPids(started.spec.systemId)).toEqual([])
})

test('a probed engine that leaves with 0 counts as failed, a loose command does not', async () => {
  const started = prepare([
    processSpec('engine', runChild('ready-then-exit.sh', '0', '0.1')),
    processSpec('loose', ['true'], { ready: { kind: 'none' } }),
  ])
  const system = await start(started)
  expect(await system.failed).toEqual({ name: 'engine', reason: 'ended with exit code 0' })
})

test('cores are set where the profile names them', async () => {
  const started = prepare([waiting('pinned', { cpus: [0] })])
  await start(started)
  const text = readFileSync(`/proc/${statusOf(started, 'pinned').pid}/status`, 'utf8')
  expect(/Cpus_allowed_list:\s*(.*)/.exec(text)?.[1]).toBe('0')
})

test('strange lines in a log do no harm', async () => {
  const started = prepare([
    processSpec('odd', runChild('print-strange-lines.mjs'), {
      restart: { policy: 'never', restartsMax: 0, windowNs: ms(1) },
    }),
  ])
  const { message } = await failureOf(started)
  expect(message).toContain('red')
  expect(message).toContain('no end of line')
  expect(message).not.toContain('\u001b')
  expect(message.length).toBeLessThan(2_000)
})

const fakeService =
  (behaviour: { fail?: string; onStop?: () => void; dies?: Promise<{ reason: string }> }): StartService =>
  async (spec, context) => {
    if (spec.name === behaviour.fail) throw new Error('no server')
    return {
      address: `unix:${context.folder}/${spec.name}`,
      exited: behaviour.dies ?? new Promise(() => undefined),
      status: () => ({
        name: spec.name,
        kind: 'redis',
        version: '7',
        origin: 'path',
        url: '',
        pid: null,
        state: 'ready',
      }),
      stop: async () => behaviour.onStop?.(),
    }
  }
const redis = (name: string) => ({ name, config: { kind: 'redis', durable: false } as const })

test('services come first and go last, and engines are told their addresses', async () => {
  const order: string[] = []
  const started = prepare(
    [waiting('engine', { env: (addresses) => ({ BUS: addresses['bus'] ?? '' }), dependsOn: { bus: 'ready' } })],
    { services: [redis('bus')] },
  )
  const onStop = () => order.push(statusOf(started, 'engine').state)
  const system = await start(started, { startService: fakeService({ onStop }) })
  const environment = readFileSync(`/proc/${statusOf(started, 'engine').pid}/environ`, 'utf8')
  expect(environment).toContain(`BUS=${system.addresses['bus']}`)
  await system.stop()
  expect(order).toEqual(['exited'])
})

test('a service that cannot be started stops the others and starts no engine', async () => {
  const stopped: string[] = []
  const started = prepare([waiting('engine', { dependsOn: { store: 'ready' } })], {
    services: [redis('bus'), redis('store')],
  })
  const startService = fakeService({ fail: 'store', onStop: () => stopped.push('bus') })
  const error = await failureOf(started, { startService })
  expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', message: 'redis store cannot be started: no server' })
  expect(stopped).toEqual(['bus'])
  expect(statusOf(started, 'engine').generation).toBe(0)
})

test('an engine starts as soon as the services that it waits for are ready, and all of it counts as the time to ready', async () => {
  const started = prepare([waiting('early', { dependsOn: { bus: 'ready' } }), waiting('late')], {
    services: [redis('bus'), redis('store')],
  })
  const start0 = fakeService({})
  const startService: StartService = async (spec, context) => {
    if (spec.name === 'store') {
      await eventually('the engine of the bus is ready', () => statusOf(started, 'early').state === 'ready')
      expect(started.system?.status().readyAfterNs).toBeNull()
    }
    return start0(spec, context)
  }
  const system = await start(started, { startService, untilReady: true })
  expect(system.status().readyAfterNs).toBeGreaterThan(statusOf(started, 'early').readyAfterNs ?? Number.NaN)
})

test('a service that dies is told', async () => {
  let die: (end: { reason: string }) => void = () => undefined
  const dies = new Promise<{ reason: string }>((resolve) => {
    die = resolve
  })
  const started = prepare([], { services: [redis('bus')] })
  const system = await start(started, { startService: fakeService({ dies }) })
  die({ reason: 'ended by SIGKILL' })
  expect(await system.failed).toEqual({ name: 'service bus', reason: 'ended by SIGKILL' })
})

test('a service that runs elsewhere is used and left alone', async () => {
  const port = await freePort()
  const owner = prepare([], {
    services: [{ name: 'bus', config: { kind: 'redis', durable: false, port } }],
    offline: false,
  })
  const running = await start(owner)
  const url = `redis://127.0.0.1:${port}`
  const guest = prepare([], { services: [{ name: 'theirs', config: { kind: 'redis', durable: false, url } }] })
  const system = await start(guest)
  expect(system.addresses).toEqual({ theirs: url })
  expect(system.status().services[0]).toMatchObject({ origin: 'url', pid: null, state: 'ready' })
  await system.stop()
  expect(running.status().services[0]).toMatchObject({ state: 'ready' })
  const again = await start(prepare([], { services: guest.spec.services }))
  await again.stop()
}, 180_000)

test('a folder that cannot be written is named, and nothing is left', async () => {
  const file = join(makeFolder(), 'file')
  writeFileSync(file, '')
  const error = await failureOf(prepare([waiting('engine')], { logFolder: join(file, 'logs') }))
  expect(error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('ENOTDIR') })
  rmSync(join(file, '..'), { recursive: true })
})

test('a service that cannot be stopped does not keep the rest from being ended', async () => {
  const started = prepare([waiting('engine')], { services: [redis('bus')] })
  const onStop = () => {
    throw new Error('it will not')
  }
  const system = await start(started, { startService: fakeService({ onStop }) })
  await system.stop()
  expect(indexOfEvent(started, 'nautilus', 'a service could not be stopped in order')).toBeGreaterThan(0)
})

test('the private folder lets services of another user through, and its registry nobody', async () => {
  const started = prepare([waiting('engine')])
  await start(started)
  const [name] = readdirSync(tmpdir()).filter((each) => each.startsWith(`nautilus-${started.spec.systemId}-`))
  const folder = join(tmpdir(), name ?? '')
  expect(existsSync(join(folder, 'registry'))).toBe(true)
  expect(readFileSync(join(folder, 'registry'), 'utf8')).toMatch(/^\d+ \d+ TERM engine\n$/)
})
