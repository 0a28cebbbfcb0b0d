import { formatCount, formatDuration } from '../report/format.js'
import type { ProcessStatus, ServiceStatus, SystemStatus } from '../supervisor/spec.js'
import { type Column, type Line, printable, type Size, type Span, segmentLine, span, tableLines } from './layout.js'
import { addSection, eventRows, nameWidthFor, toneOfState, usageCells } from './run-lines.js'

/** What a process uses, sampled from outside; by its name in the status. */
export type ProcessUsageShown = {
  readonly cpuShare: number
  readonly rssBytes: number
  readonly runQueueShare: number
}

/** What the view of `nautilus up` shows. Plain data. */
export type SystemSnapshot = {
  readonly status: SystemStatus
  readonly usage: Readonly<Record<string, ProcessUsageShown>>
  /** True from when all of it is being stopped. */
  readonly ending: boolean
  /** Newest last. */
  readonly events: readonly string[]
}

/** Services, processes and the last events; never higher than the terminal. */
export function systemLines({ status, usage, ending, events }: SystemSnapshot, size: Size): Line[] {
  const width = size.columns
  const room = size.rows - 1
  const lines = [systemHeader({ status, ending }, width)]
  const nameWidth = nameWidthFor([...status.services, ...status.processes], width, 'service'.length)
  if (status.services.length > 0) {
    const rows = status.services.map((service) => serviceCells(service, usage[service.name]))
    addSection(lines, tableLines(serviceColumns(nameWidth), rows, width), room)
  }
  if (status.processes.length > 0) {
    const rows = status.processes.map((process) => processCells(process, usage[process.name]))
    addSection(lines, tableLines(processColumns(nameWidth), rows, width), room)
  }
  addSection(lines, eventRows(events, width), room)
  return lines.slice(0, Math.max(1, room))
}

/** `6 of 8 ready` over services and processes; a one-shot that has exited with 0 counts as done. */
export function readyOf(status: SystemStatus): { readonly text: string; readonly failed: readonly string[] } {
  const parts = [...status.services, ...status.processes]
  const ready = status.services.filter(({ state }) => state === 'ready').length + status.processes.filter(isDone).length
  const failed = parts.filter(({ state }) => state === 'failed').map(({ name }) => name)
  return { text: `${ready} of ${parts.length} ready`, failed }
}

const isDone = (process: ProcessStatus): boolean =>
  process.state === 'ready' || (process.state === 'exited' && process.lastExit === '0')

function systemHeader({ status, ending }: Pick<SystemSnapshot, 'status' | 'ending'>, width: number): Line {
  const { text, failed } = readyOf(status)
  const problem = failed.length === 0 ? [] : [{ ...span(`FAILED ${printable(failed.join(', '))}`, 'bad'), keep: 4 }]
  return segmentLine(
    [
      { ...span(printable(status.profileName), 'strong'), keep: 5 },
      { ...span(`system ${status.systemId}`, 'faint'), keep: 1 },
      { ...span(ending ? 'stopping' : text), keep: 3 },
      ...problem,
      { ...span('Ctrl-C stops it', 'faint'), keep: 2 },
    ],
    width,
  )
}

/** Left out where there is no room, in this order: pid, origin, memory, run queue, CPU, version. Name and state stay. */
const serviceColumns = (nameWidth: number): Column[] => [
  { title: 'service', width: nameWidth, align: 'left', keep: 9 },
  { title: 'state', width: 8, align: 'left', keep: 8 },
  ...usageColumns,
  { title: 'pid', width: 8, align: 'right', keep: 1 },
  { title: 'server', width: 16, align: 'left', keep: 7 },
  { title: 'from', width: 9, align: 'left', keep: 2 },
]

const usageColumns: readonly Column[] = [
  { title: 'cpu', width: 6, align: 'right', keep: 6 },
  { title: 'memory', width: 8, align: 'right', keep: 4 },
  { title: 'run queue', width: 9, align: 'right', keep: 5 },
]

function serviceCells(service: ServiceStatus, usage: ProcessUsageShown | undefined): Span[] {
  return [
    span(printable(service.name), 'strong'),
    span(service.state, toneOfState(service.state)),
    ...usageCells(usage),
    span(service.pid === null ? '-' : String(service.pid), 'faint'),
    span(printable(`${service.kind} ${service.version}`.trim())),
    // Known once it has started.
    span(service.version === '' ? '-' : service.origin, 'faint'),
  ]
}

/** Left out where there is no room, in this order: pid, ready after, restarts, memory, run queue, CPU, port. Name and state stay. */
const processColumns = (nameWidth: number): Column[] => [
  { title: 'engine', width: nameWidth, align: 'left', keep: 9 },
  { title: 'state', width: 8, align: 'left', keep: 8 },
  ...usageColumns,
  { title: 'pid', width: 8, align: 'right', keep: 1 },
  { title: 'port', width: 5, align: 'right', keep: 7 },
  { title: 'restarts', width: 8, align: 'right', keep: 3 },
  { title: 'ready after', width: 11, align: 'right', keep: 2 },
]

function processCells(process: ProcessStatus, usage: ProcessUsageShown | undefined): Span[] {
  return [
    span(printable(process.name), 'strong'),
    span(process.state, toneOfState(process.state)),
    ...usageCells(usage),
    span(process.pid === null ? '-' : String(process.pid), 'faint'),
    span(process.port === null ? '-' : String(process.port)),
    span(formatCount(process.restartCount), process.restartCount > 0 ? 'warn' : 'plain'),
    span(formatDuration(process.readyAfterNs)),
  ]
}
