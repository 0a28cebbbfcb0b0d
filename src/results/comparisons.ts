import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { NautilusError } from '../core/errors.js'
import { readChecked } from './checked-file.js'
import { type Comparison, comparison } from './comparison.js'
import { type Bounds, newRunId, type Pruned, pruneOldest, writeRunFiles } from './store.js'

// The kept comparisons of a folder: `<cwd>/.nautilus/comparisons/<id>/` with comparison.json, report.md, and the results of
// all runs in rounds/. Their ids begin with `c-`, so that none can be taken for a run.

const comparisonFileName = 'comparison.json'

const idPrefix = 'c-'

const comparisonsFolder = (cwd: string): string => join(cwd, '.nautilus', 'comparisons')

export const comparisonFolder = (cwd: string, id: string): string => join(comparisonsFolder(cwd), id)

export const newComparisonId = (cwd: string): string => newRunId(comparisonsFolder(cwd), idPrefix)

export type KeptComparison = { readonly folder: string; readonly comparison: Comparison }

/** Writes what is known so far, whole or not at all: also a comparison that is killed keeps its rounds. */
export async function writeComparison(
  folder: string,
  { comparison: kept, files }: { readonly comparison: Comparison; readonly files: Readonly<Record<string, string>> },
): Promise<void> {
  await writeRunFiles(folder, { [comparisonFileName]: `${JSON.stringify(kept)}\n`, ...files })
}

/** The comparison that a reference names: an id or its beginning, a folder or its file. Null where it names none. */
export async function findComparison(cwd: string, reference: string): Promise<KeptComparison | null> {
  if (reference.startsWith(idPrefix)) return byId(cwd, reference)
  const path = resolve(cwd, reference)
  const isFile = path.endsWith(`/${comparisonFileName}`)
  const folder = isFile ? resolve(path, '..') : path
  const found = await stat(join(folder, comparisonFileName)).catch(() => null)
  return found === null ? null : { folder, comparison: await readComparison(join(folder, comparisonFileName)) }
}

async function byId(cwd: string, reference: string): Promise<KeptComparison> {
  const all = await readdir(comparisonsFolder(cwd)).catch(() => [])
  const ids = all.filter((id) => id.startsWith(reference)).toSorted()
  const id = ids.find((each) => each === reference) ?? (ids.length === 1 ? ids[0] : undefined)
  if (id === undefined) {
    const found = ids.length === 0 ? 'names no comparison' : `is the beginning of ${ids.join(', ')}`
    throw new NautilusError('RUN_NOT_FOUND', `"${reference}" ${found} in ${comparisonsFolder(cwd)}`, {
      hint: ids.length === 0 ? 'Comparisons are made by `nautilus compare`.' : 'Add a digit, so that one remains.',
    })
  }
  const folder = comparisonFolder(cwd, id)
  return { folder, comparison: await readComparison(join(folder, comparisonFileName)) }
}

/** Removes the oldest comparisons beyond the bounds, as `pruneRuns` does with runs. Those that were killed at their first round too. */
export const pruneComparisons = (cwd: string, bounds: Bounds): Promise<Pruned> =>
  pruneOldest(comparisonsFolder(cwd), bounds)

const readComparison = (file: string): Promise<Comparison> => readChecked(file, comparison)
