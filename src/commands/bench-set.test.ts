import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  bench,
  callNautilus,
  type Desk,
  keptResults,
  leftOf,
  makeDesk,
  removeDesk,
  testDeadlineMs,
} from '../command-fixture.js'

vi.setConfig({ testTimeout: testDeadlineMs })

/** A limit that no machine exceeds, in a run so short that the verdict may stay open: what matters is how runs become a set. */
const profile = `version: 1
name: desk
bus: { kind: in-process }
engines:
  market-data: {}
  signals: { settings: { lookback: 16 } }
  strategy: {}
  risk: {}
  order-gateway: { settings: { batch: off } }
  matching: {}
load: { scenario: pipeline, arrivals: { kind: constant, rate: 200/s }, warmup: 50ms, duration: 300ms, timeout: 5s, drain: 1s }
sla: { endToEnd: { p95: 5s } }
`

let desk: Desk
beforeEach(() => {
  desk = makeDesk(profile)
})
afterEach(() => removeDesk(desk))

const setId = (): string => readdirSync(join(desk.folder, '.nautilus/sets'))[0] ?? ''

test('several runs are judged together, on fresh systems with other seeds, and kept as a set', async () => {
  const call = bench(desk, ['--runs', '2', '--inconclusive', 'pass'])
  expect(await call.ended).toBe(0)
  expect(call.err()).toContain('run 1 of 2\n')
  expect(call.err()).toContain('run 2 of 2\n')
  const results = keptResults(desk)
  expect(results.length).toBe(2)
  expect(new Set(results.map(({ load }) => load.seed)).size).toBe(2)
  expect(call.out()).toContain(', 2 runs')
  expect(call.out()).toMatch(new RegExp(`set ${setId()}, the limits across its runs and in each:\\nendToEnd\\.p95 `))
  const gate = callNautilus(desk, ['gate', setId(), '--inconclusive', 'pass'])
  expect(await gate.ended).toBe(0)
  const report = callNautilus(desk, ['report', join('.nautilus/sets', setId()), '--json'])
  expect(await report.ended).toBe(0)
  expect(JSON.parse(report.out())).toMatchObject({ verdict: { runCount: 2 }, set: { id: setId(), wantedCount: 2 } })
  expect(leftOf(desk)).toEqual([])
})

test('Ctrl-C keeps the runs that are whole and says that the set is not', async () => {
  const call = bench(desk, ['--runs', '20'])
  await call.said('run 3 of 20')
  call.child.kill('SIGINT')
  expect(await call.ended).toBe(130)
  expect(keptResults(desk).length).toBeGreaterThanOrEqual(2)
  expect(call.out()).toContain(`set ${setId()}`)
  const gate = callNautilus(desk, ['gate', setId()])
  expect([await gate.ended, gate.out()]).toEqual([130, expect.stringContaining('INTERRUPTED')])
  expect(leftOf(desk)).toEqual([])
})

test.each(['0', '21', 'two'])('--runs %s is refused', async (runs) => {
  const call = bench(desk, ['--runs', runs])
  expect(await call.ended).toBe(2)
  expect(call.err()).toContain(`--runs ${runs} is not a count from 1 to 20`)
})
