import { randomInt } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { access, constants, mkdir, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { assert } from '../core/assert.js'
import { messageOf, NautilusError } from '../core/errors.js'
import { readChecked } from './checked-file.js'
import { type RunResult, runResult } from './run-result.js'
import { isWholeRun } from './whole-run.js'

// The kept runs of a folder: `<cwd>/.nautilus/runs/<id>/` with result.json, the reports and logs/. A run counts as kept
// as soon as its result.json is there, which is written whole or not at all.

export const resultFileName = 'result.json'

export type KeptRun = { readonly id: string; readonly folder: string; readonly result: RunResult }
export type UnreadableRun = { readonly id: string; readonly folder: string; readonly problem: string }

export const runsFolderOf = (cwd: string): string => join(cwd, '.nautilus', 'runs')

/** A name for a new run: four lowercase hex digits, more once most of those are taken; behind a prefix for what is no run. */
export function newRunId(runsFolder: string, prefix = ''): string {
  const taken = new Set(existsSync(runsFolder) ? readdirSync(runsFolder) : [])
  for (let attempt = 0; ; attempt += 1) {
    assert(attempt < 1000, 'a free run id is found within a thousand draws')
    const digits = 4 + Math.floor(attempt / 16)
    const number = randomInt(16 ** digits).toString(16)
    const id = `${prefix}${number.padStart(digits, '0')}`
    if (!taken.has(id)) return id
  }
}

/**
 * Writes files into the folder of a run, in the given order, each whole or not at all. On a full disk the partial file is
 * removed, and DISK_FULL says which files were kept.
 */
export async function writeRunFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const written: string[] = []
  for (const [name, text] of Object.entries(files)) {
    try {
      await mkdir(folder, { recursive: true })
      await writeWhole(join(folder, name), text)
      written.push(name)
    } catch (cause) {
      if (!isOutOfSpace(cause)) throw cause
      const kept = written.length === 0 ? 'nothing of the run was kept' : `kept: ${written.join(', ')}`
      throw new NautilusError('DISK_FULL', `no space to write ${join(folder, name)}; ${kept}`, { cause })
    }
  }
}

/** Refuses a file that could not be written, before anything is measured for it. */
export async function refuseUnwritable(cwd: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    const path = resolve(cwd, file)
    const folder = await stat(dirname(path)).catch(() => null)
    if (folder === null) throw unwritable(file, 'its folder does not exist')
    if (!folder.isDirectory()) throw unwritable(file, `${dirname(file)} is not a folder`)
    const there = await stat(path).catch(() => null)
    if (there?.isDirectory()) throw unwritable(file, 'it is a folder')
    // Root may rename over a device, which is then gone for everybody.
    if (there?.isFile() === false) throw unwritable(file, 'it is a device, a pipe or a socket')
    // A file is replaced, so its folder is what has to be open to us.
    const isOurs = await access(dirname(path), constants.W_OK).then(
      () => true,
      () => false,
    )
    if (!isOurs) throw unwritable(file, 'its folder is not yours to write')
  }
}

/** The file itself where a link to it was named: a rename would replace the link. */
export const followed = (path: string): Promise<string> => realpath(path).catch(() => path)

/** Writes a file that a person named, whole or not at all; messages name it as they did. */
export async function writeOutput(cwd: string, file: string, text: string): Promise<void> {
  await refuseUnwritable(cwd, [file])
  try {
    await writeWhole(await followed(resolve(cwd, file)), text)
  } catch (cause) {
    if (isOutOfSpace(cause)) throw new NautilusError('DISK_FULL', `no space to write ${file}`, { cause })
    throw unwritable(file, messageOf(cause))
  }
}

const unwritable = (file: string, why: string): NautilusError =>
  new NautilusError('USAGE', `${file} cannot be written: ${why}`, {
    hint: 'Name a file in a folder that exists and is yours to write.',
  })

/** Writes a file so that a reader never sees half of it; what was half written is removed. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const partial = `${file}.${process.pid}.partial`
  try {
    await writeFile(partial, text)
    await rename(partial, file)
  } catch (cause) {
    await rm(partial, { force: true })
    throw cause
  }
}

export const readResult = (file: string): Promise<RunResult> => readChecked(file, runResult)

/** All kept runs, oldest first, and those that cannot be read. Folders without a result.json are no runs yet. */
export async function listRuns(runsFolder: string): Promise<{ runs: KeptRun[]; unreadable: UnreadableRun[] }> {
  const runs: KeptRun[] = []
  const unreadable: UnreadableRun[] = []
  for (const { id, folder } of await runFolders(runsFolder)) {
    try {
      runs.push({ id, folder, result: await readResult(join(folder, resultFileName)) })
    } catch (error) {
      if (!(error instanceof NautilusError)) throw error
      unreadable.push({ id, folder, problem: error.message })
    }
  }
  runs.sort((a, b) => a.result.startedAt.localeCompare(b.result.startedAt))
  return { runs, unreadable }
}

/**
 * Finds a run by what a person types: `last`, `last~1`, the beginning of an id, or a path to a run folder or result file.
 */
export async function resolveRun(cwd: string, reference: string): Promise<KeptRun> {
  const back = /^last(?:~(\d+))?$/.exec(reference)
  if (back !== null) return newest(runsFolderOf(cwd), Number(back[1] ?? 0))
  const ids = (await runFolders(runsFolderOf(cwd))).filter(({ id }) => id.startsWith(reference))
  const exact = ids.find(({ id }) => id === reference) ?? (ids.length === 1 ? ids[0] : undefined)
  if (exact !== undefined) return keptRun(exact.folder, join(exact.folder, resultFileName))
  if (ids.length > 1) {
    const shown = ids.map(({ id }) => id).toSorted()
    throw new NautilusError('RUN_NOT_FOUND', `"${reference}" is the beginning of ${shown.join(', ')}`, {
      hint: 'Add a digit, so that one remains.',
    })
  }
  return runOfPath(cwd, reference)
}

/** The newest whole run of the same profile and load before this one, without faults: what a summary compares with. */
export async function previousRun(runsFolder: string, of: RunResult): Promise<RunResult | null> {
  const { runs } = await listRuns(runsFolder)
  const earlier = runs.filter(
    ({ result }) =>
      result.profileName === of.profileName &&
      isSameLoad(result, of) &&
      result.id !== of.id &&
      result.startedAt < of.startedAt &&
      isWholeRun(result) &&
      Object.keys(result.faults).length === 0,
  )
  return earlier.at(-1)?.result ?? null
}

/** A name may be made of an address: a GET and a PING of one port share it, and so do two rates. */
const isSameLoad = ({ load: one }: RunResult, { load: other }: RunResult): boolean =>
  one.scenario === other.scenario &&
  one.target === other.target &&
  one.loop === other.loop &&
  one.arrivals === other.arrivals

/** Removes the oldest runs until at most `countMax` are left and together hold at most `bytesMax`. Returns what went. */
export async function pruneRuns(runsFolder: string, bounds: Bounds): Promise<Pruned> {
  const { runs, unreadable } = await listRuns(runsFolder)
  // What cannot be read is older than all: it goes first.
  return pruneFolders([...unreadable, ...runs], bounds)
}

export type Bounds = { readonly countMax: number; readonly bytesMax: number }
export type Pruned = { readonly removed: string[]; readonly freedBytes: number }

/** Of the folders below one, those that were written to last stay, as many as the bounds allow. */
export async function pruneOldest(parent: string, bounds: Bounds): Promise<Pruned> {
  const ids = await readdir(parent).catch(() => [])
  const folders = await Promise.all(
    ids.map(async (id) => {
      const folder = join(parent, id)
      return { id, folder, changedMs: (await stat(folder)).mtimeMs }
    }),
  )
  return pruneFolders(
    folders.toSorted((one, other) => one.changedMs - other.changedMs),
    bounds,
  )
}

/** Keeps the newest folders, as many as the bounds allow; they are given oldest first. */
async function pruneFolders(
  folders: readonly { readonly id: string; readonly folder: string }[],
  bounds: Bounds,
): Promise<Pruned> {
  const removed: string[] = []
  let freedBytes = 0
  let keptCount = 0
  let keptBytes = 0
  for (const { id, folder } of folders.toReversed()) {
    const size = await folderBytes(folder)
    if (keptCount < bounds.countMax && keptBytes + size <= bounds.bytesMax) {
      keptCount += 1
      keptBytes += size
      continue
    }
    await rm(folder, { recursive: true, force: true })
    removed.push(id)
    freedBytes += size
  }
  return { removed, freedBytes }
}

async function newest(runsFolder: string, back: number): Promise<KeptRun> {
  const { runs } = await listRuns(runsFolder)
  const found = runs.at(-1 - back)
  if (found !== undefined) return found
  if (runs.length === 0) {
    const hint = 'Start one:  nautilus bench --profile quickstart'
    throw new NautilusError('RUN_NOT_FOUND', `no runs are kept in ${runsFolder}`, { hint })
  }
  const there = runs.length === 1 ? 'is 1 run' : `are ${runs.length} runs`
  throw new NautilusError('RUN_NOT_FOUND', `there ${there} in ${runsFolder}, none that is ${back} before the last`)
}

async function runOfPath(cwd: string, reference: string): Promise<KeptRun> {
  const path = resolve(cwd, reference)
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory()) return keptRun(path, join(path, resultFileName))
  if (found?.isFile()) return keptRun(dirname(path), path)
  throw new NautilusError('RUN_NOT_FOUND', `"${reference}" is neither a run in ${runsFolderOf(cwd)} nor a file`)
}

async function keptRun(folder: string, file: string): Promise<KeptRun> {
  const result = await readResult(file)
  return { id: result.id, folder, result }
}

async function runFolders(runsFolder: string): Promise<{ id: string; folder: string }[]> {
  const names = await readdir(runsFolder).catch(() => [])
  return names
    .map((id) => ({ id, folder: join(runsFolder, id) }))
    .filter(({ folder }) => existsSync(join(folder, resultFileName)))
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => stat(join(entry.parentPath, entry.name)).then((found) => found.size)),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

export const isOutOfSpace = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
