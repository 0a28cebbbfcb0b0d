import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { NautilusError } from '../core/errors.js'
import { nearNameHint } from '../core/near-name.js'
import { packageRoot } from '../core/paths.js'

export const shippedFolder = (): string => join(packageRoot(), 'profiles')

export const isShipped = (file: string): boolean => dirname(file) === shippedFolder()

/** Finds `nameOrPath`: a path, else `./profiles/NAME.yaml`, else a profile that ships with nautilus. */
export function findProfile(nameOrPath: string, cwd: string): string {
  const isPath = /\.ya?ml$/.test(nameOrPath) || nameOrPath.includes('/')
  const candidates = isPath
    ? [resolve(cwd, nameOrPath)]
    : [resolve(cwd, 'profiles', `${nameOrPath}.yaml`), join(shippedFolder(), `${nameOrPath}.yaml`)]
  const found = candidates.find((file) => existsSync(file))
  if (found !== undefined) return found
  if (isPath) throw new NautilusError('PROFILE_NOT_FOUND', `there is no file ${nameOrPath}`)
  const names = listProfiles(cwd).map((profile) => profile.name)
  const where = `neither in ./profiles nor among those that ship with nautilus`
  throw new NautilusError(
    'PROFILE_NOT_FOUND',
    `no profile "${nameOrPath}", ${where}; ${nearNameHint(nameOrPath, names)}`,
  )
}

/** The profiles that a bare name can mean; a local one hides the shipped one of its name. */
export function listProfiles(cwd: string): { readonly name: string; readonly file: string }[] {
  const byName = new Map<string, string>()
  for (const folder of [shippedFolder(), resolve(cwd, 'profiles')]) {
    if (!existsSync(folder)) continue
    for (const file of readdirSync(folder)) {
      if (file.endsWith('.yaml')) byName.set(basename(file, '.yaml'), join(folder, file))
    }
  }
  return [...byName].map(([name, file]) => ({ name, file })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A file as people read it: relative where it lies below the working directory. */
export function shownFile(file: string, cwd: string): string {
  const short = relative(cwd, file)
  return short.startsWith('..') || isAbsolute(short) ? file : short
}
