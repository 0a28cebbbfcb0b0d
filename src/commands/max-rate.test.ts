import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findMaxRate } from '../bench/max-rate.js'
import { runTarget } from '../bench/target/run-target.js'
import { testDeadlineMs } from '../command-fixture.js'
import { monotonicClock } from '../core/clock.js'
import type { Io } from '../core/io.js'
import { nsPerMs } from '../core/units.js'
import { profileAt } from '../profile/at-rate.js'
import type { Profile } from '../profile/load.js'
import { maskedInput } from '../profile/origins.js'
import { planBench } from '../profile/plan.js'
import { quickProfile } from '../profile/quick-load.js'
import { capacity } from '../results/capacity.js'
import type { RunResult } from '../results/run-result.js'
import { loadCommand } from './load.js'

let cwd = ''
let server: Server
let url = ''
const serviceMs = 5

/** Answers one request every 5 ms, never more: a busy machine only makes it slower. */
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'nautilus-max-rate-'))
  let freeAt = 0
  server = createServer((_, response) => {
    const now = monotonicClock.now()
    freeAt = Math.max(now, freeAt) + serviceMs * nsPerMs
    setTimeout(() => response.end('ok'), Math.ceil((freeAt - now) / nsPerMs))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(cwd, { recursive: true, force: true })
})

type Calling = { readonly stop?: AbortController; readonly stopAt?: RegExp }

function ioOf({ stop = new AbortController(), stopAt = /^never$/ }: Calling = {}) {
  const said = { out: '', err: '' }
  const io: Io = {
    out: (text) => {
      said.out += text
    },
    err: (text) => {
      said.err += text
      if (stopAt.test(text)) stop.abort('SIGINT')
    },
    ...{ cwd, env: {}, terminal: false, color: false, columns: 80, stop: stop.signal },
  }
  return { io, said }
}

async function search(args: readonly string[], calling: Calling = {}) {
  const { io, said } = ioOf(calling)
  let code: number | null = null
  const command = loadCommand(io, (given) => {
    code = given
  })
  const given = ['--find-max-rate', '--queue', '--warmup', '100ms', '-d', '800ms', '--limit', 'p95<100ms', ...args]
  await command.exitOverride().parseAsync([url, ...given], { from: 'user' })
  return { ...said, code }
}

const keptCapacity = () => {
  const [id = ''] = readdirSync(join(cwd, '.nautilus/capacities'))
  return capacity.parse(JSON.parse(readFileSync(join(cwd, '.nautilus/capacities', id, 'capacity.json'), 'utf8')))
}

/** Without the lock of the machine: other tests need it too. */
async function drive(io: Io, profile: Profile, runId: string): Promise<RunResult> {
  const access = {
    ...{ systemId: 't', bus: { kind: 'in-process' as const }, storeUrl: null },
    ...{ services: [], addresses: {}, engines: [] },
  }
  const plan = await planBench(profile, { systemId: 't', cwd, runId, offline: true, faults: {} })
  return runTarget(plan, access, {
    ...{ clock: monotonicClock, stop: io.stop, systemFailed: new Promise(() => undefined) },
    ...{ onSnapshot: () => undefined, profile: maskedInput(profile), version: '0', cwd },
  })
}

test(
  'a server that answers one request every 5 ms holds no 300/s, and is caught between two rates',
  async () => {
    // To the first rate that breaks: how far the bracket then closes is for the tests of the search itself.
    const stop = new AbortController()
    const { io } = ioOf({ stop })
    const common = { connections: '10', workers: '1', arrivals: 'constant', timeout: '5s' }
    const profile = quickProfile(url, { ...common, duration: '800ms', warmup: '100ms', limit: ['p95<100ms'] }, cwd)
    const { sla, load } = profile.config
    const asked = {
      sla,
      probes: [],
      startPerSec: 100,
      ratePerSecMax: 1e6,
      warmupNs: load.warmup,
      durationNs: load.duration,
    }
    const { rungs, state } = await findMaxRate(asked, {
      stop: stop.signal,
      note: (text) => {
        if (/\d\/s does not/.test(text)) stop.abort('SIGINT')
      },
      measure: ({ ratePerSec, ...spans }, purpose) =>
        drive(io, profileAt(profile, { ...spans, load: { ratePerSec }, short: purpose !== 'confirmation' }), purpose),
    })
    expect(rungs[0]?.ratePerSec).toBe(100)
    for (const { ratePerSec, answer } of rungs) if (ratePerSec > 300) expect(answer).not.toBe('holds')
    expect(state.holdsPerSec ?? 0).toBeLessThan(300)
    // A generator that is held up for the whole test is the one other way in which it may end.
    if (state.cause === 'instrument') return
    expect(state.breaksPerSec).not.toBeNull()
    expect(state.breaksPerSec ?? 0).toBeLessThanOrEqual(400)
  },
  testDeadlineMs,
)

test(
  'Ctrl-C keeps what is known by then',
  async () => {
    const { out, code, err } = await search([], { stopAt: /^rung 1 / })
    expect(code).toBe(130)
    expect(err).toContain('stopping; partial result will be kept')
    expect(out).toMatch(/^INTERRUPTED {2}SIGINT; no rate has held so far$/m)
    expect(out).toMatch(/^closed loop of 10: nautilus \d/m)
    const found = keptCapacity()
    expect(found).toMatchObject({ status: 'interrupted', interrupted: 'SIGINT', rungs: [], runId: null })
    expect(readdirSync(join(cwd, '.nautilus'))).toEqual(['capacities'])
    expect(found.probes.map(({ tool }) => tool)).toEqual(['nautilus', 'autocannon'])
    // It cannot be answered faster than the server answers, but for what was under way at the edges of the window.
    for (const { completedPerSec } of found.probes) expect(completedPerSec).toBeLessThan(260)
  },
  testDeadlineMs,
)

test.each([
  { name: 'ramp', args: ['--arrivals', 'ramp:1/s..9/s'], text: 'needs a load of one rate' },
  {
    name: 'rate',
    args: ['--rate', '100/s'],
    text: "option '--find-max-rate' cannot be used with option '-r, --rate <rate>'",
  },
])('a search refuses what it chooses itself: $name', async ({ args, text }) => {
  await expect(search(args)).rejects.toThrow(text)
})
