import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { redisClient } from './probe.js'

// Nobody tells that a server elsewhere has died: it is asked once a second, on one connection that is kept.

const askEveryMs = 1_000
const answerDeadlineNs = durationNs(2 * nsPerSec)

/** An open connection and the cheapest question. */
export type Line = { ask(): Promise<void>; close(): void }
type Watch = {
  /** Resolves with why no answer came; never after `close`. */
  readonly died: Promise<string>
  close(): void
}

/**
 * Asks for as long as answers come. A lost connection alone is no death, and neither is an answer that came late because
 * this process stood still: a new connection is asked before the server counts as dead.
 */
export function watch(open: () => Promise<Line>, reasonOf: (error: unknown) => string): Watch {
  const end = new AbortController()
  let line: Line | null = null
  const ask = async (): Promise<void> => {
    const kept = line ?? (await open())
    // It may have been closed while the connection opened.
    if (end.signal.aborted) return kept.close()
    line = kept
    await kept.ask()
  }
  const forget = (): void => {
    line?.close()
    line = null
  }
  const died = async (): Promise<string> => {
    for (;;) {
      await delay(askEveryMs, undefined, { ref: false, signal: end.signal })
      try {
        await ask().catch(() => {
          forget()
          return ask()
        })
      } catch (error) {
        forget()
        return reasonOf(error)
      }
    }
  }
  return {
    died: died().catch(() => new Promise<never>(() => undefined)),
    close: () => {
      end.abort()
      forget()
    },
  }
}

export async function redisLine(address: string): Promise<Line> {
  const client = redisClient(address, answerDeadlineNs)
  let problem: unknown
  client.on('error', (error) => {
    problem = error
  })
  try {
    await client.connect()
  } catch (error) {
    client.disconnect()
    throw problem ?? error
  }
  return {
    ask: async () => {
      await client.ping()
    },
    close: () => client.disconnect(),
  }
}

export async function postgresLine(address: string): Promise<Line> {
  const pool = new pg.Pool({
    connectionString: address,
    connectionTimeoutMillis: answerDeadlineNs / nsPerMs,
    query_timeout: answerDeadlineNs / nsPerMs,
    max: 1,
    idleTimeoutMillis: 0,
    // A server that does not take leave keeps nobody alive.
    allowExitOnIdle: true,
  })
  // Told by the next question; without a listener it would end the process.
  pool.on('error', () => undefined)
  return {
    ask: async () => {
      await pool.query('select 1')
    },
    close: () => void pool.end().catch(() => undefined),
  }
}
