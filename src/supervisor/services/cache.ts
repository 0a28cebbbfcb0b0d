import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { messageOf, NautilusError } from '../../core/errors.js'

// What was provisioned is kept here, a folder a program. A folder is built elsewhere, copied beside its place and renamed
// into it, so it is there whole or not at all; of two that build at once the first wins and the second uses what it finds.

/** As root a folder that `nobody` can enter too (it cannot enter /root). */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (process.getuid?.() === 0) return '/var/cache/nautilus'
  const cacheHome = env['XDG_CACHE_HOME']
  if (cacheHome !== undefined && isAbsolute(cacheHome)) return join(cacheHome, 'nautilus')
  return join(env['HOME'] ?? homedir(), '.cache', 'nautilus')
}

export type CacheEntry = { readonly cache: string; readonly name: string }

/** Packages fit one release of one distribution: the name says which, so that an upgrade of the system provisions anew. */
export async function releaseName(program: string): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(release)?.[1] ?? 'unknown'
  return `${program}-${field('ID')}-${field('VERSION_ID')}-${process.arch}`.replaceAll(/[^a-zA-Z0-9._-]/g, '_')
}

/** Puts a copy of `built` into the cache. `works` says whether a folder of the cache holds a program that runs. */
export async function keepInCache(
  entry: CacheEntry,
  built: string,
  works: (folder: string) => Promise<boolean>,
): Promise<string> {
  const place = join(entry.cache, entry.name)
  const partial = `${place}.partial-${process.pid}`
  try {
    await mkdir(entry.cache, { recursive: true, mode: 0o755 })
    await removeAbandoned(entry)
    await cp(built, partial, { recursive: true, verbatimSymlinks: true })
    await openToAll(partial)
    if (!(await works(partial))) {
      throw new NautilusError('SERVICE_UNAVAILABLE', `what was put together for ${entry.name} does not run here`)
    }
    if (await takePlace(partial, place)) return place
    if (await works(place)) return place
    await rename(place, `${place}.partial-${process.pid}-broken`)
    await takePlace(partial, place)
    return place
  } catch (error) {
    if (error instanceof NautilusError) throw error
    throw new NautilusError(
      'SERVICE_UNAVAILABLE',
      `cannot write the cache folder ${entry.cache}: ${messageOf(error)}`,
      {
        hint: 'Set XDG_CACHE_HOME to a folder that can be written.',
        cause: error,
      },
    )
  } finally {
    await rm(partial, { recursive: true, force: true })
    await rm(`${partial}-broken`, { recursive: true, force: true })
  }
}

/** False where the place is taken already. */
async function takePlace(partial: string, place: string): Promise<boolean> {
  try {
    await rename(partial, place)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(error))) return false
    throw error
  }
}

/** Removes what a nautilus that was killed left half-copied. */
async function removeAbandoned(entry: CacheEntry): Promise<void> {
  const pattern = /\.partial-(\d+)/
  for (const name of await readdir(entry.cache)) {
    const pid = Number(pattern.exec(name)?.[1])
    if (Number.isNaN(pid) || pid === process.pid || alive(pid)) continue
    await rm(join(entry.cache, name), { recursive: true, force: true })
  }
}

/** Whatever the umask was: everybody may read and enter, programs may be run. */
async function openToAll(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true })
  for (const path of [folder, ...names.map((name) => join(folder, name))]) {
    const found = await lstat(path)
    if (found.isSymbolicLink()) continue
    await chmod(path, found.isDirectory() || (found.mode & 0o100) !== 0 ? 0o755 : 0o644)
  }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')
