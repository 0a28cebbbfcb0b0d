import { z } from 'zod'
import { duration, positiveDuration, size } from '../../core/fields.js'
import { type Bytes, bytes, type DurationNs, durationNs, nsPerSec } from '../../core/units.js'
import type { AdaptiveBatchLimits } from '../flow/adaptive-batch.js'
import { adaptiveBatchConfig } from '../flow/config.js'

const claimAfterNsMin = 2 * nsPerSec
/** With less, a few large messages fill a ring. */
export const regionBytesMin = bytes(64 * 1024 ** 2)
const regionBytesMax = 2 * 1024 ** 3

const connectionsConfig = z
  .strictObject({
    max: z
      .int()
      .min(2)
      .max(1_000)
      .default(50)
      .describe('Connections that one process may have to the bus; the variable REDIS_MAX_CONNECTIONS goes before it.'),
    keepAliveIdle: duration
      .prefault('1s')
      .describe(
        'Silence on a TCP connection after which the kernel probes it. Interval and count of the probes are the system’s: Node cannot set them.',
      ),
    healthCheck: z
      .union([z.literal('off'), positiveDuration])
      .default('off')
      .describe('Time between questions whether the server is there, for a process that has nothing else to ask it.'),
    retries: z
      .int()
      .min(0)
      .max(10)
      .default(1)
      .describe(
        'Health checks in a row that may stay without an answer; one more and the bus is lost. A write is never repeated: what it left undone is delivered again.',
      ),
  })
  .prefault({})
  .describe('How a process is connected to the bus.')

/** What each bus has of its own. */
const linkShape = {
  codec: z
    .enum(['msgpack', 'frame', 'adaptive'])
    .default('msgpack')
    .describe(
      'What a message is on the wire: MessagePack; `frame`: its type, its length and LZ4 of the MessagePack; `adaptive`: a frame, compressed only where that saves time.',
    ),
  compressFrom: size
    .prefault('4KiB')
    .describe(
      'Messages of the codec `adaptive` from this size are compressed, on the way to another host alone: within one, LZ4 takes longer than the bytes that it saves.',
    ),
  batch: adaptiveBatchConfig,
  connections: connectionsConfig,
  backlogMax: z
    .int()
    .min(1_000)
    .default(100_000)
    .describe('Messages a stream keeps; a larger backlog survives a longer stall and takes more memory.'),
}
const linkConfig = z.strictObject(linkShape)
type ConnectionsConfig = z.output<typeof connectionsConfig>

const topicConfig = z.strictObject({
  bus: z
    .string()
    .optional()
    .describe('Service of the bus that carries the topic; the one that `bus.service` names where none is given.'),
  delivery: z
    .enum(['certain', 'latest'])
    .default('certain')
    .describe(
      '`certain`: a stream, each message until it is acknowledged. `latest`: pub/sub, kept for nobody; a reader that is behind skips to the newest.',
    ),
  priority: z
    .enum(['normal', 'high'])
    .default('normal')
    .describe('Messages of a `high` one leave at once with all that wait before them, where the bus has a `batch`.'),
})

export const busConfig = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('in-process') })
    .describe('All engines share one process of the bench and meet without a server; nothing to provision.'),
  z
    .strictObject({
      kind: z.literal('redis'),
      service: z
        .string()
        .default('bus')
        .describe('Name of the Redis under `services` that carries the topics; of several buses the first.'),
      others: z
        .record(z.string(), linkConfig)
        .default({})
        .describe('Further buses, each named by its Redis under `services`; they carry what `topics` sends there.'),
      topics: z
        .record(z.string(), topicConfig)
        .default({})
        .describe('Topics that are not carried like the rest: topic -> its bus.'),
      lists: z
        .record(z.string(), z.string())
        .default({})
        .describe('Topics that travel by a Redis list instead of a stream: topic -> plain name of the list.'),
      claimAfter: duration
        .prefault('5s')
        .refine((ns) => ns >= claimAfterNsMin, 'must be at least 2s: a healthy reader may be silent for 1 s')
        .describe('Silence of a member of a group after which the others take over what it had not acknowledged.'),
      ...linkShape,
    })
    .describe('Every engine is a process of its own; topics are Redis streams with consumer groups.'),
  z
    .strictObject({
      kind: z.literal('shared-memory'),
      service: z
        .string()
        .default('bus')
        .describe('Name of the Redis under `services` that carries the topics on a machine without shared memory.'),
      region: size
        .prefault('64MiB')
        .refine((value) => value >= regionBytesMin && value <= regionBytesMax, 'must be from 64MiB to 2GiB')
        .describe('Memory that the processes share; a larger one holds more messages on their way.'),
      wait: z
        .enum(['spin', 'yield', 'block'])
        .default('block')
        .describe(
          '`block`: an engine without input sleeps until it is woken. `spin`: it looks all the time, and takes a core. `yield`: it looks whenever no other process wants the core.',
        ),
      backlogMax: linkShape.backlogMax.describe(
        'Messages that wait in a process for a ring that is full; a larger backlog survives a longer stall.',
      ),
    })
    .describe(
      'Every engine is a process of its own; topics are rings in shared memory, which a program of your own cannot hear. Linux, with the package koffi.',
    ),
])

/** One Redis that carries topics. */
export type RedisAddress = {
  readonly kind: 'redis'
  /** `unix:/path` or `redis://host:port`. */
  readonly url: string
  readonly systemId: string
  readonly lists: Readonly<Record<string, string>>
  readonly backlogMax: number
  /** Why it carries the topics of a profile that asks for shared memory. */
  readonly insteadBecause?: string
  /** None: as of a bus without options. */
  readonly connections?: ConnectionsConfig
  /** Topics of delivery `latest`. */
  readonly latest?: readonly string[]
  /** None: what a member left waits for one of its name. */
  readonly claimAfterNs?: DurationNs
  /** None: plain MessagePack. */
  readonly codec?: {
    readonly kind: 'frame' | 'adaptive'
    readonly compressFromBytes: number
    /** Topic -> type in the header of its frames. */
    readonly types: Readonly<Record<string, number>>
  }
  /** None: each flush is a write. */
  readonly batch?: AdaptiveBatchLimits & {
    /** Topics whose messages do not wait. */
    readonly urgent: readonly string[]
  }
}

/** Several of them: each topic has one, the first where `routes` does not name it. */
export type RoutedAddress = {
  readonly kind: 'routed'
  readonly buses: readonly RedisAddress[]
  /** Topic -> index of its bus. */
  readonly routes: Readonly<Record<string, number>>
}

/** Memory of this host, found by the id of its system. */
export type SharedMemoryAddress = {
  readonly kind: 'shared-memory'
  readonly systemId: string
  readonly regionBytes: Bytes
  readonly wait: 'spin' | 'yield' | 'block'
  readonly backlogMax: number
}

/** Where an engine or the driver finds the bus of a running system. */
export type BusAddress = { readonly kind: 'in-process' } | RedisAddress | RoutedAddress | SharedMemoryAddress

/** As parsed before: a plain number. */
const durationNumber = z.number().transform(durationNs)

const redisAddress = z.object({
  kind: z.literal('redis'),
  url: z.string(),
  systemId: z.string(),
  lists: z.record(z.string(), z.string()),
  latest: z.array(z.string()).exactOptional(),
  claimAfterNs: durationNumber.exactOptional(),
  backlogMax: z.int(),
  insteadBecause: z.string().exactOptional(),
  connections: z
    .object({
      max: z.int(),
      keepAliveIdle: durationNumber,
      healthCheck: z.union([z.literal('off'), durationNumber]),
      retries: z.int(),
    })
    .exactOptional(),
  codec: z
    .object({
      kind: z.enum(['frame', 'adaptive']),
      compressFromBytes: z.number(),
      types: z.record(z.string(), z.int()),
    })
    .exactOptional(),
  batch: z
    .object({
      window: durationNumber,
      messagesMax: z.int(),
      steps: z.array(z.object({ above: z.number(), messages: z.int() })),
      urgent: z.array(z.string()),
    })
    .exactOptional(),
})

/** For what crosses into another process. */
export const busAddress = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('in-process') }),
  redisAddress,
  z.object({
    kind: z.literal('routed'),
    buses: z.array(redisAddress).min(1),
    routes: z.record(z.string(), z.int().min(0)),
  }),
  z.object({
    kind: z.literal('shared-memory'),
    systemId: z.string(),
    regionBytes: z.int().transform(bytes),
    wait: z.enum(['spin', 'yield', 'block']),
    backlogMax: z.int(),
  }),
]) satisfies z.ZodType<BusAddress>

/** As the driver speaks to a bus: what it sends leaves at its intended time, and waits for no other. */
export function unbatched(address: BusAddress): BusAddress {
  if (address.kind === 'in-process' || address.kind === 'shared-memory') return address
  const alone = ({ batch: _, ...rest }: RedisAddress): RedisAddress => rest
  return address.kind === 'redis' ? alone(address) : { ...address, buses: address.buses.map(alone) }
}
