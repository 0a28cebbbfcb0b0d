import { assertNever } from '../core/assert.js'
import type { Study, StudyComparison } from '../results/study.js'
import { metricSentence, roundsText } from './comparison-words.js'
import { formatCount } from './format.js'
import { jsonText } from './json.js'
import { studyReportId } from './schema-ids.js'
import { brokenIn, figureText, metricOf, shownSet } from './study-words.js'
import { painted, wrap } from './summary.js'
import { textTable } from './text-table.js'

export const studyStatuses = [
  'improved',
  'meetsLimits',
  'nothingBetter',
  'limitsUnmet',
  'noFigures',
  'unconfirmed',
  'interrupted',
] as const

type Change = { readonly path: string; readonly from: string; readonly to: string }

/** What came of a study. */
export type StudyFound = {
  readonly status: (typeof studyStatuses)[number]
  readonly exit: number
  /** What the search takes the best to be: no claim. */
  readonly best: { readonly set: readonly string[]; readonly value: number; readonly isCurrent: boolean } | null
  /** The comparison that decided; null where there was none. */
  readonly comparison: StudyComparison | null
  readonly changes: readonly Change[]
  /** What the search had changed and a comparison found not to matter. */
  readonly dropped: readonly Change[]
  /** Paths of changes of which no comparison could tell whether they are needed. */
  readonly undecided: readonly string[]
  /** File of the patch, as people name it; null where there is none. */
  readonly patch: string | null
  /** Whether the settings were written into the profile itself. */
  readonly applied: boolean
  /** What to do next. */
  readonly advice: string
}

export function renderStudy(
  format: 'terminal' | 'json',
  { study, found, color }: { readonly study: Study; readonly found: StudyFound; readonly color: boolean },
): string {
  if (format === 'json') {
    const { header, runs, comparisons } = study
    return jsonText({ schema: studyReportId, ...found, study: header, runs, comparisons })
  }
  const text = terminalText(study, found)
  return `${color ? painted(text) : text}\n`
}

function terminalText(study: Study, found: StudyFound): string {
  const { header } = study
  const heading = [header.profileName, `study ${header.id}`, ...countsOf(study), header.goal, `seed ${header.seed}`]
  const [first = '', ...more] = foundSentences(study, found)
  const word = words[found.status]
  const next = ' '.repeat(word.length + 2)
  return [
    wrap(heading, { first: '', next: '  ', joint: '  ' }),
    [...wrap(first, { first: `${word}  `, next }), ...more.flatMap((text) => wrap(text, { first: next, next }))],
    [...changeLines('setting', found.changes), ...undecidedLines(found)],
    found.dropped.length === 0
      ? []
      : ['found by the search, and not needed: set back, nothing is worse', ...changeLines('setting', found.dropped)],
    failureLines(study),
    [found.advice],
  ]
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
}

const words: Readonly<Record<StudyFound['status'], string>> = {
  improved: 'IMPROVED',
  meetsLimits: 'IMPROVED',
  nothingBetter: 'OK',
  limitsUnmet: 'FAIL',
  noFigures: 'NO DATA',
  unconfirmed: 'UNCONFIRMED',
  interrupted: 'INTERRUPTED',
}

function countsOf({ runs }: Study): string[] {
  const again = runs.filter(({ purpose }) => purpose === 'again').length
  const failed = runs.filter(({ outcome }) => outcome === null).length
  const tried = new Set(runs.map(({ set }) => set.join('\n'))).size
  return [
    `${formatCount(runs.length)} ${runs.length === 1 ? 'run' : 'runs'} of ${formatCount(tried)} ${tried === 1 ? 'choice' : 'choices'}`,
    ...(again === 0 ? [] : [`${again} of the best again`]),
    ...(failed === 0 ? [] : [`${failed} without figures`]),
  ]
}

function foundSentences(study: Study, found: StudyFound): string[] {
  const { comparison, best } = found
  switch (found.status) {
    case 'improved':
      return [...compared(comparison), `${comparedBy(comparison)}; the profile is A, the settings below are B`]
    case 'meetsLimits':
      return [
        `meets ${comparison?.brokenByA.join(', ') ?? 'the limits'}, which the profile breaks`,
        ...compared(comparison),
        comparedBy(comparison),
      ]
    case 'nothingBetter':
      return ['nothing better found', ...whyNothing(study, found)]
    case 'limitsUnmet':
      return ['no settings that were tried meet every limit', ...nearestLines(study)]
    case 'noFigures':
      return ['no run has figures, so nothing can be said']
    case 'unconfirmed':
    case 'interrupted':
      return best === null
        ? ['no run has figures so far']
        : [`best so far ${bestText(study, best)}, as the search takes it; not confirmed`]
    default:
      return assertNever(found.status)
  }
}

const compared = (comparison: StudyComparison | null): string[] =>
  comparison === null || comparison.goal === null ? [] : [metricSentence(comparison.goal)]

const comparedBy = (comparison: StudyComparison | null): string =>
  comparison === null
    ? ''
    : `confirmed by ${roundsText(comparison.goal?.roundCount ?? 0)} of fresh systems, ${comparison.id}`

function whyNothing(study: Study, { best, comparison }: StudyFound): string[] {
  if (best === null || best.isCurrent) return ['the profile as it is was the best of what was tried']
  const sought = `the search took ${bestText(study, best)} for the best`
  if (comparison === null) return [sought]
  const broken = comparison.brokenByB.length === 0 ? [] : [`it breaks ${comparison.brokenByB.join(', ')}`]
  return [
    sought,
    `a fresh comparison, ${comparison.id}, does not confirm it:`,
    ...compared(comparison),
    ...broken,
    ...comparison.reasons,
  ]
}

function bestText({ header }: Study, { set, value, isCurrent }: NonNullable<StudyFound['best']>): string {
  return `${isCurrent ? 'the profile as it is' : shownSet(set)} with ${metricOf(header)} ${figureText(header, value)}`
}

/** Of the runs that break fewest limits the one that is best. */
function nearestLines({ header, runs }: Study): string[] {
  const nearest = runs
    .flatMap(({ index, set, outcome }) =>
      outcome === null ? [] : [{ index, set, outcome, broken: brokenIn(outcome) }],
    )
    .toSorted((a, b) => a.broken.length - b.broken.length)[0]
  if (nearest === undefined) return []
  const { index, set, outcome, broken } = nearest
  const run = `nearest is run ${index + 1}, ${index === 0 ? 'the profile as it is' : shownSet(set)}`
  return [`${run}, ${metricOf(header)} ${figureText(header, outcome.value)}: it breaks ${broken.join(', ')}`]
}

function changeLines(title: string, changes: readonly Change[]): string[] {
  if (changes.length === 0) return []
  return textTable([[title, 'from', 'to'], ...changes.map(({ path, from, to }) => [path, from, to])])
}

const undecidedLines = ({ undecided }: StudyFound): string[] =>
  undecided.length === 0
    ? []
    : wrap(`Whether it takes ${undecided.join(', ')} could not be told, so what the search chose stays.`, {
        first: '',
        next: '  ',
      })

const failuresShown = 3

/** Why settings had no figures, each reason once, with how many runs it ended. */
function failureLines({ runs }: Study): string[] {
  const counts = new Map<string, number>()
  for (const { failure } of runs) if (failure !== null) counts.set(failure, (counts.get(failure) ?? 0) + 1)
  const ordered = [...counts].toSorted(([, a], [, b]) => b - a)
  const more = ordered.length - failuresShown
  return [
    ...ordered
      .slice(0, failuresShown)
      .flatMap(([failure, count]) => wrap(failure, { first: `${count} without figures: `, next: '  ' })),
    ...(more > 0 ? [`and ${more} other reasons, in the study file`] : []),
  ]
}
