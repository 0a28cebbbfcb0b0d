import pg from 'pg'

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
