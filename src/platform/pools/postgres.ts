import pg from 'pg'
import { messageOf, NautilusError } from '../../core/errors.js'

const connectionsMax = 2
const connectTimeoutMs = 2_000
/** Longest time of one statement, held by the client, because a dead server answers nothing. */
const statementTimeoutMs = 5_000

/** A pool of connections. `onError` hears of idle connections that break; without a listener they would end the process. */
export function createPostgresPool(url: string, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: statementTimeoutMs,
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
