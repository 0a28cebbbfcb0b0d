import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CacheEntry } from './cache.js'
import { keepInCache } from './cache.js'
import type { ServerProgram, ServiceContext } from './context.js'
import { isSystemPackage, type PackageWish, unpackPackages } from './debian-packages.js'
import { answersVersion } from './search.js'

// Redis from the packages of Debian or Ubuntu without being root. What stays is bin/redis-server and lib/*.so*, some 5 MB.

const redisWish: PackageWish = {
  title: 'Redis',
  // The second is for releases that have no Redis any more.
  sets: [
    ['redis-server', 'redis-tools'],
    ['valkey-server', 'valkey-tools'],
  ],
  isWanted: (name) => /^(redis|valkey|lua|lib)/.test(name) && !isSystemPackage(name),
  hint: 'Check the network and the source lists, install redis-server, or name a running Redis by `url:`.',
}

export const cachedRedis = (folder: string): ServerProgram => ({
  program: join(folder, 'bin', 'redis-server'),
  origin: 'cache',
  environment: { LD_LIBRARY_PATH: join(folder, 'lib') },
})

/** Returns the folder of the cache. Everything before the last step happens below the folder that the supervisor removes. */
export async function unpackRedis(entry: CacheEntry, context: ServiceContext): Promise<string> {
  const folder = await mkdtemp(join(context.folder, 'packages-'))
  try {
    context.progress(`not on this machine; unpacking the distribution's packages into ${entry.cache}, once`)
    const root = await unpackPackages(redisWish, folder, context)
    const built = await flatten(root, join(folder, 'built'))
    const place = await keepInCache(entry, built, (candidate) => answersVersion(cachedRedis(candidate), context))
    context.progress('unpacked')
    return place
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function flatten(root: string, built: string): Promise<string> {
  await mkdir(join(built, 'bin'), { recursive: true })
  await mkdir(join(built, 'lib'), { recursive: true })
  for (const name of await readdir(root, { recursive: true })) {
    const path = join(root, name)
    const isServer = /(^|\/)bin\/(redis|valkey)-server$/.test(name)
    if (!isServer && !/\.so(\.[0-9.]+)?$/.test(name)) continue
    // A link is followed: redis-server is one to a program of redis-tools. One that leads nowhere is for compilers.
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    )
    if (isFile) await copyFile(path, isServer ? join(built, 'bin', 'redis-server') : join(built, 'lib', basename(name)))
  }
  return built
}
