import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import {
  bench,
  type Desk,
  deskOf,
  engineProcess,
  keptResults,
  leftOf,
  outerEnvironment,
  testDeadlineMs,
  untilNothingIsLeft,
} from '../command-fixture.js'
import { present } from '../core/assert.js'
import { packageRoot } from '../core/paths.js'
import { nsPerSec } from '../core/units.js'
import { patientPipeline } from '../recovery-fixture.js'

// Engines that meet in shared memory, as a user starts them: what an engine leaves that dies, what nautilus leaves that is
// killed, and what an installation does that has no koffi.

vi.setConfig({ testTimeout: testDeadlineMs })

const profile = patientPipeline({
  buses: `services: { bus: { kind: redis } }
bus: { kind: shared-memory }`,
  duration: '3s',
})

const nothingLost = { planned: 1_200, sent: 1_200, timedOut: 0, dropped: 0, lost: 0 }

test.each([
  { engine: 'market-data', options: [] },
  { engine: 'risk', options: [] },
  { engine: 'matching', options: [] },
  { engine: 'order-gateway', options: ['--set', 'engines.order-gateway.replicas=2'] },
])(
  '$engine is killed under load: nothing is lost, and it is back within two seconds; $options',
  async ({ engine, options }) => {
    const desk = deskOf(profile)
    const call = bench(desk, options)
    await call.said('desk  measuring')
    await sleep(500)
    process.kill(present(engineProcess(desk, engine)[0], 'the engine runs'), 'SIGKILL')
    const code = await call.ended
    const { accounting, engines, bus } = present(keptResults(desk)[0], `the result is kept; it said ${call.err()}`)
    expect(accounting).toMatchObject(nothingLost)
    const died = engines.filter(({ restartCount }) => restartCount > 0)
    expect(died.map(({ name, restartCount }) => [name, restartCount])).toEqual([[engine, 1]])
    expect(died[0]?.recoveryNsMax).toBeLessThan(2 * nsPerSec)
    expect(bus).toEqual({ kind: 'shared-memory', wait: 'block', problem: null })
    expect(call.out()).toMatch(/^bus +shared memory, wait block$/m)
    expect([0, 3], call.out()).toContain(code)
    expect(leftOf(desk)).toEqual([])
  },
)

test('nautilus that is killed leaves nothing of what its engines shared', async () => {
  const desk = deskOf(profile)
  const call = bench(desk)
  await call.said('desk  measuring')
  expect(leftOf(desk).filter((what) => what.startsWith('shared memory')).length).toBeGreaterThan(0)
  call.child.kill('SIGKILL')
  await call.ended
  await untilNothingIsLeft(desk)
})

test('an installation without koffi goes by the Redis of the profile, and says why', () => {
  const desk = deskOf(profile)
  const launcher = installedWithoutKoffi(desk)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [launcher, 'bench', '--queue', '--profile', 'desk.yaml'],
    {
      cwd: desk.folder,
      env: { ...outerEnvironment(), TMPDIR: desk.temporary },
      encoding: 'utf8',
    },
  )
  const reason = "the optional package koffi cannot be loaded (Cannot find module 'koffi')"
  expect(stderr).toContain(`bus: ${reason}; the Redis bus carries the topics instead`)
  const { accounting, bus } = present(keptResults(desk)[0], `the result is kept; it said ${stderr}`)
  expect(accounting).toMatchObject(nothingLost)
  expect(bus).toEqual({ kind: 'redis', wait: null, problem: reason })
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`bus redis, because ${reason}`)
  expect([0, 3], stdout).toContain(status)
})

/** The package as npm installs it where koffi has no binary. */
function installedWithoutKoffi(desk: Desk): string {
  const root = join(desk.folder, 'installed')
  for (const part of ['bin', 'dist', 'profiles', 'package.json']) {
    cpSync(join(packageRoot(), part), join(root, part), { recursive: true })
  }
  const packages = join(packageRoot(), 'node_modules')
  for (const name of packageNames(packages).filter((each) => each !== 'koffi')) {
    mkdirSync(dirname(join(root, 'node_modules', name)), { recursive: true })
    symlinkSync(join(packages, name), join(root, 'node_modules', name))
  }
  return join(root, 'bin/nautilus.js')
}

const packageNames = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(folder, name)).map((own) => join(name, own)) : [name]))
