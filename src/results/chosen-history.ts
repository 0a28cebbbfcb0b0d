import { NautilusError } from '../core/errors.js'
import { entriesOfRuns } from './baselines.js'
import { machineClassesOf, type ProfileHistory, readHistory } from './history.js'
import { machineClassOf, readMachine } from './machine.js'
import { resolveRun } from './store.js'

// The history that a person means: of the runs that are named, else of a profile on a class of machine.

export async function historyOfRuns(cwd: string, references: readonly [string, ...string[]]): Promise<ProfileHistory> {
  const [reference, ...others] = references
  const first = (await resolveRun(cwd, reference)).result
  const rest = await Promise.all(others.map(async (other) => (await resolveRun(cwd, other)).result))
  const entries = entriesOfRuns([first, ...rest])
  return { profileName: first.profileName, machineClass: machineClassOf(first.machine), entries }
}

/**
 * Of the last run's profile and of this machine where nothing else is asked. Only runs like the newest one: a profile whose load
 * or limits were changed began a new history.
 */
export async function keptHistory(
  cwd: string,
  asked: { readonly profile?: string; readonly machine?: string },
): Promise<ProfileHistory> {
  const profileName = asked.profile ?? (await resolveRun(cwd, 'last')).result.profileName
  const machineClass = asked.machine ?? machineClassOf(readMachine(null))
  const all = await readHistory(cwd, { profileName, machineClass })
  const newest = all.entries.at(-1)
  if (newest !== undefined) {
    return { ...all, entries: all.entries.filter(({ fingerprint }) => fingerprint === newest.fingerprint) }
  }
  const others = await machineClassesOf(cwd, profileName)
  const elsewhere = others.length === 0 ? '' : `; there are some on ${others.join(', ')}`
  throw new NautilusError('RUN_NOT_FOUND', `no runs of ${profileName} are kept for ${machineClass}${elsewhere}`, {
    hint: `Measure first:  nautilus bench --profile ${profileName}`,
  })
}
