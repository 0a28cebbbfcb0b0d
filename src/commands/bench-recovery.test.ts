import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { bench, type Desk, deskOf, engineProcess, keptResults, leftOf, testDeadlineMs } from '../command-fixture.js'
import { present } from '../core/assert.js'
import { nsPerSec } from '../core/units.js'
import { openRedis } from '../platform/pools/redis-connection.js'
import { patientPipeline } from '../recovery-fixture.js'

// An engine that dies in the middle of a load is started anew by its supervisor, and takes up what it left: of what travels
// by certain topics nothing is lost, on one bus and across two.

vi.setConfig({ testTimeout: testDeadlineMs })

const profile = patientPipeline({
  buses: `services: { logic-bus: { kind: redis }, market-bus: { kind: redis } }
bus:
  kind: redis
  service: logic-bus
  others: { market-bus: {} }
  topics: { market.event: { bus: market-bus }, tick: { bus: market-bus } }`,
  duration: '4s',
})

/**
 * Kills an engine that has been given a message and has not acknowledged it. Stopped in its read, it is sent what comes next;
 * stopped in its work it may hold none, and is let go on.
 */
async function killHoldingAMessage(desk: Desk, engine: string): Promise<void> {
  const pid = present(engineProcess(desk, engine)[0], 'the engine runs')
  for (let attempt = 0; attempt < 20; attempt += 1) {
    process.kill(pid, 'SIGSTOP')
    await sleep(100)
    if ((await pendingOf(desk, engine)) > 0) break
    process.kill(pid, 'SIGCONT')
    await sleep(50)
  }
  process.kill(pid, 'SIGKILL')
}

/** Messages that the group of an engine was given on any bus and has not acknowledged. */
async function pendingOf(desk: Desk, engine: string): Promise<number> {
  const sockets = readdirSync(desk.temporary, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('redis.sock'),
  )
  let pending = 0
  for (const socket of sockets) {
    const redis = await openRedis(`unix:${join(desk.temporary, socket)}`)
    for (const key of await redis.keys('*')) {
      const groups = (await redis.type(key)) === 'stream' ? await redis.call('xinfo', ['GROUPS', key]) : []
      for (const facts of Array.isArray(groups) ? groups : []) {
        const of = (name: string): string => String(facts[facts.indexOf(name) + 1])
        if (of('name').endsWith(`:${engine}`)) pending += Number(of('pending'))
      }
    }
    redis.disconnect()
  }
  return pending
}

/** Both buses gather, and send frames. */
const gathering = ['logic-bus', 'market-bus'].flatMap((name) => {
  const path = name === 'logic-bus' ? 'bus' : `bus.others.${name}`
  return ['codec=frame', 'batch={ window: 500us }'].flatMap((option) => ['--set', `${path}.${option}`])
})

test.each([
  ...['market-data', 'signals', 'strategy', 'risk', 'order-gateway', 'matching'].map((engine) => ({
    engine,
    options: [],
  })),
  { engine: 'risk', options: gathering },
])(
  '$engine is killed under load: nothing is lost, repeats are counted, and it is back within two seconds; $options',
  async ({ engine, options }) => {
    const desk = deskOf(profile)
    const call = bench(desk, options)
    await call.said('desk  measuring')
    await sleep(500)
    await killHoldingAMessage(desk, engine)
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
    const away = engines.filter(({ readyShare }) => readyShare !== 1)
    expect(away.map(({ name }) => name)).toEqual([engine])
    expect(away[0]?.readyShare).toBeGreaterThan(0.5)
    expect(died[0]?.counters['redelivered']).toBeGreaterThan(0)
    expect(buses.map(({ name }) => name)).toEqual(['logic-bus', 'market-bus'])
    for (const { messages } of buses) expect(messages).toBeGreaterThan(planned / 2)
    expect(call.out()).toContain(`${engine} died once, back after`)
    expect([0, 3], call.out()).toContain(code)
    expect(leftOf(desk)).toEqual([])
  },
)

test('where orders are not waited for, the breaker before a venue that died opens, and closes once it is back', async () => {
  const desk = deskOf(profile)
  const gateway = 'engines.order-gateway.settings'
  const breaker = `${gateway}.breaker={ failures: 3, openFor: 500ms, trials: 2 }`
  const call = bench(desk, ['--set', `${gateway}.placementTimeout=50ms`, '--set', breaker])
  await call.said('desk  measuring')
  await sleep(500)
  process.kill(present(engineProcess(desk, 'matching')[0], 'the venue runs'), 'SIGKILL')
  await call.ended
  const { accounting, engines } = present(keptResults(desk)[0], `the result is kept; it said ${call.err()}`)
  const { counters } = present(
    engines.find(({ name }) => name === 'order-gateway'),
    'the gateway is told of',
  )
  expect(counters['breaker opened']).toBeGreaterThan(0)
  expect(counters['breaker closed']).toBeGreaterThan(0)
  expect(accounting.reasons).toMatchObject({ 'breaker open': expect.any(Number) })
  expect({ timedOut: accounting.timedOut, lost: accounting.lost }).toEqual({ timedOut: 0, lost: 0 })
  expect(call.out()).toMatch(/^breaker {5}order-gateway opened/m)
  expect(leftOf(desk)).toEqual([])
})
