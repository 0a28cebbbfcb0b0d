import { join } from 'node:path'
import { NautilusError } from '../../core/errors.js'
import { cacheFolder, releaseName } from './cache.js'
import type { ContainerEngine } from './container.js'
import { containerEngine } from './container.js'
import type { ServerProgram, ServiceContext } from './context.js'
import { canUnpackPackages } from './debian-packages.js'
import { cachedRedis, unpackRedis } from './debian-redis.js'
import { answersVersion, findPrograms, programFolders } from './search.js'

type RedisPlaces = { readonly folders: readonly string[]; readonly cache: string }

const redisPlaces = (): RedisPlaces => ({ folders: programFolders(), cache: cacheFolder() })

/** Looks on PATH, then in the cache, then provisions: packages of the distribution, else a container. */
export async function findRedis(
  context: ServiceContext,
  places: RedisPlaces = redisPlaces(),
): Promise<ServerProgram | ContainerEngine> {
  for (const program of await findPrograms(['redis-server', 'valkey-server'], places.folders)) {
    const server: ServerProgram = { program, origin: 'path', environment: {} }
    if (await answersVersion(server, context)) return server
  }
  const entry = { cache: places.cache, name: await releaseName('redis') }
  const cached = cachedRedis(join(entry.cache, entry.name))
  if (await answersVersion(cached, context)) return cached
  if (!context.offline && (await canUnpackPackages(places.folders))) {
    try {
      return cachedRedis(await once(entry.name, () => unpackRedis(entry, context)))
    } catch (error) {
      const engine = context.stop.aborted ? null : await containerEngine(places.folders, context)
      if (engine === null) throw error
      return engine
    }
  }
  const engine = await containerEngine(places.folders, context)
  if (engine !== null) return engine
  throw new NautilusError('SERVICE_UNAVAILABLE', missing(context.offline, places), {
    hint: context.offline
      ? 'Run once without --offline, install redis-server or valkey-server, or name a running one by `url:`.'
      : 'Install redis-server or valkey-server with the package manager of this system, start Docker or Podman, or name a running Redis by `url:`.',
  })
}

const missing = (offline: boolean, places: RedisPlaces): string =>
  offline
    ? `no Redis on PATH nor in the cache ${places.cache}, and --offline forbids downloading one`
    : 'no Redis on PATH, no apt-get to unpack one with, and neither Docker nor Podman answers'

const underway = new Map<string, Promise<string>>()

/** Two Redis of one profile start at once: the second waits for what the first provisions. */
async function once(name: string, provision: () => Promise<string>): Promise<string> {
  const present = underway.get(name)
  if (present !== undefined) return present
  const started = provision().finally(() => underway.delete(name))
  underway.set(name, started)
  return started
}
