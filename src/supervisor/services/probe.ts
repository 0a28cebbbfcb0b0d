import { Redis } from 'ioredis'
import pg from 'pg'
import type { DurationNs } from '../../core/units.js'
import { nsPerMs } from '../../core/units.js'

// One question to a server: is it there, does it answer, which version is it. Connections of their own, closed at once.

type ProbeOptions = { readonly address: string; readonly deadlineNs: DurationNs }

/** PING; returns the version. Rejects with what the socket or the server said. */
export async function probeRedis({ address, deadlineNs }: ProbeOptions): Promise<string> {
  const client = redisClient(address, deadlineNs)
  let problem: unknown
  client.on('error', (error) => {
    problem = error
  })
  const deadline = setTimeout(() => {
    problem ??= new Error(`no answer within ${deadlineNs / nsPerMs} ms`)
    client.disconnect()
  }, deadlineNs / nsPerMs)
  try {
    await client.connect()
    await client.ping()
    return redisVersion(await client.info('server'))
  } catch (error) {
    throw problem ?? error
  } finally {
    clearTimeout(deadline)
    client.disconnect()
  }
}

/** A client that fails instead of waiting: no queue, no reconnect, a deadline on every command. */
export function redisClient(address: string, deadlineNs: DurationNs): Redis {
  const options = {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    // A silent server never confirms the end either: the socket is destroyed at once.
    disconnectTimeout: 0,
    connectTimeout: deadlineNs / nsPerMs,
    commandTimeout: deadlineNs / nsPerMs,
  }
  return address.startsWith('unix:')
    ? new Redis({ ...options, path: address.slice('unix:'.length) })
    : new Redis(address, options)
}

/** SELECT 1; returns the version. */
export async function probePostgres({ address, deadlineNs }: ProbeOptions): Promise<string> {
  const client = new pg.Client({
    connectionString: address,
    connectionTimeoutMillis: deadlineNs / nsPerMs,
    query_timeout: deadlineNs / nsPerMs,
  })
  // A connection that breaks after `end` was asked for has nothing to tell any more, but would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    const answer = await client.query<{ server_version: string }>('show server_version')
    return answer.rows[0]?.server_version.split(' ')[0] ?? 'unknown'
  } finally {
    await client.end().catch(() => undefined)
  }
}

function redisVersion(info: string): string {
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim()
  const valkey = field('valkey_version')
  return valkey === undefined ? (field('redis_version') ?? 'unknown') : `${valkey} valkey`
}
