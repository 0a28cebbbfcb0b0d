import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { NautilusError } from '../core/errors.js'
import { readChecked } from './checked-file.js'
import type { RunResult } from './run-result.js'
import { newRunId, readResult, resultFileName, runsFolderOf, writeRunFiles } from './store.js'

// Runs that were measured together by `bench --runs`: `<cwd>/.nautilus/sets/<id>/` with set.json and the reports. The runs themselves are
// kept as every run is; the set names them.

const setFileName = 'set.json'
const idPrefix = 's-'

export const runSet = z.strictObject({
  schema: z.literal('nautilus.set/1'),
  id: z.string(),
  profileName: z.string(),
  startedAt: z.string(),
  wantedCount: z.int().min(1).describe('Whole and valid runs that were asked for.'),
  interrupted: z.string().nullable().describe('What ended the set before it had its runs; null where nothing did.'),
  runIds: z
    .array(z.string())
    .describe('In the order in which they were measured, those without a verdict of their own too.'),
})
export type RunSet = Omit<z.output<typeof runSet>, 'schema'>

export type KeptSet = { readonly folder: string; readonly set: RunSet; readonly results: readonly RunResult[] }

const setsFolder = (cwd: string): string => join(cwd, '.nautilus', 'sets')

export const setFolder = (cwd: string, id: string): string => join(setsFolder(cwd), id)

export const newSetId = (cwd: string): string => newRunId(setsFolder(cwd), idPrefix)

export async function writeSet(cwd: string, set: RunSet, files: Readonly<Record<string, string>>): Promise<void> {
  const text = `${JSON.stringify({ schema: 'nautilus.set/1', ...set })}\n`
  await writeRunFiles(setFolder(cwd, set.id), { [setFileName]: text, ...files })
}

/** The set that a reference names: an id or its beginning, or its folder. Null where it names none. */
export async function findSet(cwd: string, reference: string): Promise<KeptSet | null> {
  if (!reference.startsWith(idPrefix)) {
    const folder = resolve(cwd, reference)
    const found = await stat(join(folder, setFileName)).catch(() => null)
    return found === null ? null : readSet(folder)
  }
  const ids = (await readdir(setsFolder(cwd)).catch(() => [])).filter((id) => id.startsWith(reference)).toSorted()
  const id = ids.find((each) => each === reference) ?? (ids.length === 1 ? ids[0] : undefined)
  if (id !== undefined) return readSet(setFolder(cwd, id))
  const what = ids.length === 0 ? 'names no set of runs' : `is the beginning of ${ids.join(', ')}`
  throw new NautilusError('RUN_NOT_FOUND', `"${reference}" ${what} in ${setsFolder(cwd)}`, {
    hint: ids.length === 0 ? 'Sets are made by `nautilus bench --runs 5`.' : 'Add a digit, so that one remains.',
  })
}

/** Removes the sets of which no run is kept any more. Returns their ids. */
export async function pruneSets(cwd: string): Promise<string[]> {
  const removed: string[] = []
  for (const id of await readdir(setsFolder(cwd)).catch(() => [])) {
    // One that cannot be read names no run either.
    const set = await readChecked(join(setFolder(cwd, id), setFileName), runSet).catch(() => null)
    if (set?.runIds.some((run) => existsSync(join(runsFolderOf(cwd), run))) === true) continue
    await rm(setFolder(cwd, id), { recursive: true, force: true })
    removed.push(id)
  }
  return removed
}

async function readSet(folder: string): Promise<KeptSet> {
  const { schema: _, ...set } = await readChecked(join(folder, setFileName), runSet)
  const runsFolder = join(folder, '..', '..', 'runs')
  const results = await Promise.all(set.runIds.map((id) => readResult(join(runsFolder, id, resultFileName))))
  return { folder, set, results }
}
