import type { Redis } from 'ioredis'
import { openRedis } from '../../platform/pools/redis-connection.js'

const reopenMs = 100

/** A connection that comes back when the server does; what is sent meanwhile fails at once. */
export const openReturning = (url: string): Promise<Redis> =>
  openRedis(url, { retryStrategy: () => reopenMs, enableAutoPipelining: false })

/** All connections or none: where one cannot be opened, the others are not left behind. */
export async function openAll(count: number, open: (index: number) => Promise<Redis>): Promise<Redis[]> {
  const settled = await Promise.allSettled(Array.from({ length: count }, (_, index) => open(index)))
  const opened = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = settled.find((each) => each.status === 'rejected')
  if (failed === undefined) return opened
  for (const redis of opened) redis.disconnect()
  throw failed.reason
}
