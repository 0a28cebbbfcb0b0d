import type { ComponentSnapshot, EngineSnapshot, RunSnapshot } from '../bench/snapshot.js'
import { durationNs, nsPerSec } from '../core/units.js'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLimit,
  formatRate,
  formatWholeShare,
} from '../report/format.js'
import {
  bar,
  barWidth,
  type Column,
  type Line,
  printable,
  type Segment,
  type Size,
  type Span,
  segmentLine,
  span,
  tableLines,
  textLine,
} from './layout.js'

const nameWidthMax = 20
const eventRowsMax = 6
const noRow: Line = []

/** A run and what was said beside it. */
export type RunShown = RunSnapshot & {
  /** Newest last. */
  readonly events: readonly string[]
}

/** The whole view of a run: header, components against their budgets, engines, the last events; never higher than the terminal. */
export function runLines(snapshot: RunShown, size: Size): Line[] {
  const lines = [header(snapshot, size.columns), ...counts(snapshot, size.columns)]
  // The line below the last one belongs to the cursor.
  const room = size.rows - 1
  const components = [...(snapshot.endToEnd === null ? [] : [snapshot.endToEnd]), ...snapshot.components]
  const nameWidth = nameWidthFor([...components, ...snapshot.engines], size.columns, 'component'.length)
  addSection(lines, components.length === 0 ? [] : componentTable(components, nameWidth, size.columns), room)
  addSection(lines, snapshot.engines.length === 0 ? [] : engineTable(snapshot.engines, nameWidth, size.columns), room)
  addSection(lines, eventRows(snapshot.events, size.columns), room)
  return lines.slice(0, Math.max(1, room))
}

/** The verdict as it stands: a component over its budget fails the run, whatever the others do. */
export function verdictSoFar(snapshot: RunSnapshot): Span {
  const measured = [...(snapshot.endToEnd === null ? [] : [snapshot.endToEnd]), ...snapshot.components].filter(
    (component) => component.count > 0 && component.budgetNs !== null,
  )
  if (measured.length === 0) return span(isUnlimited(snapshot) ? 'no limit' : 'no data yet', 'faint')
  const worst = measured.reduce((most, component) => (loadOf(component) > loadOf(most) ? component : most))
  return isOver(worst) ? span(`FAIL ${printable(worst.name)}`, 'bad') : span('PASS so far', 'good')
}

/** Measured, but nothing is asked of it. */
const isUnlimited = ({ endToEnd, components }: RunSnapshot): boolean =>
  endToEnd !== null && endToEnd.count > 0 && [endToEnd, ...components].every(({ budgetNs }) => budgetNs === null)

/** As wide as the longest verdict that may come, so that its coming moves nothing. */
function heldVerdict(snapshot: RunSnapshot): Span {
  const verdict = verdictSoFar(snapshot)
  const longest = Math.max('PASS so far'.length, ...snapshot.components.map(({ name }) => 'FAIL '.length + name.length))
  return { ...verdict, text: verdict.text.padEnd(Math.min(longest, 'FAIL '.length + nameWidthMax)) }
}

export function progressOf({ elapsedNs, totalNs }: Pick<RunSnapshot, 'elapsedNs' | 'totalNs'>): string {
  return `${wholeSeconds(elapsedNs)} of ${wholeSeconds(totalNs)}`
}

export const ratesOf = ({ achievedRatePerSec, targetRatePerSec }: RunSnapshot): string =>
  targetRatePerSec === null
    ? formatRate(achievedRatePerSec)
    : `${formatRate(achievedRatePerSec)} of ${formatRate(targetRatePerSec)}`

/** Whole seconds, so that a line of progress does not flicker. */
const wholeSeconds = (ns: number): string =>
  formatLimit(durationNs(Math.floor(ns / nsPerSec) * nsPerSec)).replace('0 ms', '0 s')

function header(snapshot: RunSnapshot, width: number): Line {
  return segmentLine(
    [
      { text: printable(snapshot.profileName), tone: 'strong', keep: 4 },
      { text: `run ${snapshot.runId}`, tone: 'faint', keep: 1 },
      { text: snapshot.phase.padEnd('measuring'.length), tone: 'plain', keep: 7 },
      { text: progressOf(snapshot).padStart(12), tone: 'plain', keep: 5 },
      { text: ratesOf(snapshot).padStart(18), tone: 'plain', keep: 3 },
      { ...heldVerdict(snapshot), keep: 6 },
    ],
    width,
  )
}

const failures: readonly string[] = ['failed', 'timedOut', 'dropped', 'lost']

/** How many were sent and how they ended. Failures are one figure while there are none, then each is named, before all else. */
function counts(snapshot: RunSnapshot, width: number): Line[] {
  // Where nobody knows how many there will be, room for ten million keeps the columns still.
  const digits = formatCount(snapshot.planned ?? 10_000_000).length
  const figure = (count: number) => formatCount(count).padStart(digits)
  const whole = snapshot.planned === null ? '' : ` of ${formatCount(snapshot.planned)}`
  const sent = `${figure(snapshot.sent)}${whole} sent`
  const entries = Object.entries(snapshot.outcomes)
  const failed = entries.filter(([name, count]) => failures.includes(name) && count > 0)
  const ended: Segment[] = entries
    .filter(([name]) => !failures.includes(name))
    .map(([name, count], index) => ({ ...span(`${figure(count)} ${words(name)}`), keep: 50 - index }))
  const wrong: Segment[] = failed.map(([name, count], index) => ({
    ...span(`${figure(count)} ${words(name)}`, 'bad'),
    keep: 100 - index,
  }))
  const none: Segment = { ...span(`${figure(0)} failed or lost`), keep: 1 }
  return [
    segmentLine(
      [
        { ...span(sent), keep: 2 },
        { ...span(`${figure(snapshot.inFlight)} in flight`), keep: 1 },
      ],
      width,
    ),
    segmentLine([...ended, ...(wrong.length === 0 ? [none] : wrong)], width),
  ]
}

/** Left out where there is no room, in this order: count, p50, p99, budget, bar, verdict. Name and p95 stay. */
const componentColumns = (nameWidth: number): Column[] => [
  { title: 'component', width: nameWidth, align: 'left', keep: 7 },
  { title: 'p50', width: 8, align: 'right', keep: 2 },
  { title: 'p95', width: 8, align: 'right', keep: 8 },
  { title: 'p99', width: 8, align: 'right', keep: 3 },
  { title: 'budget', width: 7, align: 'right', keep: 4 },
  { title: 'p95 of budget', width: barWidth, align: 'left', keep: 5 },
  { title: 'verdict', width: 7, align: 'left', keep: 6 },
  { title: 'n', width: 11, align: 'right', keep: 1 },
]

function componentTable(components: readonly ComponentSnapshot[], nameWidth: number, width: number): Line[] {
  // Budgets are known from the first snapshot on, so columns for them neither come nor go.
  const limited = components.some(({ budgetNs }) => budgetNs !== null)
  const shown = <Item>(items: readonly Item[]): Item[] =>
    items.filter((_, index) => limited || !ofBudget.includes(index))
  return tableLines(
    shown(componentColumns(nameWidth)),
    components.map((component) => shown(componentCells(component))),
    width,
  )
}

/** Columns that say nothing where no component has a budget. */
const ofBudget: readonly number[] = [4, 5, 6]

function componentCells(component: ComponentSnapshot): Span[] {
  const tone = !hasUse(component) ? 'faint' : isOver(component) ? 'bad' : loadOf(component) > 0.8 ? 'warn' : 'good'
  const verdict = !hasUse(component) ? '-' : isOver(component) ? 'FAIL' : 'PASS'
  const figure = (ns: number) => span(component.count === 0 ? '-' : formatDuration(ns))
  return [
    span(printable(component.name), 'strong'),
    figure(component.p50Ns),
    figure(component.p95Ns),
    figure(component.p99Ns),
    span(formatLimit(component.budgetNs)),
    span(hasUse(component) ? bar(loadOf(component)) : '-', tone),
    span(verdict, tone),
    span(formatCount(component.count)),
  ]
}

/** Left out where there is no room, in this order: pid, memory, run queue, CPU. Name and state stay. */
const engineColumns = (nameWidth: number): Column[] => [
  { title: 'engine', width: nameWidth, align: 'left', keep: 6 },
  { title: 'state', width: 8, align: 'left', keep: 5 },
  { title: 'cpu', width: 6, align: 'right', keep: 4 },
  { title: 'memory', width: 8, align: 'right', keep: 2 },
  { title: 'run queue', width: 9, align: 'right', keep: 3 },
  { title: 'pid', width: 8, align: 'right', keep: 1 },
]

const engineTable = (engines: readonly EngineSnapshot[], nameWidth: number, width: number): Line[] =>
  tableLines(engineColumns(nameWidth), engines.map(engineCells), width)

const engineCells = (engine: EngineSnapshot): Span[] => [
  span(printable(engine.name), 'strong'),
  span(printable(engine.state), toneOfState(engine.state)),
  ...usageCells(engine.rssBytes === 0 ? undefined : engine),
  span(engine.pid === null ? '-' : String(engine.pid), 'faint'),
]

/** Where nothing was sampled there is no figure. */
export const usageCells = (
  usage: Pick<EngineSnapshot, 'cpuShare' | 'rssBytes' | 'runQueueShare'> | undefined,
): Span[] =>
  usage === undefined
    ? [span('-'), span('-'), span('-')]
    : [
        span(formatWholeShare(usage.cpuShare)),
        span(formatBytes(usage.rssBytes)),
        span(formatWholeShare(usage.runQueueShare), usage.runQueueShare > 0.2 ? 'warn' : 'plain'),
      ]

export function toneOfState(state: string): Span['tone'] {
  if (state === 'failed') return 'bad'
  if (state === 'ready') return 'good'
  return state === 'exited' || state === 'stopped' ? 'faint' : 'warn'
}

/** As wide as the longest name, so it changes with the profile only; in a narrow terminal what the last figure leaves. */
export function nameWidthFor(items: readonly { readonly name: string }[], width: number, least: number): number {
  const longest = Math.max(least, ...items.map((item) => item.name.length))
  return Math.max(1, Math.min(nameWidthMax, longest, Math.max(least, width - 10)))
}

/** The newest events, newest last; their rows are held also while there are few. */
export function eventRows(events: readonly string[], width: number): Line[] {
  const shown = events.slice(-eventRowsMax).map((event) => textLine(event, width, 'faint'))
  return [...shown, ...Array.from({ length: eventRowsMax - shown.length }, () => noRow)]
}

/** A blank line and as many rows of the section as fit; a section of which only its heading would fit is left out. */
export function addSection(lines: Line[], section: readonly Line[], room: number): void {
  const left = room - lines.length - 1
  if (section.length === 0 || left < 2) return
  lines.push(noRow, ...section.slice(0, left))
}

const hasUse = (component: ComponentSnapshot): boolean => component.count > 0 && component.budgetNs !== null
const loadOf = (component: ComponentSnapshot): number =>
  component.p95Ns / (component.budgetNs ?? Number.POSITIVE_INFINITY)
const isOver = (component: ComponentSnapshot): boolean => loadOf(component) > 1

/** `noTrade` -> `no trade` */
const words = (name: string): string => printable(name.replaceAll(/([A-Z])/g, ' $1').toLowerCase())
