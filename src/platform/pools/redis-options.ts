import { NautilusError } from '../../core/errors.js'
import { type DurationNs, durationNs, nsPerSec } from '../../core/units.js'

/** Longest wait for an answer of a server that is up; after it the server counts as dead. */
export const answerDeadlineNs = durationNs(2 * nsPerSec)

export type RedisPoolOptions = {
  readonly connectionsMax: number
  /** Longest wait for an answer. */
  readonly socketTimeoutNs: DurationNs
  readonly connectTimeoutNs: DurationNs
  /** Silence on a TCP connection after which the kernel probes it; none: as the client has it. */
  readonly keepAliveIdleNs?: DurationNs
}

const connectionsMaxDefault = 50

/** Where the environment is not asked: for the driver, whose run should not end because of a short stall. */
export const patientPool: RedisPoolOptions = {
  connectionsMax: connectionsMaxDefault,
  socketTimeoutNs: answerDeadlineNs,
  connectTimeoutNs: answerDeadlineNs,
}

/** The environment variables of the pool: a count, and seconds that may have a fraction. They go before what is `given`. */
export function redisPoolOptions(
  env: Readonly<Record<string, string | undefined>>,
  given: Partial<RedisPoolOptions> = {},
): RedisPoolOptions {
  const { connectionsMax = connectionsMaxDefault } = given
  return {
    ...given,
    connectionsMax: numberOf(env, 'REDIS_MAX_CONNECTIONS', connectionsMax, { min: 1, whole: true }),
    socketTimeoutNs: durationNs(numberOf(env, 'REDIS_SOCKET_TIMEOUT', 1, { min: 0.001, whole: false }) * nsPerSec),
    connectTimeoutNs: durationNs(numberOf(env, 'REDIS_CONNECT_TIMEOUT', 1, { min: 0.001, whole: false }) * nsPerSec),
  }
}

function numberOf(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: number,
  rule: { readonly min: number; readonly whole: boolean },
): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (value >= rule.min && Number.isFinite(value) && (!rule.whole || Number.isInteger(value))) return value
  throw new NautilusError(
    'USAGE',
    `${name} is "${text}", must be ${rule.whole ? 'a whole number' : 'seconds'} of at least ${rule.min}`,
  )
}
