import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { NautilusError } from '../core/errors.js'
import { nearNameHint } from '../core/near-name.js'
import { isErrno } from './process-table.js'

// Where logs are when no system is up: of the last `up`, and of each run.

const extension = '.log'

/** The folders that may hold logs: of the last `up` and of every run, the one that was written to last first. */
export function logFolders(stateFolder: string): string[] {
  const runs = join(stateFolder, 'runs')
  const candidates = [join(stateFolder, 'logs'), ...entriesOf(runs).map((id) => join(runs, id, 'logs'))]
  return candidates
    .map((folder) => ({ folder, writtenMs: lastWrite(folder) }))
    .filter(({ writtenMs }) => writtenMs > 0)
    .sort((one, other) => other.writtenMs - one.writtenMs)
    .map(({ folder }) => folder)
}

/** The log of an engine or service in the first of these folders that has any; throws where it has no such log. */
export function logFileIn(folders: readonly string[], name: string): string {
  const [folder] = folders
  const names = folder === undefined ? [] : logNames(folder)
  if (folder !== undefined && names.includes(name)) return join(folder, `${name}${extension}`)
  throw new NautilusError('USAGE', `there is no log of "${name}"`, {
    hint: folder === undefined ? 'Nothing was started in this folder yet.' : `${folder}: ${nearNameHint(name, names)}`,
  })
}

const logNames = (folder: string): string[] =>
  entriesOf(folder)
    .filter((file) => file.endsWith(extension))
    .map((file) => file.slice(0, -extension.length))

const lastWrite = (folder: string): number =>
  Math.max(0, ...logNames(folder).map((name) => writtenMs(join(folder, `${name}${extension}`))))

const writtenMs = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return []
    throw error
  }
}
