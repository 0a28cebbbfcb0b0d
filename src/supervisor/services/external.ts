import { NautilusError } from '../../core/errors.js'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { isAddress, maskAddress, placeOf } from './address.js'
import type { RunningService, ServiceContext } from './context.js'
import { probePostgres, probeRedis, redisClient } from './probe.js'
import { postgresLine, redisLine, watch } from './watch.js'

// A server that runs elsewhere is asked whether it is there, again and again, and is never started or stopped.

const answerDeadlineNs = durationNs(2 * nsPerSec)
const cleanDeadlineNs = durationNs(5 * nsPerSec)

const kinds = {
  redis: {
    protocols: ['redis:', 'rediss:', 'unix:'],
    port: 6379,
    example: 'redis://127.0.0.1:6379',
    probe: probeRedis,
    line: redisLine,
  },
  postgres: {
    protocols: ['postgres:', 'postgresql:'],
    port: 5432,
    example: 'postgres://user@127.0.0.1:5432/name',
    probe: probePostgres,
    line: postgresLine,
  },
} as const

type ExternalService = { readonly name: string; readonly kind: 'redis' | 'postgres'; readonly url: string }

export async function connectExternal(
  { name, kind, url }: ExternalService,
  { systemId, progress }: Pick<ServiceContext, 'systemId' | 'progress'>,
): Promise<RunningService> {
  const { protocols, port, example, probe, line } = kinds[kind]
  if (!isAddress(url, protocols)) {
    throw new NautilusError(
      'PROFILE_INVALID',
      `services.${name}.url is ${maskAddress(url)}, which is no address of ${kind}`,
      {
        hint: `Write one such as ${example}.`,
      },
    )
  }
  const version = await probe({ address: url, deadlineNs: answerDeadlineNs }).catch((error: unknown) => {
    throw new NautilusError('SERVICE_UNAVAILABLE', `${kind} ${name} at ${placeOf(url, port)}: ${reasonOf(error)}`, {
      hint: `Start that server, or remove services.${name}.url so that nautilus starts its own.`,
    })
  })
  const watching = watch(() => line(url), reasonOf)
  let state: 'ready' | 'failed' | 'stopped' = 'ready'
  const exited = watching.died.then((why) => {
    state = 'failed'
    return { reason: `at ${placeOf(url, port)} does not answer any more: ${why}` }
  })
  return {
    address: url,
    exited,
    status: () => ({
      name,
      kind,
      version,
      origin: 'url',
      url: maskAddress(url),
      pid: null,
      state,
    }),
    stop: async () => {
      if (state === 'stopped') return
      state = 'stopped'
      watching.close()
      if (kind !== 'redis') return
      await cleanExternal({ address: url, systemId }).catch((error: unknown) => {
        progress(`the keys n:${systemId}:* are left there: ${reasonOf(error)}`)
      })
    },
  }
}

/**
 * Deletes the keys of one system from a Redis that runs on without it, within a deadline; returns how many there were.
 * A Redis of our own needs no such thing: its data goes with its folder. Rows in a PostgreSQL are kept: they are results.
 */
async function cleanExternal({ address, systemId }: { address: string; systemId: string }): Promise<number> {
  const client = redisClient(address, answerDeadlineNs)
  let problem: unknown
  client.on('error', (error) => {
    problem = error
  })
  const deadline = setTimeout(() => {
    problem ??= new Error(`not done within ${cleanDeadlineNs / nsPerSec} s`)
    client.disconnect()
  }, cleanDeadlineNs / nsPerMs)
  let count = 0
  try {
    await client.connect()
    let cursor = '0'
    do {
      const [next, keys] = await client.scan(cursor, 'MATCH', `n:${systemId}:*`, 'COUNT', 1000)
      if (keys.length > 0) count += await client.unlink(...keys)
      cursor = next
    } while (cursor !== '0')
    return count
  } catch (error) {
    throw problem ?? error
  } finally {
    clearTimeout(deadline)
    client.disconnect()
  }
}

/** Errors of several addresses of one name (`localhost`) have no message of their own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error && error.message !== '' ? error.message : 'no answer'
}
