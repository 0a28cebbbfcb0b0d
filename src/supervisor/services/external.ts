import { NautilusError } from '../../core/errors.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import { isAddress, maskAddress, placeOf } from './address.js'
import type { RunningService } from './context.js'
import { probePostgres, probeRedis, redisClient } from './probe.js'

// A server that runs elsewhere is asked whether it is there, and is never started or stopped.

const answerDeadlineNs = durationNs(2 * nsPerSec)

const kinds = {
  redis: {
    protocols: ['redis:', 'rediss:', 'unix:'],
    port: 6379,
    example: 'redis://127.0.0.1:6379',
    probe: probeRedis,
  },
  postgres: {
    protocols: ['postgres:', 'postgresql:'],
    port: 5432,
    example: 'postgres://user@127.0.0.1:5432/name',
    probe: probePostgres,
  },
} as const

export type ExternalService = { readonly name: string; readonly kind: 'redis' | 'postgres'; readonly url: string }

export async function connectExternal({ name, kind, url }: ExternalService): Promise<RunningService> {
  const { protocols, port, example, probe } = kinds[kind]
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
  let stopped = false
  return {
    address: url,
    exited: new Promise(() => undefined),
    status: () => ({
      name,
      kind,
      version,
      origin: 'url',
      url: maskAddress(url),
      pid: null,
      state: stopped ? 'stopped' : 'ready',
    }),
    stop: async () => {
      stopped = true
    },
  }
}

/**
 * Deletes the keys of one system from a Redis that runs on without it; returns how many there were.
 * A Redis of our own needs no such thing: its data goes with its folder.
 */
export async function cleanExternal({ address, systemId }: { address: string; systemId: string }): Promise<number> {
  const client = redisClient(address, answerDeadlineNs)
  client.on('error', () => undefined)
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
  } finally {
    client.disconnect()
  }
}

/** Errors of several addresses of one name (`localhost`) have no message of their own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error && error.message !== '' ? error.message : 'no answer'
}
