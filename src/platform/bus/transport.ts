import { present } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { patientPool, type RedisPoolOptions } from '../pools/redis-options.js'
import type { BusAddress } from './config.js'
import type { Transport } from './envelope.js'
import type { InProcessHub } from './in-process.js'

/** Opens the bus of a running system. `hub` is the thread's own hub where the engines share one process. */
export async function createTransport(
  address: BusAddress,
  clock: Clock,
  options: { readonly hub?: InProcessHub; readonly pool?: RedisPoolOptions } = {},
): Promise<Transport> {
  if (address.kind === 'in-process') {
    return present(options.hub, 'an in-process bus has a hub in its thread').connect()
  }
  const { RedisTransport } = await import('./redis.js')
  return RedisTransport.connect(address, clock, options.pool ?? patientPool)
}
