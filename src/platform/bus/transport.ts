import { assert } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import type { BusAddress } from './config.js'
import type { Transport } from './envelope.js'
import type { InProcessHub } from './in-process.js'

/** Opens the bus of a running system. `hub` is the thread's own hub where the engines share one process. */
export async function createTransport(
  address: BusAddress,
  clock: Clock,
  hub: InProcessHub | null = null,
): Promise<Transport> {
  if (address.kind === 'in-process') {
    assert(hub !== null, 'an in-process bus has a hub in its thread')
    return hub.connect()
  }
  const { RedisTransport } = await import('./redis.js')
  return RedisTransport.connect(address, clock)
}
