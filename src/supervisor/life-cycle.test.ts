import { describe, expect, test } from 'vitest'
import { durationNs, type InstantNs, instantNs, nsPerMs, nsPerSec } from '../core/units.js'
import { backoff } from '../platform/flow/backoff.js'
import {
  firstState,
  type LifeEvent,
  type LifeRules,
  type LifeState,
  lifeCycle,
  notReadyNsAt,
  restartLimits,
} from './life-cycle.js'

const rules: LifeRules = {
  kind: 'probed',
  restart: { policy: 'on-failure', restartsMax: 2, windowNs: durationNs(60 * nsPerSec) },
}
const at = (seconds: number): InstantNs => instantNs(seconds * nsPerSec)
const start: LifeEvent = { kind: 'start', at: at(0) }
const ready = (generation = 1, seconds = 1): LifeEvent => ({ kind: 'ready', at: at(seconds), generation })
const exit = (code: string, generation = 1, seconds = 2): LifeEvent => ({
  kind: 'exit',
  at: at(seconds),
  generation,
  exit: code,
  draw: 0.5,
})
const retry = (generation = 1, seconds = 3): LifeEvent => ({ kind: 'retry', at: at(seconds), generation })
const timeout: LifeEvent = { kind: 'timeout', at: at(2), generation: 1 }
const stop: LifeEvent = { kind: 'stop', at: at(2) }
const restart: LifeEvent = { kind: 'restart', at: at(2) }

const run = (events: readonly LifeEvent[], changes: Partial<LifeRules> = {}): LifeState =>
  events.reduce(lifeCycle({ ...rules, ...changes }), firstState)

const policy = (name: 'never' | 'always') => ({ restart: { ...rules.restart, policy: name } })

test.each([
  { name: 'starts when it may', events: [start], phase: 'starting', generation: 1 },
  { name: 'is ready when it says so', events: [start, ready()], phase: 'ready', generation: 1 },
  {
    name: 'starts again after a failure',
    events: [start, ready(), exit('1'), retry()],
    phase: 'starting',
    generation: 2,
  },
  { name: 'waits before it starts again', events: [start, ready(), exit('SIGSEGV')], phase: 'backoff', generation: 1 },
  { name: 'leaves a clean exit alone', events: [start, ready(), exit('0')], phase: 'exited', generation: 1 },
  {
    name: 'takes an exit with 0 before readiness for a failure',
    events: [start, exit('0')],
    phase: 'backoff',
    generation: 1,
  },
  { name: 'is ended when it is not ready in time', events: [start, timeout], phase: 'stopping', generation: 1 },
  {
    name: 'has failed when it was never ready in time',
    events: [start, timeout, exit('SIGTERM')],
    phase: 'failed',
    generation: 1,
  },
  {
    name: 'does not start again after a stop',
    events: [start, ready(), stop, exit('1'), retry()],
    phase: 'exited',
    generation: 1,
  },
  {
    name: 'does not start out of back-off after a stop',
    events: [start, exit('1'), stop, retry()],
    phase: 'exited',
    generation: 1,
  },
  { name: 'does not start at all after a stop while waiting', events: [stop, start], phase: 'exited', generation: 0 },
  {
    name: 'a stop during a restart wins',
    events: [start, ready(), restart, stop, exit('0')],
    phase: 'exited',
    generation: 1,
  },
  {
    name: 'a restart during a stop does nothing',
    events: [start, ready(), stop, restart, exit('0')],
    phase: 'exited',
    generation: 1,
  },
  { name: 'a restart ends the old start first', events: [start, ready(), restart], phase: 'stopping', generation: 1 },
  {
    name: 'a restart starts it again whatever the exit',
    events: [start, ready(), restart, exit('0')],
    phase: 'starting',
    generation: 2,
  },
  {
    name: 'a restart brings back what has failed',
    events: [start, timeout, exit('1'), restart],
    phase: 'starting',
    generation: 2,
  },
  {
    name: 'a restart does not wait for the back-off',
    events: [start, exit('1'), restart],
    phase: 'starting',
    generation: 2,
  },
  { name: 'ignores a late exit', events: [start, exit('1'), retry(), exit('1', 1)], phase: 'starting', generation: 2 },
  { name: 'ignores a late readiness', events: [start, exit('1'), retry(), ready(1)], phase: 'starting', generation: 2 },
  { name: 'ignores a late timeout', events: [start, ready(), timeout], phase: 'ready', generation: 1 },
] as const)('$name', ({ events, phase, generation }) => {
  expect(run(events)).toMatchObject({ phase, generation })
})

test.each([
  { name: 'a one-shot is done at 0', events: [start, exit('0')], changes: { kind: 'oneShot' }, phase: 'exited' },
  {
    name: 'a failed one-shot is tried again',
    events: [start, exit('1')],
    changes: { kind: 'oneShot' },
    phase: 'backoff',
  },
  {
    name: 'a one-shot is not repeated under always',
    events: [start, exit('0')],
    changes: { kind: 'oneShot', ...policy('always') },
    phase: 'exited',
  },
  {
    name: 'always starts again after 0',
    events: [start, ready(), exit('0')],
    changes: policy('always'),
    phase: 'backoff',
  },
  {
    name: 'never has failed at the first failure',
    events: [start, ready(), exit('1')],
    changes: policy('never'),
    phase: 'failed',
  },
  {
    name: 'never leaves a clean exit alone',
    events: [start, ready(), exit('0')],
    changes: policy('never'),
    phase: 'exited',
  },
] as const)('$name', ({ events, changes, phase }) => {
  expect(run(events, changes).phase).toBe(phase)
})

describe('the limit of restarts', () => {
  const failing = (secondsApart: number): LifeState =>
    run([
      start,
      exit('1', 1, 1),
      retry(1, 1 + secondsApart),
      exit('1', 2, 1 + secondsApart),
      retry(2, 1 + 2 * secondsApart),
      exit('1', 3, 1 + 2 * secondsApart),
    ])

  test('is hit by rapid failures', () => {
    expect(failing(1)).toMatchObject({ phase: 'failed', restartCount: 2 })
    expect(failing(1).reason).toBe('ended with exit code 1 before it was ready, after 2 restarts within 60 s')
  })

  test('does not count restarts outside its window', () => {
    expect(failing(61)).toMatchObject({ phase: 'backoff', restartCount: 3 })
  })
})

describe('back-off', () => {
  test.each([
    { failureStreak: 0, draw: 0.5, ms: 200 },
    { failureStreak: 1, draw: 0.5, ms: 400 },
    { failureStreak: 5, draw: 0.5, ms: 6_400 },
    { failureStreak: 6, draw: 0.5, ms: 10_000 },
    { failureStreak: 60, draw: 0.5, ms: 10_000 },
    { failureStreak: 0, draw: 0, ms: 160 },
    { failureStreak: 6, draw: 1, ms: 12_000 },
  ])('is $ms ms after $failureStreak failures before with draw $draw', ({ failureStreak, draw, ms }) => {
    expect(backoff(failureStreak, restartLimits, draw)).toBe(ms * nsPerMs)
  })

  test('grows with each failure in a row, and begins anew after half a minute of health', () => {
    const second = run([start, exit('1', 1, 1), retry(1, 2), ready(2, 3), exit('1', 2, 4)])
    expect(second.retryAt).toBe(at(4) + 400 * nsPerMs)
    const healthy = run([start, exit('1', 1, 1), retry(1, 2), ready(2, 3), exit('1', 2, 33)])
    expect(healthy.retryAt).toBe(at(33) + 200 * nsPerMs)
  })
})

describe('an outage', () => {
  test('lasts from the end by itself until it is ready again, starts that failed included; the longest counts', () => {
    const died = run([start, ready(), exit('SIGKILL', 1, 5)])
    expect(died).toMatchObject({ diedAt: at(5), recoveryNsMax: null })
    const back = [start, ready(), exit('SIGKILL', 1, 5), retry(1, 6), exit('1', 2, 7), retry(2, 8), ready(3, 9)]
    expect(run(back)).toMatchObject({ diedAt: null, recoveryNsMax: 4 * nsPerSec })
    const again = [...back, exit('SIGKILL', 3, 100), retry(3, 101), ready(4, 102)]
    expect(run(again)).toMatchObject({ recoveryNsMax: 4 * nsPerSec, notReadyNs: 6 * nsPerSec })
  })

  test('begins when the process ended, not when what it had left was ended', () => {
    const ended: LifeEvent = { kind: 'exit', at: at(6), endedAt: at(5), generation: 1, exit: '1', draw: 0.5 }
    expect(run([start, ready(), ended, retry(1, 7), ready(2, 8)]).recoveryNsMax).toBe(3 * nsPerSec)
  })

  test('is none where it was asked to start again', () => {
    const asked = run([start, ready(), restart, exit('0'), ready(2, 4)])
    expect(asked).toMatchObject({ recoveryNsMax: null })
  })
})

test.each([
  { name: 'it was asked to start again', events: [restart, exit('0', 1, 3), ready(2, 4)], seconds: 2 },
  { name: 'it ended by itself', events: [exit('1', 1, 2), retry(1, 3), ready(2, 5)], seconds: 3 },
  { name: 'it was done and is not started again', events: [exit('0', 1, 4)], seconds: 6 },
  { name: 'it has failed for good', events: [exit('1', 1, 4)], changes: policy('never'), seconds: 6 },
])('the time in which it is not ready counts where $name', ({ events, changes, seconds }) => {
  const state = run([start, ready(), ...events], changes)
  expect(notReadyNsAt(state, at(10))).toBe(seconds * nsPerSec)
})
