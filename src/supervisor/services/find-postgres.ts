import { access, constants, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NautilusError } from '../../core/errors.js'
import { cacheFolder } from './cache.js'
import { type ContainerEngine, containerEngine } from './container.js'
import type { ServerProgram, ServiceContext } from './context.js'
import { packageFolder, postgresOfPackage } from './postgres-package.js'
import { answersVersion, findPrograms, programFolders } from './search.js'

type PostgresPlaces = {
  /** Where npm put its binaries, if it did. */
  readonly packageFolder: string | null
  readonly folders: readonly string[]
  readonly cache: string
}

export const postgresPlaces = async (): Promise<PostgresPlaces> => ({
  packageFolder: packageFolder(),
  folders: [...programFolders(), ...(await debianFolders())],
  cache: cacheFolder(),
})

/** The npm package, then `postgres` with `initdb` beside it on PATH or in Debian's folders, then a container. */
export async function findPostgres(
  context: ServiceContext,
  given?: PostgresPlaces,
): Promise<ServerProgram | ContainerEngine> {
  const places = given ?? (await postgresPlaces())
  if (places.packageFolder !== null) {
    const packaged = await postgresOfPackage({ folder: places.packageFolder, cache: places.cache }, context)
    if (packaged !== null) return packaged
  }
  for (const path of await findPrograms(['postgres'], places.folders)) {
    const server: ServerProgram = { program: await realpath(path), origin: 'path', environment: {} }
    if ((await hasInitdb(server)) && (await answersVersion(server, context))) return server
  }
  const engine = await containerEngine(places.folders, context)
  if (engine !== null) return engine
  throw new NautilusError(
    'SERVICE_UNAVAILABLE',
    'no PostgreSQL: the npm package does not run here, none is on PATH, and neither Docker nor Podman answers',
    {
      hint: 'Install nautilus without --omit=optional, or postgresql with the package manager of this system, or name a running one by `url:`.',
    },
  )
}

const hasInitdb = (server: ServerProgram): Promise<boolean> =>
  access(join(dirname(server.program), 'initdb'), constants.X_OK).then(
    () => true,
    () => false,
  )

/** Debian keeps the servers of each release apart and off PATH; the newest first. */
async function debianFolders(): Promise<string[]> {
  const releases = await readdir('/usr/lib/postgresql').catch(() => [])
  return releases.sort((a, b) => Number(b) - Number(a)).map((release) => join('/usr/lib/postgresql', release, 'bin'))
}
