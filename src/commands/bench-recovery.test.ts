import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import {
  bench,
  type Desk,
  engineProcess,
  keptResults,
  leftOf,
  makeDesk,
  removeDesk,
  testDeadlineMs,
} from '../command-fixture.js'
import { present } from '../core/assert.js'
import { nsPerSec } from '../core/units.js'

// An engine that dies in the middle of a load is started anew by its supervisor, and takes up what it left: of what travels
// by certain topics nothing is lost, on one bus and across two.

vi.setConfig({ testTimeout: testDeadlineMs })

const desks: Desk[] = []
afterEach(() => {
  for (const desk of desks.splice(0)) removeDesk(desk)
})

// Patient, so that nothing is given up that the engine, once it is back, still answers.
const profile = `version: 1
name: desk
services: { logic-bus: { kind: redis }, market-bus: { kind: redis } }
bus:
  kind: redis
  service: logic-bus
  others: { market-bus: {} }
  topics: { market.event: { bus: market-bus }, tick: { bus: market-bus } }
engines:
  market-data: {}
  signals: { settings: { assets: 7, deadline: 5s } }
  strategy: { settings: { deadline: 5s } }
  risk: { settings: { deadline: 5s } }
  order-gateway: { settings: { placementTimeout: 20s, batch: { window: 5ms } } }
  matching: {}
load:
  scenario: pipeline
  source: { kind: generated, symbols: 7 }
  arrivals: { kind: constant, rate: 400/s }
  warmup: 500ms
  duration: 4s
  timeout: 20s
  drain: 20s
sla: { endToEnd: { p95: 20s } }
`

test.each(['market-data', 'signals', 'strategy', 'risk', 'order-gateway', 'matching'])(
  '%s is killed under load: nothing is lost, repeats are counted, and it is back within two seconds',
  async (engine) => {
    const desk = makeDesk(profile)
    desks.push(desk)
    const call = bench(desk)
    await call.said('desk  measuring')
    await sleep(500)
    const pid = present(engineProcess(desk, engine)[0], 'the engine runs')
    // Stopped in its read, it is sent what comes next, and dies with it.
    process.kill(pid, 'SIGSTOP')
    await sleep(100)
    process.kill(pid, 'SIGKILL')
    const code = await call.ended
    const [result] = keptResults(desk)
    const { accounting, engines, buses } = present(result, `the result is kept; it said ${call.err()}`)
    const { planned, sent, traded, noTrade, rejected, failed, timedOut, dropped, lost } = accounting
    expect({ planned, sent, timedOut, dropped, lost }).toEqual({
      ...{ planned: 1_600, sent: 1_600, timedOut: 0, dropped: 0, lost: 0 },
    })
    expect(traded + noTrade + rejected + failed).toBe(planned)
    const died = engines.filter(({ restartCount }) => restartCount > 0)
    expect(died.map(({ name, restartCount }) => [name, restartCount])).toEqual([[engine, 1]])
    expect(died[0]?.recoveryNsMax).toBeLessThan(2 * nsPerSec)
    expect(died[0]?.counters['redelivered']).toBeGreaterThan(0)
    expect(buses.map(({ name }) => name)).toEqual(['logic-bus', 'market-bus'])
    for (const { messages } of buses) expect(messages).toBeGreaterThan(planned / 2)
    expect(call.out()).toContain(`${engine} died once, back after`)
    expect([0, 3], call.out()).toContain(code)
    expect(leftOf(desk)).toEqual([])
  },
)
