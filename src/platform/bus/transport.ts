import { present } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { patientPool, type RedisPoolOptions } from '../pools/redis-options.js'
import type { BusAddress, RedisAddress } from './config.js'
import type { Transport } from './envelope.js'
import type { InProcessHub } from './in-process.js'

/** The limits of a pool, from what the profile gives for its bus. */
type PoolFor = (given: Partial<RedisPoolOptions>) => RedisPoolOptions

const patient: PoolFor = (given) => ({ ...patientPool, ...given })

/** Opens the bus of a running system. `hub` is the thread's own hub where the engines share one process. */
export async function createTransport(
  address: BusAddress,
  clock: Clock,
  options: { readonly hub?: InProcessHub; readonly pool?: PoolFor } = {},
): Promise<Transport> {
  if (address.kind === 'in-process') {
    return present(options.hub, 'an in-process bus has a hub in its thread').connect()
  }
  if (address.kind === 'shared-memory') {
    const { SharedMemoryTransport } = await import('./shared-memory/shared-memory.js')
    return new SharedMemoryTransport(address, clock)
  }
  const { RedisTransport } = await import('./redis.js')
  const { pool = patient } = options
  const connect = (to: RedisAddress): Promise<Transport> => RedisTransport.connect(to, clock, pool(givenBy(to)))
  if (address.kind === 'redis') return connect(address)
  const { RoutedTransport } = await import('./routed.js')
  return new RoutedTransport(await allOrNone(address.buses.map(connect)), address.routes)
}

function givenBy({ connections }: RedisAddress): Partial<RedisPoolOptions> {
  if (connections === undefined) return {}
  return { connectionsMax: connections.max, keepAliveIdleNs: connections.keepAliveIdle }
}

/** Where one cannot be opened, the others are closed. */
async function allOrNone(opening: readonly Promise<Transport>[]): Promise<Transport[]> {
  try {
    return await Promise.all(opening)
  } catch (error) {
    for (const opened of await Promise.allSettled(opening))
      if (opened.status === 'fulfilled') await opened.value.close()
    throw error
  }
}
