import type { Comparison } from '../results/comparison.js'
import type { RunResult } from '../results/run-result.js'
import type { Check } from '../sla/checks.js'
import type { ComparisonVerdict } from '../sla/comparison.js'
import type { Verdict } from '../sla/verdict.js'
import { foundSentences, headlineWord } from './comparison-words.js'
import { checkSentence, interruptionSentence } from './words.js'

// Workflow commands of GitHub Actions: printed on stdout of a step, each becomes a note beside the line of the profile that
// sets the limit. What failed is an error; what was not decided, or only warns, is a warning.

type Note = {
  readonly level: 'error' | 'warning'
  readonly path: string | null
  readonly title: string
  readonly text: string
}

/** GitHub shows ten errors and ten warnings of a step; what comes worst first is worth the most. */
const perLevelMax = 10

export function annotationsReport(result: RunResult, { verdict }: { readonly verdict: Verdict }): string {
  const notes = [...runNotes(result, verdict), ...verdict.checks.flatMap(checkNote)]
  const shown = (['error', 'warning'] as const).flatMap((level) =>
    notes.filter((note) => note.level === level).slice(0, perLevelMax),
  )
  return shown.map((note) => `${commandText(note, result.limitPlaces)}\n`).join('')
}

/** Of a comparison, one note with what it found: it has no limit whose line could be named. */
export function comparisonAnnotations(comparison: Comparison, verdict: ComparisonVerdict): string {
  if (verdict.status === 'ok' || verdict.status === 'improved') return ''
  const level = verdict.status === 'inconclusive' ? 'warning' : 'error'
  const title = `nautilus ${comparison.a.profileName}: ${headlineWord(comparison, verdict)}`
  return `${commandText({ level, path: null, title, text: foundSentences(comparison, verdict).join('\n') }, [])}\n`
}

function runNotes(result: RunResult, { status, reasons }: Verdict): Note[] {
  const title = `nautilus ${result.profileName}`
  if (status === 'interrupted') return [{ level: 'error', path: null, title, text: interruptionSentence(result) }]
  if (status === 'invalid') return [{ level: 'error', path: null, title, text: `no verdict: ${reasons.join('; ')}` }]
  return []
}

function checkNote(check: Check): Note[] {
  if (check.status === 'pass' || check.status === 'notJudged') return []
  const isError = check.critical && check.status !== 'inconclusive'
  const over = check.kind === 'latency' ? 'over its limit' : 'outside its bound'
  const word = { fail: over, noData: 'without data', inconclusive: 'not decided' }[check.status]
  return [
    {
      level: isError ? 'error' : 'warning',
      path: check.path,
      title: `nautilus: ${check.name} is ${word}`,
      text: `${checkSentence(check)} (${check.path})`,
    },
  ]
}

function commandText({ level, path, title, text }: Note, limitPlaces: RunResult['limitPlaces']): string {
  const place = limitPlaces.find((one) => one.path === path)
  const properties = {
    ...(place === undefined ? {} : { file: place.file, line: String(place.line), col: String(place.column) }),
    title,
  }
  const told = Object.entries(properties).map(([name, value]) => `${name}=${escapedProperty(value)}`)
  return `::${level} ${told.join(',')}::${escapedText(text)}`
}

const escapedText = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapedProperty = (text: string): string => escapedText(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
