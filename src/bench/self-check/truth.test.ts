import { expect, test } from 'vitest'
import { assertNever } from '../../core/assert.js'
import { instantNs, nsPerMs, nsPerSec, nsPerUs } from '../../core/units.js'
import { type Behaviour, dueAt, fixedDelay, stalling } from './behaviour.js'
import type { ServerLog } from './server-log.js'
import { evenInstants, trueQuantileNs, truthOf } from './truth.js'

const originAt = instantNs(7 * nsPerSec)

const quantileShares = [0.5, 0.9, 0.95, 0.99, 0.999, 1] as const

/**
 * What an ideal generator of equally spaced requests would report, without any cost of wire or server. Of a slow connection
 * nothing can be said beforehand: it depends on which connections the generator takes.
 */
function analyticQuantileNs(behaviour: Behaviour, share: number): number | null {
  switch (behaviour.kind) {
    case 'null':
      return 0
    case 'fixed':
      return behaviour.delayNs
    case 'stall': {
      const { delayNs, stallNs, periodNs } = behaviour
      // A share stallNs / periodNs of the requests comes within a stall and waits for 0 to stallNs, evenly.
      const above = (1 - share) * periodNs
      return delayNs + Math.max(0, stallNs - above)
    }
    case 'two-modes':
      return share > 1 - 1 / behaviour.slowEvery ? behaviour.slowNs : behaviour.delayNs
    case 'slow-connection':
      return null
    default:
      return assertNever(behaviour)
  }
}

/** The log of a server that is never late, asked at each instant by connections in turn. */
function perfectLog(behaviour: Behaviour, askedAt: Float64Array, lateNs = 0): ServerLog {
  const connection = Int32Array.from(askedAt, (_, index) => index % 10)
  const due = askedAt.map((at, index) =>
    dueAt(behaviour, { at: instantNs(at), index, connection: connection[index] ?? 0 }, originAt),
  )
  const answeredAt = due.map((at) => at + lateNs)
  return { originAt, count: askedAt.length, arrivedAt: askedAt, dueAt: due, answeredAt, connection, unlogged: 0 }
}

const twoModes: Behaviour = { kind: 'two-modes', delayNs: nsPerMs, slowNs: 20 * nsPerMs, slowEvery: 20 }

test.each<{ name: string; behaviour: Behaviour; ratePerSec: number }>([
  { name: 'null', behaviour: { kind: 'null' }, ratePerSec: 1_000 },
  { name: 'fixed delay', behaviour: fixedDelay(5 * nsPerMs), ratePerSec: 1_000 },
  { name: 'periodic stall at 1,000/s', behaviour: stalling, ratePerSec: 1_000 },
  { name: 'periodic stall at 5,000/s', behaviour: stalling, ratePerSec: 5_000 },
  { name: 'two modes', behaviour: twoModes, ratePerSec: 1_000 },
])('the truth of $name is its analytic distribution', ({ behaviour, ratePerSec }) => {
  const intended = evenInstants(originAt, 20 * nsPerSec, ratePerSec)
  const truth = truthOf(behaviour, perfectLog(behaviour, intended), intended).sort()
  expect(truth).toHaveLength(20 * ratePerSec)
  for (const share of quantileShares) {
    // Requests lie one interval apart, and with them the times of those that a stall holds.
    const grainNs = behaviour.kind === 'stall' ? nsPerSec / ratePerSec : 0
    const analytic = analyticQuantileNs(behaviour, share) ?? 0
    expect(Math.abs(trueQuantileNs(truth, share) - analytic)).toBeLessThanOrEqual(grainNs)
  }
})

test('the stalling server has the percentiles that the literature of this project quotes', () => {
  const ms = [0.5, 0.95, 0.99, 0.999, 1].map((share) => (analyticQuantileNs(stalling, share) ?? 0) / nsPerMs)
  expect(ms.map((value) => Number(value.toFixed(3)))).toEqual([0.2, 100.2, 180.2, 198.2, 200.2])
})

test('a generator that is late changes nothing of the truth, a server that is late does', () => {
  const intended = evenInstants(originAt, 4 * nsPerSec, 1_000)
  const lateGenerator = perfectLog(
    stalling,
    intended.map((at) => at + 300 * nsPerUs),
  )
  expect(truthOf(stalling, lateGenerator, intended)).toEqual(
    truthOf(stalling, perfectLog(stalling, intended), intended),
  )
  const lateServer = truthOf(stalling, perfectLog(stalling, intended, 40 * nsPerUs), intended).sort()
  expect(trueQuantileNs(lateServer, 0.5)).toBe(240 * nsPerUs)
})

test('of a slow connection only its own requests are slow, and nothing can be said beforehand', () => {
  const behaviour: Behaviour = { kind: 'slow-connection', delayNs: nsPerMs, slowNs: 9 * nsPerMs, slowEvery: 10 }
  const intended = evenInstants(originAt, nsPerSec, 100)
  const truth = truthOf(behaviour, perfectLog(behaviour, intended), intended)
  expect(truth.filter((time) => time === 9 * nsPerMs)).toHaveLength(10)
  expect(analyticQuantileNs(behaviour, 0.5)).toBeNull()
})

test('what came before the schedule began is not taken for it', () => {
  const warmUp = evenInstants(originAt - nsPerSec, 2 * nsPerSec, 1_000)
  const behaviour = twoModes
  const intended = evenInstants(originAt, nsPerSec, 1_000)
  expect(truthOf(behaviour, perfectLog(behaviour, warmUp), intended)).toHaveLength(1_000)
  expect(truthOf(behaviour, perfectLog(behaviour, new Float64Array(0)), intended)).toHaveLength(0)
})
