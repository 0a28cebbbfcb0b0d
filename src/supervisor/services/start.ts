import type { ServiceSpec } from '../spec.js'
import type { RunningService, ServiceContext } from './context.js'
import { connectExternal } from './external.js'
import { startPostgres } from './postgres.js'
import { startRedis } from './redis.js'

/** Finds or provisions a server, starts it, and returns when it answers; one named by `url:` is only asked. */
export async function startService(spec: ServiceSpec, context: ServiceContext): Promise<RunningService> {
  const { name, config } = spec
  if (config.url !== undefined) return connectExternal({ name, kind: config.kind, url: config.url }, context)
  return config.kind === 'redis' ? startRedis(name, config, context) : startPostgres(name, config, context)
}
