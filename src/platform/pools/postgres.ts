import pg from 'pg'
import { messageOf, NautilusError } from '../../core/errors.js'
import { type DurationNs, durationNs, nsPerMs, nsPerSec } from '../../core/units.js'

type PostgresOptions = {
  readonly connectionsMax: number
  readonly connectTimeoutNs: DurationNs
  /** Longest time of one statement, held by the client, because a dead server answers nothing. */
  readonly statementTimeoutNs: DurationNs
}

const postgresDefaults: PostgresOptions = {
  connectionsMax: 2,
  connectTimeoutNs: durationNs(2 * nsPerSec),
  statementTimeoutNs: durationNs(5 * nsPerSec),
}

/** A pool of connections. `onError` hears of idle connections that break; without a listener they would end the process. */
export function createPostgresPool(
  url: string,
  onError: (error: Error) => void,
  options: PostgresOptions = postgresDefaults,
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connectionsMax,
    connectionTimeoutMillis: options.connectTimeoutNs / nsPerMs,
    query_timeout: options.statementTimeoutNs / nsPerMs,
    allowExitOnIdle: true,
  })
  pool.on('error', onError)
  return pool
}

/** Whether the same statement may succeed at a second try: the connection failed, not what was asked. */
export function isTransient(error: unknown): boolean {
  // SQLSTATE has five characters; 08 is the connection, 53 resources, 57 operator intervention, 40 serialisation.
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return !/^[0-9A-Z]{5}$/.test(code) || /^(08|40|53|57)/.test(code)
}

export const storeDied = (cause: unknown): NautilusError =>
  new NautilusError('SERVICE_DIED', `PostgreSQL does not answer: ${messageOf(cause)}`, {
    cause,
  })
