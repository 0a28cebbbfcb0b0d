import { Redis, type RedisOptions } from 'ioredis'
import { NautilusError } from '../../core/errors.js'
import { maskUrl } from '../../core/secrets.js'
import { type DurationNs, durationNs, nsPerMs } from '../../core/units.js'
import { pause, within } from '../flow/deadline.js'
import { answerDeadlineNs } from './redis-options.js'

const retryDelayNs = durationNs(50 * nsPerMs)

type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>

// The client would wait for ever on a dead server: so it keeps no offline queue and never reconnects by itself, and every
// answer has a deadline outside of it. RESP2, whose replies have one shape for typed and untyped commands.
const options: ConnectionOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  connectTimeout: 2_000,
  enableReadyCheck: false,
  disableClientInfo: true,
  noDelay: true,
  protocol: 2,
}

/** Opens a connection, trying again while the deadline lasts: a server that has just been started may still refuse. */
export async function openRedis(
  url: string,
  overrides: ConnectionOptions = {},
  deadlineNs: DurationNs = answerDeadlineNs,
): Promise<Redis> {
  let cause: unknown
  let expired = false
  const attempts = async (): Promise<Redis> => {
    for (;;) {
      const redis = clientOf(url, { ...options, ...overrides })
      try {
        await redis.connect()
        return redis
      } catch (error) {
        cause = error
        redis.disconnect()
      }
      if (expired) throw unreachable(url, cause)
      await pause(retryDelayNs)
    }
  }
  const attempting = attempts()
  try {
    return await within(attempting, deadlineNs, () => unreachable(url, cause))
  } catch (error) {
    expired = true
    attempting.then(
      (redis) => redis.disconnect(),
      () => undefined,
    )
    throw error
  }
}

export const serverDied = (url: string, cause: unknown): NautilusError =>
  new NautilusError('SERVICE_DIED', `Redis at ${maskUrl(url)} does not answer any more: ${textOf(cause)}`, { cause })

const unreachable = (url: string, cause: unknown): NautilusError =>
  new NautilusError('SERVICE_UNAVAILABLE', `Redis at ${maskUrl(url)} cannot be reached: ${textOf(cause)}`, { cause })

const textOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message || cause.constructor.name : 'no answer within its deadline'

function clientOf(url: string, all: ConnectionOptions): Redis {
  const redis: Redis = url.startsWith('unix:') ? new Redis(url.slice('unix:'.length), all) : new Redis(url, all)
  // Errors reach us as rejections of the commands; without a listener the client would print them.
  redis.on('error', () => undefined)
  return redis
}
