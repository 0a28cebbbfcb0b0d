import type { RunSnapshot } from '../bench/snapshot.js'
import { type ErrorCode, NautilusError } from '../core/errors.js'
import type { Io } from '../core/io.js'
import type { Profile } from '../profile/load.js'
import type { TuneSpace } from '../profile/tune-space.js'
import type { StudyHeader, StudyRun } from '../results/study.js'
import type { Goal } from '../tune/goal.js'
import type { PlannedRun, StudyPlan } from '../tune/study-plan.js'
import type { View } from '../ui/show.js'

// The runs of a study, one after the other: what is measured next, on a fresh system, and kept as soon as it is over.

export type Tuning = {
  readonly header: StudyHeader
  /** Where the study is kept. */
  readonly folder: string
  /** Settings of all runs, as they were typed. */
  readonly set: readonly string[]
  readonly profile: Profile
  readonly tuneSpace: TuneSpace
  readonly goal: Goal
  readonly plan: StudyPlan
  readonly offline: boolean
  readonly view: View<RunSnapshot>
}

/** Adds runs until there are so many, or somebody stops: a run that was cut short is none, and is made again. */
export async function runSearch(
  io: Io,
  tuning: Tuning,
  { runs: before, runsMax }: { readonly runs: readonly StudyRun[]; readonly runsMax: number },
): Promise<readonly StudyRun[]> {
  const { appendToStudy } = await import('../results/studies.js')
  const { progressText, ranText } = await import('../report/study-words.js')
  const { header, plan, view, folder, tuneSpace } = tuning
  let runs = before
  while (runs.length < runsMax && !io.stop.aborted) {
    const planned = plan.next(runs)
    const set = tuneSpace.overridesOf(planned.settings)
    const best = plan.best(runs)
    view.note(progressText({ ...planned, set }, { header, runs, runsMax, best: best?.value ?? null }))
    const run = await measureNext(io, tuning, { planned, set, index: runs.length })
    if (run === null) break
    await appendToStudy(folder, run)
    view.note(ranText(run, header))
    runs = [...runs, run]
  }
  return runs
}

type Next = { readonly planned: PlannedRun; readonly set: readonly string[]; readonly index: number }

/** Null where it was stopped. */
async function measureNext(io: Io, tuning: Tuning, { planned, set, index }: Next): Promise<StudyRun | null> {
  const { monotonicClock, wallClockIso } = await import('../core/clock.js')
  const { maskSecrets } = await import('../core/secrets.js')
  const { seedOf } = await import('../bench/rounds.js')
  const startedAt = wallClockIso()
  const from = monotonicClock.now()
  const seed = seedOf(tuning.header.seed, index)
  const said = await measured(io, tuning, { planned, set, index }, seed)
  if (said === null) return null
  const failure = said.failure === null ? null : maskSecrets(said.failure, tuning.profile.secrets)
  const beside = { startedAt, seed, elapsedNs: monotonicClock.now() - from }
  return { kind: 'run', index, ...planned, set: [...set], ...beside, ...said, failure }
}

async function measured(
  io: Io,
  { header, folder, profile, set: always, goal, offline, view }: Tuning,
  { planned, set, index }: Next,
  seed: number,
): Promise<Pick<StudyRun, 'runId' | 'outcome' | 'failure'> | null> {
  const { join } = await import('node:path')
  const { failureOf } = await import('../bench/rounds.js')
  const { newSystemId } = await import('../profile/access.js')
  const { isLoaded } = await import('../profile/followed-names.js')
  const { loadProfile } = await import('../profile/load.js')
  const { withMaskedUrls, withMaskedWords } = await import('../report/mask-urls.js')
  const { resultFileName, writeRunFiles } = await import('../results/store.js')
  const { outcomeOf } = await import('../tune/outcome.js')
  const { measureFresh } = await import('./measuring.js')
  const name = String(index).padStart(3, '0')
  const runId = `${header.id}-${name}`
  const runFolder = join(folder, 'runs', name)
  // The first run is of the profile as it is, down to the digits.
  const own = planned.purpose === 'current' ? [] : set
  try {
    const seeded = isLoaded(profile) ? [`load.seed=${seed}`] : []
    const tried = loadProfile(header.profile, { cwd: io.cwd, env: io.env, set: [...always, ...own, ...seeded] })
    const { result } = await measureFresh(io, {
      ...{ profile: tried, view, logFolder: join(runFolder, 'logs'), onDrive: () => undefined },
      asked: { systemId: newSystemId(), runId, cwd: io.cwd, offline, faults: {} },
    })
    const failed = failureOf(result)
    // Ctrl-C of a terminal ends the engines too: that is no crash of theirs. A run that was whole by then counts.
    if (failed !== null && (io.stop.aborted || failed.cause === 'stopped')) return null
    const kept = withMaskedUrls(withMaskedWords(result, profile.secrets))
    await writeRunFiles(runFolder, { [resultFileName]: `${JSON.stringify(kept)}\n` })
    if (failed === null) return { runId, ...outcomeOf(result, goal) }
    // The next run would meet what is wrong around the system again.
    if (failed.cause === 'environment') throw new NautilusError('SERVICE_DIED', `run ${index} ${failed.failure}`)
    return { runId, outcome: null, failure: failed.failure }
  } catch (error) {
    if (io.stop.aborted) return null
    if (!(error instanceof NautilusError) || !ownFailures.includes(error.code)) throw error
    return { runId, outcome: null, failure: firstLine(error.message) }
  }
}

/** Failures that settings can cause. A profile can be invalid with settings that are each allowed. */
const ownFailures: readonly ErrorCode[] = ['ENGINE_FAILED', 'ENGINE_NOT_READY', 'PROFILE_INVALID']

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
