import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  bench,
  type Call,
  callDeadlineMs,
  callNautilus,
  type Desk,
  engineProcess,
  keptResults,
  leftOf,
  makeDesk,
  processesNamed,
  removeDesk,
  testDeadlineMs,
  untilNothingIsLeft,
} from '../command-fixture.js'
import { present } from '../core/assert.js'
import { packageRoot } from '../core/paths.js'
import { durationNs } from '../core/units.js'
import { childScript, eventually } from '../supervisor/child-fixture.js'
import type { ServiceConfig } from '../supervisor/config.js'
import { freePort } from '../supervisor/ports.js'
import type { RunningService } from '../supervisor/services/context.js'
import { serviceIn } from '../supervisor/services/service-fixture.js'

// What may go wrong while a bench runs: each has its message and exit code, keeps what was measured, and leaves nothing.

vi.setConfig({ testTimeout: testDeadlineMs })

const desks: Desk[] = []
const cleanings: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const clean of cleanings.splice(0)) await clean()
  for (const desk of desks.splice(0)) removeDesk(desk)
})

const profile = (engines = ''): string => `version: 1
name: desk
services: { bus: { kind: redis }, store: { kind: postgres } }
bus: { kind: redis, service: bus }
engines:
  order-gateway: { settings: { batch: off }, stopGrace: 1s }
  matching: { stopGrace: 1s }
${engines}
load:
  scenario: orders
  arrivals: { kind: constant, rate: 200/s }
  warmup: 300ms
  duration: 2s
  timeout: 500ms
  drain: 1s
sla: { endToEnd: { p95: 400ms } }
`

function desk(text = profile()): Desk {
  const made = makeDesk(text)
  desks.push(made)
  return made
}

/** A bench that is in its window, long enough for something to happen in it. */
async function measuring(at: Desk, ...args: readonly string[]): Promise<Call> {
  const call = bench(at, ['--set', 'load.duration=20s', ...args])
  await call.said('desk  measuring')
  await sleep(300)
  return call
}

const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
  process.kill(present(pids[0], 'there is a process to signal'), name)
}

describe('an engine', () => {
  test.each([
    { name: 'exits', script: 'exit-with.sh', says: /^teller ended with exit code 3 before it was ready/m },
    { name: 'never says that it is ready', script: 'never-ready.sh', says: /^teller was not ready within 2 s/m },
  ])('that $name at the start ends the bench with 4 and its last words', async ({ script, says }) => {
    const at = desk(
      profile(`  teller:
    command: [sh, ${childScript(script)}, '3']
    ready: { notify: true }
    readyTimeout: 2s
    restart: { policy: never }`),
    )
    const call = bench(at)
    expect(await call.ended).toBe(4)
    expect(call.err()).toMatch(says)
    expect(call.err()).toContain('See `nautilus logs teller`.')
    expect(call.err()).toContain('last lines of')
    expect(keptResults(at)).toEqual([])
    expect(leftOf(at)).toEqual([])
  })

  test('that ends for good during the measurement is no pass; what was measured is kept', async () => {
    const at = desk()
    const call = await measuring(at, '--set', 'engines.matching.restart.policy=never')
    signal(engineProcess(at, 'matching'), 'SIGKILL')
    // 4, or 1 where PostgreSQL lacks what the engine had not yet written.
    expect([1, 4]).toContain(await call.ended)
    expect(call.out()).toMatch(/ended early\s\(matching ended with\sSIGKILL\)/)
    expect(keptResults(at)).toMatchObject([{ interrupted: 'matching ended with SIGKILL' }])
    expect(leftOf(at)).toEqual([])
  })

  test('that hangs during the measurement makes it fail, and is killed in the end', async () => {
    const at = desk()
    const call = bench(at)
    await call.said('desk  measuring')
    signal(engineProcess(at, 'matching'), 'SIGSTOP')
    expect(await call.ended).toBe(1)
    expect(call.err()).toContain('matching: did not end within 1 s; it is killed')
    const [result] = keptResults(at)
    const { planned, traded, failed, timedOut, lost } = present(result, 'the result is kept').accounting
    expect(planned).toBe(400)
    expect(failed + timedOut + lost).toBeGreaterThan(planned / 10)
    expect(traded + failed + timedOut + lost).toBe(planned)
    expect(leftOf(at)).toEqual([])
  })

  test('that hangs on purpose is never a pass', async () => {
    const at = desk()
    const call = bench(at, ['--inject', 'matching:hang'])
    expect([1, 4]).toContain(await call.ended)
    expect(call.out()).toContain('matching:hang')
    expect(call.out()).toMatch(/^(FAIL|NO DATA) {2}/m)
    expect(leftOf(at)).toEqual([])
  })
})

describe('a server that dies during the measurement ends it with 6; what was measured is kept', () => {
  test.each([
    { name: 'store', pattern: /postgres -D/ },
    { name: 'bus', pattern: /redis-server/ },
  ])('$name of our own', async ({ name, pattern }) => {
    const at = desk()
    const call = await measuring(at)
    signal(processesNamed(at, pattern), 'SIGKILL')
    expect(await call.ended).toBe(6)
    expect(call.out()).toMatch(/^INTERRUPTED {2}/m)
    expect(call.out()).toContain(name)
    expect(keptResults(at)).toMatchObject([{ interrupted: expect.stringContaining(name) }])
    expect(leftOf(at)).toEqual([])
  })

  test.each([
    { name: 'store', config: { kind: 'postgres' } },
    { name: 'bus', config: { kind: 'redis', durable: false } },
  ] as const)('$name that runs elsewhere, whose password stays secret', async ({ name, config }) => {
    const at = desk()
    const port = await freePort()
    const { service, password } = await startElsewhere({ ...config, port })
    const url =
      config.kind === 'redis'
        ? `redis://desk:${password}@127.0.0.1:${port}`
        : `postgres://nautilus:${password}@127.0.0.1:${port}/postgres`
    const call = await measuring(at, '--set', `services.${name}.url=${url}`)
    process.kill(present(service.status().pid, 'a running server has a pid'), 'SIGKILL')
    expect(await call.ended).toBe(6)
    expect(keptResults(at)).toMatchObject([{ interrupted: expect.stringContaining(name) }])
    expect(call.out() + call.err()).not.toContain(password)
    expect(leftOf(at)).toEqual([])
  })
})

/** A server as a user would have it: on a port, with a password. */
async function startElsewhere(config: ServiceConfig): Promise<{ service: RunningService; password: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'elsewhere-'))
  chmodSync(folder, 0o755)
  const service = await serviceIn(folder, { name: 'elsewhere', config })
  cleanings.push(async () => {
    await service.stop({ graceNs: durationNs(0), now: true })
    rmSync(folder, { recursive: true, force: true })
  })
  if (config.kind === 'postgres') return { service, password: readFileSync(join(folder, 'elsewhere/password'), 'utf8') }
  const password = 'a-password-of-redis'
  const { redisClient } = await import('../supervisor/services/probe.js')
  const client = redisClient(service.address, durationNs(1e9))
  await client.connect()
  await client.call('ACL', 'SETUSER', 'desk', 'on', `>${password}`, '~*', '&*', '+@all')
  client.disconnect()
  return { service, password }
}

describe('a full disk in the run folder', () => {
  test.for([
    {
      when: 'at the end is named; the summary is still printed',
      usedBytes: 0,
      out: /end to end p95/,
      err: /no space to write \S+result\.json; nothing of the run was kept\n.*nautilus runs --prune/,
    },
    {
      when: 'from the start is named',
      usedBytes: 32_768,
      out: /^$/,
      err: /^postgres store cannot be started: ENOSPC.*\nFree space, or remove old runs/m,
    },
  ])('$when', async ({ usedBytes, out, err }, { skip }) => {
    const at = desk()
    const state = join(at.folder, '.nautilus')
    mkdirSync(state)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', state])
    if (mounted.status !== 0) skip('a file system of 32 KiB can be mounted by root only')
    cleanings.push(() => void spawnSync('umount', ['--lazy', state]))
    writeFileSync(join(state, 'used'), Buffer.alloc(usedBytes))
    const call = bench(at)
    expect(await call.ended).toBe(6)
    expect(call.out()).toMatch(out)
    expect(call.err()).toMatch(err)
    expect(keptResults(at)).toEqual([])
    expect(leftOf(at)).toEqual([])
  })
})

test('a second bench names the first and fails with 6; the first goes on', async () => {
  const [first, second] = [desk(), desk()]
  const running = await measuring(first)
  const refused = callNautilus(second, ['bench', '--profile', 'desk.yaml'])
  expect(await refused.ended).toBe(6)
  expect(refused.err()).toMatch(
    new RegExp(`process ${running.child.pid} measures desk \\(run [0-9a-f]{4}\\) for \\d+ s\\n`),
  )
  expect(refused.err()).toContain('Wait for it to end, or add --queue.')
  expect(leftOf(second)).toEqual([])
  const waiting = bench(second)
  await waiting.said(`waiting for the end: process ${running.child.pid} measures desk (run `)
  waiting.child.kill('SIGINT')
  expect(await waiting.ended).toBe(130)
  expect(waiting.err()).toMatch(/^stopping before anything was measured.*\nstopped by SIGINT$/m)
  running.child.kill('SIGINT')
  expect(await running.ended).toBe(130)
  expect(keptResults(first)).toMatchObject([{ interrupted: 'SIGINT' }])
  expect(leftOf(first)).toEqual([])
})

/** An engine that makes a start last. */
const teller = `  teller: { command: [sh, ${childScript('never-ready.sh')}], ready: { notify: true } }`
const saying =
  (text: string) =>
  (_: Desk, call: Call): Promise<void> =>
    call.said(text)
const untilItHasAFolder = (at: Desk): Promise<void> =>
  eventually(
    'it has a folder',
    () => readdirSync(at.temporary).some((name) => name.startsWith('nautilus-')),
    callDeadlineMs,
  )

describe('a signal', () => {
  const stopping = 'stopping; partial result will be kept (again to kill now)'

  test.each([
    { name: 'SIGINT', code: 130 },
    { name: 'SIGTERM', code: 143 },
    { name: 'SIGHUP', code: 143 },
  ] as const)('$name during the measurement ends it with $code; the part is kept', async ({ name, code }) => {
    const at = desk()
    const call = await measuring(at)
    call.child.kill(name)
    expect(await call.ended).toBe(code)
    expect(call.err()).toContain(stopping)
    expect(call.out()).toMatch(new RegExp(`^INTERRUPTED {2}.*${name}`, 'm'))
    const [result] = keptResults(at)
    expect(result).toMatchObject({ interrupted: name, load: { durationNs: expect.toSatisfy((ns) => ns < 20e9) } })
    const { accounting, store } = present(result, 'the result is kept')
    const { planned, traded, noTrade, rejected, failed, timedOut, dropped, lost } = accounting
    expect(traded).toBeGreaterThan(0)
    expect(traded + noTrade + rejected + failed + timedOut + dropped + lost).toBe(planned)
    expect(store).toMatchObject({ agrees: true, problem: null })
    expect(leftOf(at)).toEqual([])
  })

  test('given again ends at once', async () => {
    const at = desk()
    const call = await measuring(at)
    // An engine that does not end makes the stop long enough for a second signal.
    signal(engineProcess(at, 'matching'), 'SIGSTOP')
    call.child.kill('SIGINT')
    await call.said(stopping)
    await sleep(400)
    call.child.kill('SIGINT')
    expect(await call.ended).toBe(130)
    await untilNothingIsLeft(at)
  })

  test.each([
    { moment: 'while servers start', comes: untilItHasAFolder, says: /^stopped by SIGINT$/m },
    { moment: 'while engines start', comes: saying('teller: started'), says: /^stopped by SIGINT$/m },
    { moment: 'while the warm-up runs', comes: saying('desk  warm-up'), says: /^stopping; partial result/m },
  ])('$moment ends with 130 and one line of why', async ({ moment, comes, says }) => {
    const at = desk(profile(moment === 'while engines start' ? teller : ''))
    const call = bench(at, ['--set', 'load.warmup=10s'])
    await comes(at, call)
    call.child.kill('SIGINT')
    expect(await call.ended).toBe(130)
    expect(call.err()).toMatch(says)
    // What stops is said at once, and a result is promised only where there will be one.
    expect(call.err().includes('partial result')).toBe(keptResults(at).length === 1)
    expect(call.err()).not.toMatch(/\bbug\b|Error|\bat \//)
    expect(leftOf(at)).toEqual([])
  })
})

test('what a signal ends is judged again by the gate as it was', async () => {
  const at = desk(`extends: [${join(packageRoot(), 'profiles/minimal.yaml')}]\nversion: 1\nname: desk\n`)
  const call = await measuring(at)
  call.child.kill('SIGINT')
  expect(await call.ended).toBe(130)
  expect(await callNautilus(at, ['gate', 'last']).ended).toBe(130)
  expect(leftOf(at)).toEqual([])
})
