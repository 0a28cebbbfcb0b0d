import { z } from 'zod'
import { duration, positiveDuration } from '../../core/fields.js'
import { topics } from '../model/messages.js'
import { streamTopics } from './stream-topics.js'

export const websocketConfig = z.strictObject({
  topics: z
    .array(z.enum(streamTopics))
    .min(1)
    .default([topics.tick, topics.features, topics.portfolio, topics.analytics, topics.executionReport])
    .describe('Topics that clients may subscribe to; each is read in full, so more of them take more CPU time.'),
  clientsMax: z.int().min(1).max(4_000).default(256).describe('Clients at one time; a further one is refused.'),
  subscriptionsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Pairs of topic and symbol that one client may subscribe to; a request for more is refused.'),
  queueMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe(
      'Messages that wait for a slow client, of each kind; past it old ones are left out, or it is disconnected.',
    ),
  slowAfter: duration
    .prefault('5s')
    .describe(
      'Time without progress after which a client that has more to read is disconnected; one that reads 32 KiB in it stays.',
    ),
  pingEvery: positiveDuration
    .prefault('15s')
    .describe('Time between pings; a client that has not answered one by the next is disconnected.'),
  origins: z
    .array(z.string().min(1))
    .default([])
    .describe('Origins of web pages that may connect, beside those of this host: https://desk.example, for one.'),
})
export type WebsocketConfig = z.output<typeof websocketConfig>
