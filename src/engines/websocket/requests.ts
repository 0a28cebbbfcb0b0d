import { z } from 'zod'
import { assertNever } from '../../core/assert.js'
import { jsonOf } from '../kit/body.js'
import type { Topic } from '../model/messages.js'
import type { FanOut, Receiver } from './core.js'

const names = z.array(z.string().min(1).max(64)).min(1).max(1_000)
const request = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('subscribe'), topics: names, symbols: names.optional() }),
  z.strictObject({ type: z.literal('unsubscribe'), topics: names, symbols: names.optional() }),
  z.strictObject({ type: z.literal('ping'), id: z.union([z.number(), z.string().max(64)]).optional() }),
])

const shape = 'write {"type":"subscribe","topics":["tick"]}, with "symbols" if not all'

/** Does what a client asks and returns the answer, which is one object whatever was asked. */
export function answerTo(text: string, receiver: Receiver, fanOut: FanOut): Readonly<Record<string, unknown>> {
  const parsed = request.safeParse(jsonOf(text))
  if (!parsed.success) return problem(shape)
  const asked = parsed.data
  if (asked.type === 'ping') return { type: 'pong', ...(asked.id !== undefined && { id: asked.id }) }
  const topics = asked.topics.filter((topic): topic is Topic => fanOut.has(topic))
  const unknown = asked.topics.find((topic) => !fanOut.has(topic))
  if (unknown !== undefined) return problem(`"${unknown}" is not sent here; choose from ${fanOut.topics.join(', ')}`)
  const symbols = asked.symbols ?? null
  if (asked.type === 'unsubscribe') {
    fanOut.unsubscribe(receiver, topics, symbols)
    return { type: 'unsubscribed', topics, symbols }
  }
  const refusal = fanOut.subscribe(receiver, topics, symbols)
  switch (refusal) {
    case 'no symbols':
      return problem(`a message of ${topics.join(', ')} speaks of many symbols; subscribe without symbols`)
    case 'too many subscriptions':
      return problem('too many subscriptions; leave out symbols to get all of them')
    case null:
      return { type: 'subscribed', topics, symbols }
    default:
      return assertNever(refusal)
  }
}

const problem = (text: string) => ({ type: 'error', problem: text })
