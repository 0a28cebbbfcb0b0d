import { type InstantNs, instantNs } from '../../core/units.js'
import { noSeq } from '../../platform/bus/envelope.js'
import { topics } from '../model/messages.js'
import { orderHeaders } from '../model/order-headers.js'
import { Entry } from './entry.js'

type Headers = Readonly<Record<string, string | undefined>>

/** An order by HTTP as an input: the headers of the driver stand for the envelope that the bus would have carried. */
export function enteredEntry(
  run: string,
  body: unknown,
  headers: Headers,
  times: { readonly now: InstantNs; readonly lastActiveAt: InstantNs },
): Entry {
  const receivedAt = instantOf(headers[orderHeaders.receivedAt]) ?? times.now
  const sentAt = instantOf(headers[orderHeaders.sentAt]) ?? receivedAt
  const intendedAt = instantOf(headers[orderHeaders.intendedAt]) ?? sentAt
  const seq = Number(headers[orderHeaders.seq] ?? noSeq)
  const entry = new Entry(
    topics.orderIntent,
    { run, seq: Number.isSafeInteger(seq) && seq >= 0 ? seq : noSeq, intendedAt, sentAt, stamps: [], body },
    null,
    { polledAt: instantNs(Math.min(times.lastActiveAt, receivedAt)), receivedAt },
  )
  entry.startedAt = times.now
  return entry
}

function instantOf(text: string | undefined): InstantNs | null {
  const value = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) && value >= 0 ? instantNs(value) : null
}
