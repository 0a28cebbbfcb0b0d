import type { StudyHeader, StudyRun } from '../results/study.js'
import { formatBytes, formatDuration, formatRate, formatShare, formatWholeShare } from './format.js'

// The lines in which a search tells what it does, and the words that its summary shares with them.

type Progress = {
  readonly header: StudyHeader
  readonly runs: readonly StudyRun[]
  readonly runsMax: number
  /** What the search takes the best so far to be; null before anything ran. */
  readonly best: number | null
}

/** `run 6 of 40: expected 12 % better, 97 % sure to meet the limits; POOL=16; best 12.3 ms; about 4 min left` */
export function progressText(
  next: Pick<StudyRun, 'purpose' | 'set' | 'expectedGainShare' | 'feasibility'>,
  { header, runs, runsMax, best }: Progress,
): string {
  const settings = next.purpose === 'current' ? [] : [settingsText(next.set)]
  const bestText = best === null ? [] : [`best so far ${figureText(header, best)}`]
  const left = timeLeft(runs, runsMax)
  return [`run ${runs.length + 1} of ${runsMax}: ${whyText(next)}`, ...settings, ...bestText, ...left].join('; ')
}

function whyText({
  purpose,
  expectedGainShare,
  feasibility,
}: Pick<StudyRun, 'purpose' | 'expectedGainShare' | 'feasibility'>) {
  if (purpose === 'current') return 'the profile as it is'
  if (purpose === 'again') return 'the best so far again, for the drift of the machine'
  if (purpose === 'cover') return 'an even cover of what may be tried'
  const gain = expectedGainShare === null ? 'sought by the model' : `expected gain ${formatShare(expectedGainShare)}`
  return feasibility === null ? gain : `${gain}, ${formatWholeShare(feasibility)} sure to run and meet the limits`
}

/** What a run has said: `run 6: endToEnd.p95 12.3 ms`. */
export function ranText({ index, outcome, failure }: StudyRun, header: StudyHeader): string {
  if (outcome === null) return `run ${index + 1} has no figures: ${failure}`
  const broken = brokenIn(outcome)
  const limits = broken.length === 0 ? '' : `, breaks ${broken.join(', ')}`
  return `run ${index + 1}: ${metricOf(header)} ${figureText(header, outcome.value)}${limits}`
}

function timeLeft(runs: readonly StudyRun[], runsMax: number): string[] {
  if (runs.length === 0) return []
  const seconds = runs.reduce((sum, { elapsedNs }) => sum + elapsedNs, 0) * 1e-9
  const left = (seconds / runs.length) * (runsMax - runs.length)
  return [`about ${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`} left`]
}

/** `minimise endToEnd.p95` -> `endToEnd.p95` */
export const metricOf = ({ goal }: StudyHeader): string => goal.slice(goal.indexOf(' ') + 1)

export function figureText(header: StudyHeader, value: number): string {
  const metric = metricOf(header)
  if (/\.p\d+(\.\d+)?$/.test(metric)) return formatDuration(value)
  if (metric === 'throughput') return formatRate(value)
  return metric.startsWith('cpu.') ? formatShare(value) : formatBytes(value)
}

/** Limits that a run exceeds. */
export const brokenIn = ({ limits }: NonNullable<StudyRun['outcome']>): string[] =>
  Object.entries(limits).flatMap(([name, { observed, limit, bound }]) =>
    (bound === 'max' ? observed <= limit : observed >= limit) ? [] : [name],
  )

/** The last parts of paths are enough in a line of progress, as long as they differ. */
function settingsText(set: readonly string[]): string {
  const short = set.map((one) => one.replace(/^[^=]*?([^.=]+=)/, '$1'))
  const names = short.map((one) => one.slice(0, one.indexOf('=')))
  return shownSet(new Set(names).size === names.length ? short : set)
}

/** Without the quotes that keep a number text. */
export const shownSet = (set: readonly string[]): string => set.map((one) => one.replace(/="(.*)"$/, '=$1')).join(', ')
