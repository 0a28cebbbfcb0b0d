import { z } from 'zod'

export const busConfig = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('in-process') })
    .describe('All engines share one process of the bench and meet without a server; nothing to provision.'),
  z
    .strictObject({
      kind: z.literal('redis'),
      service: z.string().default('bus').describe('Name of the Redis under `services` that carries the topics.'),
      lists: z
        .record(z.string(), z.string())
        .default({})
        .describe('Topics that travel by a Redis list instead of a stream: topic -> plain name of the list.'),
      backlogMax: z
        .int()
        .min(1_000)
        .default(100_000)
        .describe('Messages a stream keeps; a larger backlog survives a longer stall and takes more memory.'),
    })
    .describe('Every engine is a process of its own; topics are Redis streams with consumer groups.'),
])

/** Where an engine or the driver finds the bus of a running system. */
export type BusAddress =
  | { readonly kind: 'in-process' }
  | {
      readonly kind: 'redis'
      /** `unix:/path` or `redis://host:port`. */
      readonly url: string
      readonly systemId: string
      readonly lists: Readonly<Record<string, string>>
      readonly backlogMax: number
    }
