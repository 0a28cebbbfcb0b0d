import { assertNever } from '../core/assert.js'
import type { Capacity, Rung } from '../results/capacity.js'
import {
  formatCount,
  formatDuration,
  formatLimit,
  formatRate,
  formatShare,
  formatWholeShare,
  noFigure,
} from './format.js'
import { jsonText } from './json.js'
import { withMaskedUrls } from './mask-urls.js'
import { wrap } from './summary.js'
import { textTable } from './text-table.js'

// What a search for the highest rate has found: the answer, the rates that were tried, and what breaks first above it.

export const capacityFormats = ['terminal', 'json'] as const

export function renderCapacity(format: (typeof capacityFormats)[number], found: Capacity): string {
  if (format === 'json') return jsonText(withMaskedUrls(found))
  const lines = [
    `${found.profileName}  search ${found.id}  ${found.rungs.length} runs`,
    ...answerLines(found).flatMap(wrapped),
    '',
    ...rungTable(found),
    ...probeLines(found),
    ...(found.runId === null ? [] : ['', `Look at:  nautilus report ${found.runId}`]),
  ]
  return `${lines.join('\n')}\n`
}

/** Under the first word of an answer. */
const wrapped = (line: string): string[] => {
  const indent = /^ */.exec(line)?.[0] ?? ''
  return wrap(line.trimStart(), { first: indent, next: ' '.repeat(7) })
}

function answerLines(found: Capacity): string[] {
  const { holdsPerSec, status } = found
  const holds = holdsPerSec === null ? null : formatRate(holdsPerSec)
  switch (status) {
    case 'found':
      return [`HOLDS  ${holds}, confirmed at full length; ${bracketText(found)}`, ...breakLines(found)]
    case 'unconfirmed':
      return ['INCONCLUSIVE  what held for short did not hold at full length', ...breakLines(found)]
    case 'none':
      return ['FAIL  the limits hold with confidence at no rate that was tried', ...breakLines(found)]
    case 'generator':
      return [`INVALID  limit of the generator, not of the system; ${known(found)}`, ...reasonLines(found)]
    case 'unbounded':
      return [`HOLDS  ${holds}, confirmed at full length; that is the highest rate that can be asked`]
    case 'unrecovered':
      return [`FAIL  the system did not come back to rest; ${known(found)}`, ...breakLines(found)]
    case 'interrupted':
      return [`INTERRUPTED  ${found.interrupted ?? 'stopped'}; ${known(found)}`, ...breakLines(found)]
    default:
      return assertNever(status)
  }
}

/** `750/s does not, 2.7 % above`; what the data could not tell of is not said to break. */
function bracketText({ holdsPerSec, breaksPerSec, precision, rungs }: Capacity): string {
  if (holdsPerSec === null || breaksPerSec === null) return 'no rate above it was broken'
  const share = formatShare(breaksPerSec / holdsPerSec - 1)
  const broke = rungs.some(({ answer, ratePerSec }) => answer === 'breaks' && ratePerSec <= breaksPerSec)
  return `${formatRate(breaksPerSec)} ${broke ? 'does not' : 'is undecided'}, ${share} above (searched to ${formatWholeShare(precision)})`
}

function known({ holdsPerSec, breaksPerSec, confirmed }: Capacity): string {
  const holds =
    holdsPerSec === null
      ? 'no rate has held so far'
      : `${formatRate(holdsPerSec)} held${confirmed ? ' at full length' : ', unconfirmed'}`
  return breaksPerSec === null ? holds : `${holds}, ${formatRate(breaksPerSec)} did not`
}

/** What exceeded its limit at the lowest rate at which one surely was; where none was, what the data could not tell of. */
function breakLines({ rungs, holdsPerSec }: Capacity): string[] {
  const above = rungs.filter(({ ratePerSec }) => ratePerSec > (holdsPerSec ?? 0))
  const lowest = (answer: Rung['answer']): Rung | undefined =>
    // What was undecided at first may have held when it was asked for longer.
    above.filter((rung) => rung.answer === answer).toSorted((a, b) => a.ratePerSec - b.ratePerSec)[0]
  const rung = lowest('breaks') ?? lowest('undecided')
  if (rung === undefined || rung.broken === null) return []
  const { answer, mostOf, ratePerSec } = rung
  const first = answer === 'breaks' ? 'breaks first' : 'undecided first'
  return [
    `       ${first}, at ${formatRate(ratePerSec)}: ${brokenText(rung.broken)}`,
    ...(mostOf === null
      ? []
      : [`       slow requests there: ${formatWholeShare(mostOf.share)} ${mostOf.stage} ${mostOf.kind}`]),
  ]
}

function reasonLines({ rungs }: Capacity): string[] {
  const rung = rungs.findLast(({ answer }) => answer === 'instrument')
  return (rung?.reasons ?? []).map((reason) => `       at ${formatRate(rung?.ratePerSec ?? 0)}: ${reason}`)
}

/** `end to end endToEnd.p95 41.2 ms, limit 20 ms` */
function brokenText({ check, component, kind, observed, limit }: NonNullable<Rung['broken']>): string {
  switch (kind) {
    case 'latency':
      return `${component} ${check.slice(check.indexOf('.') + 1)} ${formatDuration(observed)}, limit ${formatLimit(limit)}`
    case 'metric':
      return `${check} ${figure(check, observed)}, limit ${figure(check, limit)}`
    case 'window':
      return `${check}: ${observed === null ? noFigure : formatShare(observed)} above, ${formatShare(limit)} allowed`
    case 'store':
      return 'postgresql disagrees with what the driver counted'
    default:
      return assertNever(kind)
  }
}

const figure = (check: string, value: number | null): string => {
  if (value === null) return noFigure
  return check.startsWith('errors.rate') ? formatShare(value) : formatCount(value)
}

const words: Readonly<Record<Rung['answer'], string>> = {
  holds: 'holds',
  breaks: 'breaks',
  undecided: 'undecided',
  instrument: 'generator gave out',
}

function rungTable({ rungs }: Capacity): string[] {
  if (rungs.length === 0) return ['no rate was measured to its end']
  const rows = rungs.map((rung) => [
    formatRate(rung.ratePerSec),
    formatLimit(rung.durationNs),
    rung.count === 0 ? noFigure : formatDuration(rung.p50Ns),
    rung.count === 0 ? noFigure : formatDuration(rung.p95Ns),
    rung.count === 0 ? noFigure : formatDuration(rung.p99Ns),
    formatCount(rung.unanswered),
    `${words[rung.answer]}${rung.purpose === 'confirmation' ? ' (full length)' : ''}`,
    rung.broken?.component ?? '',
  ])
  const header = ['rate', 'for', 'p50', 'p95', 'p99', 'lost', 'limits', 'first']
  return textTable([header, ...rows], (column) => column < 6)
}

/** Throughput of closed loops. They say where to look, and nothing about latency. */
function probeLines({ probes }: Capacity): string[] {
  if (probes.length === 0) return []
  const told = probes.map(({ tool, completedPerSec, problem }) =>
    completedPerSec === null ? `${tool} ${noFigure} (${problem})` : `${tool} ${formatRate(completedPerSec)}`,
  )
  const connections = probes[0]?.connections ?? 0
  const text = `closed loop of ${formatCount(connections)}: ${told.join(', ')}; throughput only`
  return ['', ...wrap(text, { first: '', next: '  ' })]
}
