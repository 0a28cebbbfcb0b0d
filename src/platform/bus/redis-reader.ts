import { assert } from '../../core/assert.js'
import { nsPerMs } from '../../core/units.js'
import type { EnvelopeCodec } from './codec.js'
import type { Message, TransportCounters } from './envelope.js'

// What Redis replies to the blocking reads, parsed. Payloads stay bytes until the envelope codec has checked them.

const countPerRead = 128
const blockMs = 1_000
/** Longest silence of a blocking read that is still normal. */
export const blockNs = blockMs * nsPerMs

export type Arguments = (string | number | Buffer)[]

/** A message that cannot be handed on, but must be acknowledged lest it come back for ever. */
type Unusable = { readonly key: string; readonly id: string }
/** Of the bus that is read. */
export type Reading = { readonly counters: TransportCounters; readonly codec: EnvelopeCodec }
export type ReadResult = { readonly messages: Message[]; readonly unusable: Unusable[] }

/** XREADGROUP from `>` for what is new, or from an id for what this consumer took and did not acknowledge. */
export function groupRead(
  group: string,
  consumer: string,
  keys: readonly string[],
  from: readonly string[],
): Arguments {
  const block = from[0] === '>' ? ['BLOCK', blockMs] : []
  return ['GROUP', group, consumer, 'COUNT', countPerRead, ...block, 'STREAMS', ...keys, ...from]
}

export const plainRead = (keys: readonly string[], after: readonly string[]): Arguments => [
  'COUNT',
  countPerRead,
  'BLOCK',
  blockMs,
  'STREAMS',
  ...keys,
  ...after,
]

export const listRead = (keys: readonly string[]): Arguments => [
  blockMs / 1000,
  keys.length,
  ...keys,
  'LEFT',
  'COUNT',
  countPerRead,
]

/** Reply of XREADGROUP and XREAD: [[key, [[id, [field, payload]], ...]], ...] or null. */
export function readStreams(
  reply: unknown,
  topicOf: ReadonlyMap<string, string>,
  { counters, codec }: Reading,
): ReadResult {
  const result: ReadResult = { messages: [], unusable: [] }
  if (reply === null) return result
  for (const [name, entries] of pairs(reply)) {
    const key = text(name)
    const topic = topicOf.get(key) ?? ''
    for (const [idBytes, fields] of pairs(entries)) {
      const id = text(idBytes)
      // An entry that was trimmed while it was pending comes back without fields.
      if (fields === null) {
        counters.trimmed += 1
        result.unusable.push({ key, id })
      } else if (!addMessage(result.messages, codec, { topic, id, payload: list(fields)[1] })) {
        counters.malformed += 1
        result.unusable.push({ key, id })
      }
    }
  }
  return result
}

/** Reply of BLMPOP: [key, [payload, ...]] or null. A list has no ids, so messages are numbered from `firstId`. */
export function readList(
  reply: unknown,
  topicOf: ReadonlyMap<string, string>,
  { counters, codec }: Reading,
  firstId: number,
): ReadResult {
  const result: ReadResult = { messages: [], unusable: [] }
  if (reply === null) return result
  const [name, payloads] = list(reply)
  const topic = topicOf.get(text(name)) ?? ''
  let id = firstId
  for (const payload of list(payloads)) {
    if (!addMessage(result.messages, codec, { topic, id: String(id), payload })) counters.malformed += 1
    id += 1
  }
  return result
}

/** False where the payload is no message. */
export function addMessage(
  messages: Message[],
  codec: EnvelopeCodec,
  entry: { readonly topic: string; readonly id: string; readonly payload: unknown },
): boolean {
  const envelopes = Buffer.isBuffer(entry.payload) ? codec.decode(entry.topic, entry.payload) : null
  if (envelopes === null) return false
  messages.push({ topic: entry.topic, id: entry.id, envelopes })
  return true
}

function list(reply: unknown): unknown[] {
  assert(Array.isArray(reply), 'Redis answers a read with arrays')
  return reply
}

function* pairs(reply: unknown): Iterable<[unknown, unknown]> {
  for (const pair of list(reply)) {
    const [first, second] = list(pair)
    yield [first, second]
  }
}

function text(reply: unknown): string {
  assert(Buffer.isBuffer(reply), 'Redis answers names and ids as bytes')
  return reply.toString('latin1')
}
