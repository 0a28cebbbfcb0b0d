import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import {
  bench,
  callNautilus,
  deskOf,
  keptResults,
  leftOf,
  processesNamed,
  testDeadlineMs,
  untilNothingIsLeft,
} from '../command-fixture.js'
import { present } from '../core/assert.js'

// What a bench tells of its own instrument, and the options that touch it.

vi.setConfig({ testTimeout: testDeadlineMs })

const profile = `version: 1
name: desk
services: { bus: { kind: redis } }
bus: { kind: redis, service: bus }
engines:
  order-gateway: { settings: { batch: off } }
  matching: {}
load:
  scenario: orders
  arrivals: { kind: constant, rate: 100/s }
  warmup: 300ms
  duration: 4s
  drain: 1s
sla: { endToEnd: { p95: 400ms } }
`

test('a run tells its noise floor, what every process did, and keeps the profile of an engine', async () => {
  const at = deskOf(profile)
  const call = bench(at, ['--cpu-profile', 'matching', '--keep-awake'])
  // What a busy machine makes of its figures does not matter here.
  expect([0, 1, 3, 4]).toContain(await call.ended)
  const result = present(keptResults(at)[0], 'the result is kept')
  expect(result.fidelity).toMatchObject({ keptAwake: true, noiseFloor: { target: 'null server by HTTP' } })
  expect(result.activity.map(({ process }) => process)).toEqual(['order-gateway', 'matching', 'sender', 'collector'])
  // Ours tell what nobody sees from outside.
  expect(result.activity[1]?.intervals.some(({ gcNs }) => gcNs !== null)).toBe(true)
  expect(result.cpuProfiles).toEqual([{ process: 'matching', file: 'cpu-profiles/matching.cpuprofile' }])
  const file = join(at.folder, '.nautilus/runs', result.id, 'cpu-profiles/matching.cpuprofile')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ nodes: expect.any(Array), samples: expect.any(Array) })
  expect(result.fidelity.status).not.toBe('valid')
  expect(call.out()).toContain('matching ran under its profiler')
  expect(call.out()).toContain('cpu-profiles/matching.cpuprofile')
  expect(call.out()).toMatch(/noise floor/)
  expect(leftOf(at)).toEqual([])
})

test('what keeps cores awake dies with a bench that is killed', async () => {
  const at = deskOf(profile)
  const call = bench(at, ['--keep-awake', '--set', 'load.duration=20s'])
  await call.said('desk  measuring')
  expect(processesNamed(at, /keep-awake-entry/)).toHaveLength(1)
  call.child.kill('SIGKILL')
  await call.ended
  await untilNothingIsLeft(at)
})

test('a generator that is starved of its core has no verdict', async () => {
  const at = deskOf(profile)
  const call = bench(at, ['--set', 'sla.endToEnd.p95=200ms'])
  await call.said('desk  measuring')
  // A third of the window: what was due then is sent late, by up to 300 ms.
  for (let stop = 0; stop < 4; stop += 1) {
    call.child.kill('SIGSTOP')
    await sleep(300)
    call.child.kill('SIGCONT')
    await sleep(400)
  }
  expect(await call.ended).not.toBe(0)
  const { fidelity } = present(keptResults(at)[0], 'the result is kept')
  expect(fidelity.status).toBe('invalid')
  expect(fidelity.reasons.join('; ')).toMatch(/lateness p99 .* of the end-to-end limit of 200 ms/)
  expect(leftOf(at)).toEqual([])
})

describe('the self-check', () => {
  test('tells which server it drives, and leaves nothing when it is stopped', async () => {
    const at = deskOf(profile)
    const call = callNautilus(at, ['bench', '--self-check', '--queue'])
    await call.said('checking: null server')
    call.child.kill('SIGINT')
    expect(await call.ended).toBe(130)
    expect(call.err()).toContain('stopped by SIGINT')
    await untilNothingIsLeft(at)
  })
})
