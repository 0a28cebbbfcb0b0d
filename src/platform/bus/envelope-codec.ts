import { instantNs } from '../../core/units.js'
import { decode, encode } from '../wire/codec.js'
import type { Envelope, Stamp } from './envelope.js'

// An envelope on the wire is an array [run, seq, intendedAt, sentAt, stamps, body], stamps are one flat array of five
// values each; a message is an array of envelopes. Positions instead of names, because every hop carries all stamps so far.

const stampLength = 5
const envelopeLength = 6

/** Hot path: called once per message. */
export function encodeEnvelopes(envelopes: readonly Envelope[]): Buffer {
  const message: unknown[] = []
  for (const { run, seq, intendedAt, sentAt, stamps, body } of envelopes) {
    const flat: (string | number)[] = []
    for (const stamp of stamps) {
      flat.push(stamp.engine, stamp.polledAt, stamp.receivedAt, stamp.startedAt, stamp.doneAt)
    }
    message.push([run, seq, intendedAt, sentAt, flat, body])
  }
  return encode(message)
}

/** The envelopes of a message, or null where it is not one: checked, because anything may write to a topic. */
export function decodeEnvelopes(payload: Uint8Array): Envelope[] | null {
  const message = decode(payload)
  if (!Array.isArray(message) || message.length === 0) return null
  const envelopes: Envelope[] = []
  for (const fields of message) {
    const envelope = readEnvelope(fields)
    if (envelope === null) return null
    envelopes.push(envelope)
  }
  return envelopes
}

function readEnvelope(fields: unknown): Envelope | null {
  if (!Array.isArray(fields) || fields.length !== envelopeLength) return null
  const [run, seq, intendedAt, sentAt, flat, body] = fields
  if (typeof run !== 'string' || !Number.isSafeInteger(seq)) return null
  if (typeof intendedAt !== 'number' || typeof sentAt !== 'number') return null
  const stamps = readStamps(flat)
  if (stamps === null) return null
  return { run, seq, intendedAt: instantNs(intendedAt), sentAt: instantNs(sentAt), stamps, body }
}

function readStamps(flat: unknown): Stamp[] | null {
  if (!Array.isArray(flat) || flat.length % stampLength !== 0) return null
  const stamps: Stamp[] = []
  for (let index = 0; index < flat.length; index += stampLength) {
    const engine: unknown = flat[index]
    const polledAt: unknown = flat[index + 1]
    const receivedAt: unknown = flat[index + 2]
    const startedAt: unknown = flat[index + 3]
    const doneAt: unknown = flat[index + 4]
    if (typeof engine !== 'string' || typeof polledAt !== 'number' || typeof receivedAt !== 'number') return null
    if (typeof startedAt !== 'number' || typeof doneAt !== 'number') return null
    stamps.push({
      engine,
      polledAt: instantNs(polledAt),
      receivedAt: instantNs(receivedAt),
      startedAt: instantNs(startedAt),
      doneAt: instantNs(doneAt),
    })
  }
  return stamps
}
