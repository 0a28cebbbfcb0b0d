import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { NautilusError } from '../core/errors.js'
import { nearNameHint } from '../core/near-name.js'
import { readChecked } from './checked-file.js'
import { fingerprintOf, type HistoryEntry, historyEntry, historyLine } from './history.js'
import { machineClassOf } from './machine.js'
import type { RunResult } from './run-result.js'
import { writeRunFiles } from './store.js'

// Named sets of earlier runs that later ones are held against: `<cwd>/.nautilus/baselines/<name>.json`. A baseline is
// of one profile with one load on one class of machine, for figures of two machines say nothing of each other.

export const baseline = z.strictObject({
  schema: z.literal('nautilus.baseline/1'),
  name: z.string(),
  createdAt: z.string(),
  profileName: z.string(),
  machineClass: z.string(),
  fingerprint: z.string(),
  entries: z.array(historyLine).min(1).describe('Oldest first.'),
})
export type Baseline = z.output<typeof baseline>

/** Runs a baseline keeps: the newest of them tell how the system is, older ones how it was. */
const entriesMax = 100

export async function saveBaseline(cwd: string, made: Omit<Baseline, 'schema'>): Promise<Baseline> {
  const entries = made.entries.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt)).slice(-entriesMax)
  const whole: Baseline = { schema: 'nautilus.baseline/1', ...made, entries }
  await writeRunFiles(baselinesFolder(cwd), { [fileName(made.name)]: `${JSON.stringify(whole, null, 2)}\n` })
  return whole
}

/** Null where there is none of that name. */
export async function findBaseline(cwd: string, name: string): Promise<Baseline | null> {
  const file = join(baselinesFolder(cwd), fileName(name))
  return existsSync(file) ? readChecked(file, baseline) : null
}

export async function readBaseline(cwd: string, name: string): Promise<Baseline> {
  const found = await findBaseline(cwd, name)
  if (found !== null) return found
  const hint = nearNameHint(name, await baselineNames(cwd))
  throw new NautilusError('BASELINE_MISSING', `there is no baseline "${name}"; ${hint}`)
}

export async function listBaselines(cwd: string): Promise<Baseline[]> {
  const found = await Promise.all((await baselineNames(cwd)).map((name) => findBaseline(cwd, name)))
  return found.filter((one) => one !== null)
}

export async function removeBaseline(cwd: string, name: string): Promise<void> {
  await readBaseline(cwd, name)
  await rm(join(baselinesFolder(cwd), fileName(name)))
}

/** What runs that a person named make together; all must be whole, and of one profile, load and class of machine. */
export function entriesOfRuns(runs: readonly RunResult[]): HistoryEntry[] {
  const [first] = runs
  return runs.map((run) => {
    const kept = historyEntry(run)
    if (kept === null) {
      throw new NautilusError(
        'USAGE',
        `run ${run.id} is no measure of its profile: it was cut, invalid, or had faults`,
        {
          hint: 'Name whole runs; `nautilus runs` lists them.',
        },
      )
    }
    if (first !== undefined && !isAlike(run, first)) {
      throw new NautilusError(
        'USAGE',
        `runs ${first.id} and ${run.id} differ in profile, system, load, limits or machine`,
        {
          hint: 'Name runs of one profile, measured on one class of machine.',
        },
      )
    }
    return kept
  })
}

const isAlike = (one: RunResult, other: RunResult): boolean =>
  one.profileName === other.profileName &&
  fingerprintOf(one) === fingerprintOf(other) &&
  machineClassOf(one.machine) === machineClassOf(other.machine)

async function baselineNames(cwd: string): Promise<string[]> {
  const files = await readdir(baselinesFolder(cwd)).catch(() => [])
  return files.flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : [])).toSorted()
}

const baselinesFolder = (cwd: string): string => join(cwd, '.nautilus', 'baselines')

function fileName(name: string): string {
  if (/^[A-Za-z0-9][\w.-]*$/.test(name)) return `${name}.json`
  throw new NautilusError('USAGE', `"${name}" is not a name for a baseline`, {
    hint: 'Begin with a letter or digit; then also ".", "_" and "-".',
  })
}
