import type { RunSnapshot } from '../bench/snapshot.js'
import type { Io } from '../core/io.js'
import type { Profile } from '../profile/load.js'
import type { StudyFound } from '../report/study.js'
import type { Study, StudyHeader, StudyRun } from '../results/study.js'
import type { StudyBest } from '../tune/study-plan.js'
import type { View } from '../ui/show.js'
import type { Confirmed } from './tune-confirming.js'
import type { Tuning } from './tuning.js'

// One study from its first run to its summary: search, confirm, write the patch, tell.

type Asked = {
  readonly header: StudyHeader
  /** What is kept of it; null of a new one. */
  readonly resumed: Study | null
  readonly profile: Profile
  readonly set: readonly string[]
  readonly folder: string
  readonly runsMax: number
  readonly roundsMax: number
  readonly confirm: boolean
  readonly apply: boolean
  readonly offline: boolean
  readonly queue: boolean
  readonly json: boolean
  readonly view: View<RunSnapshot>
}

/** Returns the exit code. */
export async function study(io: Io, asked: Asked): Promise<number> {
  const { renderStudy } = await import('../report/study.js')
  const { readStudy, studyFileOf } = await import('../results/studies.js')
  const { whileAlone } = await import('./measuring.js')
  const { header, view, queue, folder, json } = asked
  const tuning = await tuningOf(asked)
  const alone = { profileName: header.profileName, runId: header.id, queue, note: view.note }
  const found = await whileAlone(io, alone, () => searchAndConfirm(io, asked, tuning))
  view.close()
  const kept = await readStudy(studyFileOf(folder))
  io.out(renderStudy(json ? 'json' : 'terminal', { study: kept, found, color: io.color }))
  return found.exit
}

async function tuningOf({ header, profile, set, folder, offline, view }: Asked): Promise<Tuning> {
  const { tuneSpaceOf } = await import('../profile/tune-space.js')
  const { readGoal } = await import('../tune/goal.js')
  const { studyPlan } = await import('../tune/study-plan.js')
  const tuneSpace = tuneSpaceOf(profile)
  const { space, current, rounded } = tuneSpace
  const goal = readGoal(header.goal)
  const plan = studyPlan({ space, current, seed: header.seed, goal, written: rounded })
  return { header, profile, set, folder, offline, view, tuneSpace, goal, plan }
}

async function searchAndConfirm(io: Io, asked: Asked, tuning: Tuning): Promise<StudyFound> {
  const { appendToStudy } = await import('../results/studies.js')
  const { brokenIn } = await import('../report/study-words.js')
  const { runSearch } = await import('./tuning.js')
  const { header, resumed, folder, runsMax, view } = asked
  if (resumed === null) await appendToStudy(folder, header)
  const before = resumed?.runs ?? []
  view.note(
    `study ${header.id}: ${before.length === 0 ? '' : `${before.length} runs are kept, `}${Math.max(runsMax, before.length)} runs in all`,
  )
  const runs = await goingOn(asked, () => runSearch(io, tuning, { runs: before, runsMax }))
  const best = tuning.plan.best(runs)
  const outcome = { io, asked, tuning, runs, best }
  if (io.stop.aborted) return foundOf(outcome, 'interrupted')
  if (best === null) return foundOf(outcome, 'noFigures')
  const meets = runs.some((run) => run.outcome !== null && brokenIn(run.outcome).length === 0)
  if (!meets) return foundOf(outcome, 'limitsUnmet')
  if (best.isCurrent) return foundOf(outcome, 'nothingBetter')
  if (!asked.confirm) return foundOf(outcome, 'unconfirmed')
  return goingOn(asked, () => confirmed(outcome, best))
}

/** What fails around the system leaves the study as it is: the way on is told beside the failure. */
async function goingOn<Value>({ header, view }: Asked, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    view.note(`what was measured is kept; go on with: nautilus tune --resume ${header.id}`)
    throw error
  }
}

type Outcome = {
  readonly io: Io
  readonly asked: Asked
  readonly tuning: Tuning
  readonly runs: readonly StudyRun[]
  readonly best: StudyBest | null
}

async function confirmed(outcome: Outcome, best: StudyBest): Promise<StudyFound> {
  const { confirmBest } = await import('./tune-confirming.js')
  const { io, asked, tuning, runs } = outcome
  const { header, resumed, roundsMax, view } = asked
  const isAsItWas = resumed !== null && resumed.runs.length === runs.length
  const study = { header, runs, comparisons: isAsItWas ? resumed.comparisons : [] }
  view.note('is the best of the search better than the profile? Compared on fresh systems')
  const found = await confirmBest(io, tuning, { study, best: best.settings, roundsMax })
  const isGain = found.status === 'improved' || found.status === 'meetsLimits'
  const patch = isGain ? await writePatch(outcome, best, found) : null
  const isApplied = isGain && asked.apply && (await apply(asked, setOf(tuning, best.settings, found.kept)))
  return foundOf(outcome, found.status, { found, patch, applied: isApplied })
}

async function writePatch({ io, asked, tuning }: Outcome, best: StudyBest, found: Confirmed): Promise<string> {
  const { relative, join } = await import('node:path')
  const { metricSentence } = await import('../report/comparison-words.js')
  const { writeRunFiles } = await import('../results/store.js')
  const { patchText } = await import('../profile/tune-patch.js')
  const { header, profile, folder } = asked
  const { comparison, kept } = found
  const set = setOf(tuning, best.settings, kept)
  const gain = comparison?.goal ? metricSentence(comparison.goal) : header.goal
  const comment = [`Found by study ${header.id}, confirmed by comparison ${comparison?.id}:`, gain]
  await writeRunFiles(folder, { [patchFileName]: patchText(profile, { set, folder, comment }) })
  return relative(io.cwd, join(folder, patchFileName))
}

/** Whether it could be: the argument of a command that stands in another file cannot. */
async function apply({ profile, view }: Asked, set: readonly string[]): Promise<boolean> {
  const { readFile, realpath } = await import('node:fs/promises')
  const { appliedText } = await import('../profile/tune-apply.js')
  const { writeWhole } = await import('../results/store.js')
  const text = appliedText(await readFile(profile.file, 'utf8'), set)
  if (text === null)
    view.note(`not applied: an argument of a command stands in a file that ${profile.shownFile} extends`)
  else await writeWhole(await realpath(profile.file), text)
  return text !== null
}

const patchFileName = 'best.patch.yaml'

type Ending = { readonly found: Confirmed | null; readonly patch: string | null; readonly applied: boolean }

async function foundOf(
  { io, asked, tuning, best }: Outcome,
  status: StudyFound['status'],
  { found, patch, applied }: Ending = { found: null, patch: null, applied: false },
): Promise<StudyFound> {
  const { exitOfInterruption } = await import('../sla/exit.js')
  const { current } = tuning.tuneSpace
  const isGain = patch !== null
  const changesOf = (names: readonly string[]) =>
    best === null || !isGain
      ? []
      : names.map((path) => ({
          path,
          from: shownValue(setOf(tuning, current, [path])),
          to: shownValue(setOf(tuning, best.settings, [path])),
        }))
  const exits = { limitsUnmet: 1, noFigures: 4, interrupted: exitOfInterruption(String(io.stop.reason)) } as const
  return {
    status,
    exit: status === 'limitsUnmet' || status === 'noFigures' || status === 'interrupted' ? exits[status] : 0,
    best:
      best === null
        ? null
        : { set: tuning.tuneSpace.overridesOf(best.settings), value: best.value, isCurrent: best.isCurrent },
    comparison: found?.comparison ?? null,
    changes: changesOf(found?.kept ?? []),
    dropped: changesOf(found?.dropped ?? []),
    undecided: isGain ? [...(found?.undecided ?? [])] : [],
    patch,
    applied,
    advice: applied ? `Applied to ${asked.profile.shownFile}.` : adviceOf(asked, status, patch),
  }
}

const setOf = ({ tuneSpace }: Tuning, settings: StudyBest['settings'], names: readonly string[]): string[] =>
  tuneSpace.overridesOf(Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name))))

/** Of `path=value`, as people read it. */
const shownValue = ([option = '']: readonly string[]): string =>
  option.slice(option.indexOf('=') + 1).replace(/^"(.*)"$/, '$1')

function adviceOf({ header, set, runsMax }: Asked, status: StudyFound['status'], patch: string | null): string {
  const options = header.set.map((one) => ` --set ${quoted(one)}`).join('')
  if (patch !== null) return `Use it:  nautilus bench --profile ${patch}${options}`
  const isHidden = header.set.some((one, index) => one !== set[index])
  const again = `nautilus tune --resume ${header.id}${isHidden ? ' --set ...' : ''}`
  switch (status) {
    case 'interrupted':
      return `Go on with:  ${again}`
    case 'unconfirmed':
      return `Confirm it:  ${again}`
    case 'noFigures':
      return `See what is wrong:  nautilus bench --profile ${header.profile}${options}`
    case 'limitsUnmet':
      return 'Widen the ranges, tune other settings, lower the load, or change the limit.'
    default:
      return `The profile stays as it is. More runs:  ${again} --runs ${2 * runsMax}`
  }
}

const quoted = (text: string): string => (/^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
