import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../core/clock.js'
import { type InstantNs, instantNs } from '../core/units.js'
import type { Feed } from './feed.js'
import { controlWords, endOfWindow, type Ledger } from './ledger.js'
import { type Outlet, unfinishedMax } from './outlet.js'
import { type Pacing, waitUntil } from './pacer.js'
import { sendStates } from './settlement.js'

type Sending = {
  readonly run: string
  readonly startAt: InstantNs
  readonly ledger: Ledger
  readonly feed: Feed
  readonly outlet: Outlet
  readonly pacing: Pacing
  readonly clock: Clock
}

/** Ticks that one turn sends at most, so that a sender that is far behind still reads what the bus replies. */
const burstMax = 256

/** Where a sender stopped: the first tick that it left, and the end of the window that it kept to, since the start of the warm-up. */
export type Sent = { readonly endSeq: number; readonly endNs: number }

/**
 * Sends every tick of the window at its intended instant, and at once those that are late; never waits for an answer. Ends when
 * all are sent, where the window ends as it stands by then, or as soon as the run is stopped.
 */
export async function sendAll(sending: Sending): Promise<Sent> {
  const { ledger, startAt, pacing, clock } = sending
  let seq = 0
  for (;;) {
    const endNs = endOfWindow(ledger)
    const dueNs = ledger.offsetsNs[seq]
    if (dueNs === undefined) return { endSeq: seq, endNs }
    // A window whose last tick is sent may still become longer until its end.
    const waited = waitUntil(instantNs(startAt + Math.min(dueNs, endNs)), { pacing, clock, control: ledger.control })
    if (waited === 'stopped') return { endSeq: seq, endNs }
    if (waited === 'due') {
      if (dueNs < endNs) seq = sendDue(sending, seq, endNs)
      else if (endOfWindow(ledger) <= endNs) return { endSeq: seq, endNs }
    }
    // Replies and handed-over messages move on here; everything else of the loop blocks the thread on purpose.
    await turn()
  }
}

/** Hot path: everything that is due now, in one flush. Returns the next seq. */
function sendDue(sending: Sending, from: number, endNs: number): number {
  const { ledger, startAt, feed, outlet, clock } = sending
  const end = Math.min(ledger.offsetsNs.length, from + burstMax)
  let seq = from
  for (; seq < end; seq += 1) {
    const dueNs = ledger.offsetsNs[seq] ?? 0
    const intendedAt = instantNs(startAt + dueNs)
    const now = clock.now()
    if (intendedAt > now || dueNs >= endNs) break
    const body = feed.take(seq)
    if (outlet.unfinished() >= unfinishedMax) {
      ledger.sendStates[seq] = sendStates.dropped
      continue
    }
    ledger.sentAt[seq] = now
    ledger.sendStates[seq] = sendStates.sent
    outlet.put({ run: sending.run, seq, intendedAt, sentAt: now, stamps: [], body })
    Atomics.add(ledger.control, controlWords.sent, 1)
  }
  outlet.flush()
  if (seq < ledger.offsetsNs.length) feed.prepare(seq)
  return seq
}
