import { expect, test } from 'vitest'
import type { Clock } from '../../core/clock.js'
import { durationNs, instantNs, nsPerMs, nsPerSec } from '../../core/units.js'
import type { TargetClient } from './client.js'
import { Flight } from './flight.js'
import type { MeasurementPlan } from './measurement.js'
import { RequestRecorder } from './request-recorder.js'
import { planSchedule, ScheduleCursor } from './schedule-cursor.js'

const startAt = instantNs(nsPerSec)
const windowNs = durationNs(100 * nsPerMs)
const phases = [{ lengthNs: windowNs, fromPerSec: 1_000, toPerSec: 1_000 }]
const arrivals = { kind: 'phases', spacing: 'even', phases } as const
const plan: MeasurementPlan = {
  ...{ arrivals, client: { kind: 'function', module: 'none', export: 'default' } },
  ...{ seed: 1, warmupNs: durationNs(0), windowNs, timeoutNs: durationNs(nsPerSec), drainNs: durationNs(0) },
  ...{ workers: 1, connections: 10, inFlightMax: 100, endToEndLimitsNs: [], components: [] },
  ...{ pacing: null, targetIsLocal: true },
}

/** A flight whose requests are answered by the test, at instants of the test's clock. */
function flightOf(onSend: (slot: number, seq: number) => void) {
  let at = startAt
  const clock: Clock = { now: () => at }
  const flight = new Flight({ plan, slotCount: 100, clock })
  const sent: { readonly seq: number; readonly at: number; readonly slot: number }[] = []
  const client: TargetClient = {
    path: 'a test',
    open: async () => undefined,
    send: (slot, seq) => {
      sent.push({ seq, at: (at - startAt) / nsPerMs, slot })
      flight.sent(slot, at)
      onSend(slot, seq)
    },
    abandon: () => undefined,
    close: async () => undefined,
  }
  flight.begin({
    client,
    recorder: new RequestRecorder(plan, startAt),
    rehearsal: new RequestRecorder(plan, startAt),
    cursor: new ScheduleCursor(planSchedule({ ...plan, arrivals }), { index: 0, of: 1 }),
    startAt,
    endAt: instantNs(startAt + windowNs),
    ...{ workerIndex: 0, workerCount: 1 },
  })
  const moveTo = (ms: number): void => {
    at = instantNs(startAt + ms * nsPerMs)
  }
  const answer = (slot: number): void => flight.done(slot, at, null, -1)
  return { flight, sent, moveTo, answer }
}

test('an answer that finds requests due sends them, when nobody else has', () => {
  const { flight, sent, moveTo, answer } = flightOf(() => undefined)
  expect(flight.sendDue()).toBe(startAt + nsPerMs)
  moveTo(0.5)
  answer(sent[0]?.slot ?? -1)
  expect(sent.map(({ seq }) => seq)).toEqual([0])
  flight.sendDue()
  moveTo(1)
  flight.sendDue()
  moveTo(3.2)
  answer(sent[1]?.slot ?? -1)
  expect(sent.map(({ seq, at }) => [seq, at])).toEqual([
    [0, 0],
    [1, 1],
    [2, 3.2],
    [3, 3.2],
  ])
  expect(flight.sendDue()).toBe(startAt + 4 * nsPerMs)
})

test('a target that answers within the send is sent each request once', () => {
  const { flight, sent, moveTo, answer } = flightOf((slot) => answer(slot))
  moveTo(5)
  expect(flight.sendDue()).toBe(startAt + 6 * nsPerMs)
  expect(sent.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5])
  moveTo(200)
  expect(flight.sendDue()).toBe(Number.POSITIVE_INFINITY)
  expect(sent).toHaveLength(100)
  expect(flight.inFlight).toBe(0)
})
