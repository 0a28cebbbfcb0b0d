import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { catalog } from '../engines/catalog.js'
import { describeStart } from './dry-run.js'
import { loadProfile, type Profile } from './load.js'
import { type PlanOptions, planBench, planInProcess, planSystem } from './plan.js'

const cwd = packageRoot()
const options: PlanOptions & { runId: string } = {
  systemId: 'abc123',
  cwd: '/desk',
  runId: '7f3c',
  offline: false,
  faults: { risk: ['+7ms'] },
}
const addresses = { bus: 'unix:/run/redis.sock', store: 'postgres://nautilus@%2Frun/nautilus' }

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nautilus-plan-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const written = (yaml: string): Profile => {
  const file = join(folder, 'desk.yaml')
  writeFileSync(file, yaml)
  return loadProfile(file, { cwd, env: {} })
}

test('each shipped engine is a process that waits for what it uses and is told its slice', () => {
  const spec = planSystem(loadProfile('algo-200ms', { cwd, env: {} }), options)
  expect(spec.processes.map(({ name }) => name)).toEqual(
    ['market-data', 'signals', 'strategy', 'risk', 'order-gateway', 'matching'], // the order of a tick
  )
  const risk = spec.processes.find(({ name }) => name === 'risk')
  expect(risk).toMatchObject({ dependsOn: { bus: 'ready' }, ready: { kind: 'notify' }, port: 0 })
  expect(risk?.dependsOn).not.toHaveProperty('store')
  expect(spec.processes.at(-1)?.dependsOn).toEqual({ bus: 'ready', store: 'ready' })
  // Something may have been compiled after the bundle: then its modules one by one.
  const entry = expect.stringMatching(/\/dist\/(engine\/start\.cjs|engines\/kit\/main\.js)$/)
  expect(risk?.command).toEqual([process.execPath, entry])
  const { bus, ...told } = JSON.parse(risk?.env(addresses, 0)['NAUTILUS_ENGINE'] ?? '')
  expect(bus).toMatchObject({ kind: 'redis', url: 'unix:/run/redis.sock', systemId: 'abc123', backlogMax: 100_000 })
  expect(told).toEqual({
    engine: 'risk',
    instance: 0,
    systemId: 'abc123',
    settings: { deadline: '10ms', cache: { ttl: '1s' } },
    storeUrl: 'postgres://nautilus@%2Frun/nautilus',
    port: 0,
    faults: ['+7ms'],
  })
})

test.each([
  { set: 'engines.vpin={}', port: 10_000 },
  { set: 'engines.vpin={port: 0}', port: 0 },
  { set: 'engines.vpin={command: [python3, vpin.py]}', port: 0 },
  { set: 'engines.enhanced-vpin={}', port: 0 },
])('a shipped engine may have a port of its own, which the profile overrides: $set', ({ set, port }) => {
  const { processes } = planSystem(loadProfile('algo-200ms', { cwd, env: {}, set: [set] }), options)
  expect(processes.at(-1)).toMatchObject({ name: expect.stringContaining('vpin'), port })
})

test('the catalog names the engines that keep tables, which their definitions tell', async () => {
  const keeping = await Promise.all(
    Object.entries(catalog).map(async ([name, { load, stores = false }]) => {
      return { name, agrees: stores === ((await load()).writes ?? []).length > 0 }
    }),
  )
  expect(keeping.filter(({ agrees }) => !agrees)).toEqual([])
})

test('state and logs lie below the working directory', () => {
  const profile = loadProfile('minimal', { cwd, env: {} })
  expect(planSystem(profile, options)).toMatchObject({
    stateFolder: '/desk/.nautilus',
    logFolder: '/desk/.nautilus/runs/7f3c/logs',
  })
  expect(planSystem(profile, { ...options, runId: null }).logFolder).toBe('/desk/.nautilus/logs')
})

test('replicas have names of their own and only the first has the port', () => {
  const spec = planSystem(loadProfile('quickstart', { cwd, env: {} }), options)
  expect(spec.processes.map(({ name, port }) => [name, port])).toEqual([
    ['order-gateway', 8000],
    ['order-gateway-2', 0],
    ['matching', 0],
  ])
  const second = JSON.parse(spec.processes[1]?.env(addresses, 0)['NAUTILUS_ENGINE'] ?? '')
  expect(second).toMatchObject({
    engine: 'order-gateway',
    instance: 1,
    bus: { lists: { 'order.placed': 'order_queue' } },
  })
})

test('with an in-process bus the bench hosts the shipped engines itself', () => {
  const profile = loadProfile('minimal', { cwd, env: {} })
  expect(planSystem(profile, options)).toMatchObject({ services: [], processes: [] })
  const handOvers = planInProcess(profile, options, {})
  expect(handOvers.map(({ engine }) => engine)).toEqual(
    ['market-data', 'signals', 'strategy', 'risk', 'order-gateway', 'matching'], // the order of a tick
  )
  expect(handOvers[4]).toMatchObject({ settings: { batch: 'off' }, bus: { kind: 'in-process' }, storeUrl: null })
})

test('the bench is told its groups, their limits, and who writes what', async () => {
  const plan = await planBench(loadProfile('algo-200ms', { cwd, env: {} }), options)
  expect(plan.components).toContainEqual({ name: 'signals', of: ['signals', 'strategy'], limitsNs: [60_000_000] })
  expect(plan.endToEndLimitsNs).toEqual([200_000_000])
  expect(plan.load.arrivals).toEqual({ kind: 'poisson', rate: 1000 })
  expect(plan.engines).toContainEqual({ name: 'order-gateway', replicas: 1, writes: ['orders'] })
  expect(plan.engines).toContainEqual({ name: 'matching', replicas: 1, writes: ['execution_reports', 'positions'] })
  expect(plan.faults).toEqual({ risk: ['+7ms'] })
})

test('without a store nobody writes', async () => {
  const plan = await planBench(loadProfile('minimal', { cwd, env: {} }), options)
  expect(plan.engines.flatMap(({ writes }) => writes)).toEqual([])
})

test('the limits of a group stand once each, smallest first', async () => {
  const profile = loadProfile('minimal', { cwd, env: {}, set: ['sla.endToEnd={p50: 3ms, p99: 50ms, max: 90ms}'] })
  expect((await planBench(profile, options)).endToEndLimitsNs).toEqual([3e6, 50e6, 90e6])
})

const desk = `version: 1
name: desk
extends: minimal
bus: { kind: redis }
services: { bus: { kind: redis, url: "redis://:hunter2@db:6379" } }
engines:
  pricer:
    command: [python3, pricer.py, --key=hunter2]
    cwd: models
    port: 9001
    cpus: [1]
    env: { MODE: fast }
    dependsOn: { risk: started }
  scorer: { command: [./scorer], ready: { http: /health } }
  once: { command: [./prepare], ready: { exit: true } }
  feed: { url: "http://10.0.0.9:80" }
  risk: { dependsOn: { once: exited, feed: ready } }
`

test('a command of your own runs beside its profile and finds port and services in its variables', () => {
  const spec = planSystem(written(desk), options)
  const pricer = spec.processes.find(({ name }) => name === 'pricer')
  expect(pricer).toMatchObject({
    command: ['python3', 'pricer.py', '--key=hunter2'],
    cwd: join(folder, 'models'),
    ready: { kind: 'tcp' },
    cpus: [1],
    dependsOn: { bus: 'ready', risk: 'started' },
  })
  expect(pricer?.env({ bus: 'redis://x' }, 9001)).toEqual({
    PORT: '9001',
    NAUTILUS_SYSTEM: 'abc123',
    NAUTILUS_SERVICE_BUS: 'redis://x',
    MODE: 'fast',
  })
  expect(spec.processes.find(({ name }) => name === 'scorer')?.ready).toEqual({ kind: 'http', path: '/health' })
})

test('what runs elsewhere is neither started nor waited for', () => {
  const spec = planSystem(written(desk), options)
  expect(spec.processes.map(({ name }) => name)).not.toContain('feed')
  expect(spec.processes.find(({ name }) => name === 'risk')?.dependsOn).toEqual({ bus: 'ready', once: 'exited' })
})

test('a dry run shows the waves, the places and the spans, without secrets', () => {
  const text = describeStart(written(desk), planSystem(written(desk), options), options.faults)
  expect(text.replace(/^.*\n/, '')).toBe(`
would start, in this order
  1  service  bus            redis                        runs elsewhere
  2  engine   market-data    ships with nautilus          a free port
  2  engine   signals        ships with nautilus          a free port
  2  engine   strategy       ships with nautilus          a free port
  2  engine   order-gateway  ships with nautilus          a free port
  2  engine   matching       ships with nautilus          a free port
  2  engine   scorer         ./scorer                     a free port
  2  engine   once           ./prepare                    a free port
  3  engine   risk           ships with nautilus          a free port
  4  engine   pricer         python3 pricer.py --key=***  127.0.0.1:9001, cores 1

  load    pipeline: 60 generated symbols, seed 20261120
  when    poisson 1,000/s
  for     500 ms warm-up + 2 s measured, 2,000 ticks + at most 1 s drain
  faults  risk: +7ms

Nothing was started.
`)
})
