import { expect, test } from 'vitest'
import { monotonicClock } from '../core/clock.js'
import { durationNs, later, nsPerMs } from '../core/units.js'
import type { Envelope } from '../platform/bus/envelope.js'
import { controlWords, createControl, createLedger, type Ledger } from './ledger.js'
import { type Outlet, unfinishedMax } from './outlet.js'
import { sendAll } from './sending.js'
import { sendStates } from './settlement.js'

const ledgerOf = (offsetsMs: readonly number[], windowMs = 3_600_000): Ledger => {
  const offsetsNs = new Float64Array(new SharedArrayBuffer(offsetsMs.length * 8))
  offsetsNs.set(offsetsMs.map((offset) => offset * nsPerMs))
  const windowNs = durationNs(windowMs * nsPerMs)
  const schedule = { offsetsNs, warmupCount: 0, warmupNs: durationNs(0), windowNs, windowNsMax: windowNs }
  return createLedger({ ...schedule, targetRatePerSec: 0 }, createControl())
}

async function send(ledger: Ledger, changes: Partial<Outlet> = {}, onPut: (sent: number) => void = () => undefined) {
  const sent: Envelope[] = []
  const flushes: number[] = []
  const startAt = monotonicClock.now()
  const { endSeq, endNs } = await sendAll({
    ...{ run: 'ab12', startAt, ledger, pacing: 'atomics-wait', clock: monotonicClock },
    feed: { take: (seq) => ({ seq }), prepare: () => undefined },
    outlet: {
      put: (envelope) => {
        sent.push(envelope)
        onPut(sent.length)
      },
      flush: () => flushes.push(sent.length),
      unfinished: () => 0,
      close: () => Promise.resolve(),
      ...changes,
    },
  })
  return { sent, flushes, startAt, endSeq, endMs: endNs / nsPerMs }
}

test('ticks leave in order, at their instants, with what the envelope needs', async () => {
  const ledger = ledgerOf([0, 1, 2, 15, 16])
  const { sent, startAt } = await send(ledger)
  expect(sent.map(({ seq, body }) => [seq, body])).toEqual([0, 1, 2, 3, 4].map((seq) => [seq, { seq }]))
  for (const { seq, intendedAt, sentAt, run, stamps } of sent) {
    expect(intendedAt).toBe(later(startAt, durationNs(ledger.offsetsNs[seq] ?? 0)))
    expect(sentAt).toBeGreaterThanOrEqual(intendedAt)
    expect(ledger.sentAt[seq]).toBe(sentAt)
    expect([run, stamps]).toEqual(['ab12', []])
  }
  expect([...ledger.sendStates]).toEqual(new Array(5).fill(sendStates.sent))
})

test('a sender that is behind sends at once, in bursts of one flush, and keeps the intended instants', async () => {
  const { sent, flushes } = await send(ledgerOf(new Array(600).fill(0)))
  expect(sent).toHaveLength(600)
  expect(flushes[0]).toBeGreaterThan(1)
  expect(flushes.length).toBeLessThan(10)
  expect(new Set(sent.map(({ intendedAt }) => intendedAt)).size).toBe(1)
})

test('what the medium cannot take is dropped, and the schedule goes on', async () => {
  let asked = 0
  const ledger = ledgerOf([0, 0, 0, 0, 1])
  const unfinished = (): number => (asked++ % 2 === 0 ? unfinishedMax : 0)
  const { sent } = await send(ledger, { unfinished })
  expect(sent.map(({ seq }) => seq)).toEqual([1, 3])
  const { sent: sentState, dropped } = sendStates
  expect([...ledger.sendStates]).toEqual([dropped, sentState, dropped, sentState, dropped])
  expect(Atomics.load(ledger.control, controlWords.sent)).toBe(2)
})

test('a stopped run sends nothing more', async () => {
  const ledger = ledgerOf([0, 20, 40, 60_000])
  const { sent } = await send(ledger, {}, (count) => {
    if (count === 2) Atomics.store(ledger.control, controlWords.stop, 1)
  })
  expect(sent).toHaveLength(2)
  expect([...ledger.sendStates.subarray(2)]).toEqual([sendStates.unsent, sendStates.unsent])
})

test('what is due from the end of the window on is not sent', async () => {
  const ledger = ledgerOf([0, 1, 19, 20, 21], 20)
  const { sent, endSeq, endMs } = await send(ledger)
  expect(sent.map(({ seq }) => seq)).toEqual([0, 1, 2])
  expect([endSeq, endMs]).toEqual([3, 20])
})

test('a window that is cut short ends there, though more was planned', async () => {
  const ledger = ledgerOf([0, 20, 40, 60_000], 3_600_000)
  const { endSeq, endMs } = await send(ledger, {}, (count) => {
    if (count === 2) ledger.windowEndNs[0] = 30 * nsPerMs
  })
  expect([endSeq, endMs]).toEqual([2, 30])
})

test('a window may become longer until its end, also when its last tick was sent long before', async () => {
  const ledger = ledgerOf([0, 400, 401, 60_000], 200)
  const { sent, endSeq, endMs } = await send(ledger, {}, () => {
    ledger.windowEndNs[0] = 401 * nsPerMs
  })
  expect(sent.map(({ seq }) => seq)).toEqual([0, 1])
  expect([endSeq, endMs]).toEqual([2, 401])
})
