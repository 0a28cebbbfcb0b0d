import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  bench,
  type Call,
  callDeadlineMs,
  type Desk,
  keptResults,
  leftOf,
  makeDesk,
  removeDesk,
  testDeadlineMs,
  untilNothingIsLeft,
} from '../command-fixture.js'
import { childScript, eventually } from '../supervisor/child-fixture.js'

// kill -9 of nautilus, and of the npx in front of it, at moments from the first process to the last: five seconds later no
// process, socket, shared memory, pid file or temporary folder is left.

vi.setConfig({ testTimeout: testDeadlineMs })

const profile = (engines = ''): string => `version: 1
name: desk
services: { bus: { kind: redis }, store: { kind: postgres } }
bus: { kind: redis, service: bus }
engines:
  order-gateway: { settings: { batch: off } }
  matching: {}
${engines}
load:
  scenario: orders
  arrivals: { kind: constant, rate: 200/s }
  warmup: 300ms
  duration: 1s
  drain: 1s
sla: { endToEnd: { p95: 400ms } }
`

let desk: Desk | null = null
afterEach(() => {
  if (desk !== null) removeDesk(desk)
  desk = null
})

type Moment = {
  readonly moment: string
  readonly comes: (at: Desk, call: Call) => Promise<void>
  readonly engines?: string
}

const deaf = `  deaf: { command: [${process.execPath}, ${childScript('ignore-term.mjs')}], ready: { notify: true } }`

const says = (moment: string, text: string): Moment => ({ moment, comes: (_, call) => call.said(text) })

const hasTemporary = (moment: string, path: string): Moment => ({
  moment,
  comes: (at, call) =>
    eventually(
      () => `${path} is there; nautilus said ${call.err()}`,
      () =>
        readdirSync(at.temporary).some(
          (name) => name.startsWith('nautilus-') && existsSync(join(at.temporary, name, path)),
        ),
      callDeadlineMs,
    ),
})

const moments: readonly Moment[] = [
  hasTemporary('its folder has just been made', '.'),
  hasTemporary('PostgreSQL makes its cluster', 'store/data/PG_VERSION'),
  says('Redis is ready', 'bus: ready'),
  says('PostgreSQL is ready', 'store: ready'),
  says('the first engine has started', ': started'),
  says('the first engine is ready', ': ready after'),
  says('the warm-up runs', 'desk  warm-up'),
  says('it measures', 'desk  measuring'),
  says('it waits for the last answers', 'desk  draining'),
  { ...says('it stops an engine that does not want to', 'stopping engines and services'), engines: deaf },
]

describe.each([
  { who: 'nautilus', front: {} },
  { who: 'the npx in front of it', front: { front: 'npx' } },
] as const)('kill -9 of $who leaves nothing', ({ front }) => {
  test.each(moments)('when $moment', async ({ comes, engines }) => {
    const at = makeDesk(profile(engines))
    desk = at
    const call = bench(at, [], front)
    await comes(at, call)
    // What belongs to it is noted, so that it is known again without its parents.
    expect(leftOf(at)).not.toEqual([])
    call.child.kill('SIGKILL')
    await untilNothingIsLeft(at)
    expect(await call.ended).toBe('SIGKILL')
  })
})

test('a bench whose npx was killed keeps what it had measured', async () => {
  const at = makeDesk(profile())
  desk = at
  const call = bench(at, ['--set', 'load.duration=20s'], { front: 'npx' })
  await call.said('desk  measuring')
  call.child.kill('SIGKILL')
  await untilNothingIsLeft(at)
  expect(keptResults(at)).toMatchObject([{ interrupted: 'parent' }])
})
