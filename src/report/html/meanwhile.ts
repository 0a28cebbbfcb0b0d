import { nsPerMs, nsPerSec } from '../../core/units.js'
import { intervalNs, type RunResult, type SlowRequest } from '../../results/run-result.js'
import { formatCount, formatDuration } from '../format.js'
import { shortDuration } from './chart.js'
import { html, type Markup } from './markup.js'
import { table } from './table.js'

// What every process was doing while one request was under way, from the activity of the run in intervals of 250 ms.

type Doing = {
  readonly process: string
  readonly cpuNs: number | null
  readonly runQueueNs: number | null
  readonly gcNs: number | null
  readonly delayNs: number | null
}

/** Over the intervals that the request touches; null where nothing was recorded of them. */
export function meanwhile(request: SlowRequest, { activity }: RunResult): Markup | null {
  const { intendedNs, responseNs } = request
  const first = Math.floor(intendedNs / intervalNs)
  const last = Math.max(first, Math.ceil((intendedNs + responseNs) / intervalNs) - 1)
  const rows = activity.flatMap(({ process, intervals }): Doing[] => {
    const touched = intervals.filter(({ startNs }) => startNs >= first * intervalNs && startNs <= last * intervalNs)
    if (touched.length === 0) return []
    return [
      {
        process,
        cpuNs: known(
          touched.map((one) => one.cpuNs),
          sum,
        ),
        runQueueNs: known(
          touched.map((one) => one.runQueueNs),
          sum,
        ),
        gcNs: known(
          touched.map((one) => one.gcNs),
          sum,
        ),
        delayNs: known(
          touched.map((one) => one.eventLoopDelayNsMax),
          Math.max,
        ),
      },
    ]
  })
  if (rows.length === 0) return null
  const told = strikingOf(rows, request)
  return html`${told === null ? null : html`<p class="finding">${told}</p>`}${table({
    caption: `What each process did in the ${shortDuration((last - first + 1) * intervalNs)} from ${instant(first * intervalNs)}`,
    head: ['process', 'CPU', 'run queue', 'GC', 'event-loop delay, max'],
    rows: rows.map((row) => ({
      cells: [row.process, ...[row.cpuNs, row.runQueueNs, row.gcNs, row.delayNs].map(formatDuration)],
    })),
  })}`
}

/** Seconds of the window to the millisecond. */
export const instant = (ns: number): string =>
  `${formatCount(Math.floor(ns / nsPerSec))}.${String(Math.floor(ns / nsPerMs) % 1000).padStart(3, '0')} s`

const sum = (...values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

/** Null where no interval knows it. */
function known(values: readonly (number | null)[], join: (...values: number[]) => number): number | null {
  const told = values.filter((value) => value !== null)
  return told.length === 0 ? null : join(...told)
}

const strikingNs = ({ runQueueNs, gcNs, delayNs }: Doing): number => Math.max(runQueueNs ?? 0, gcNs ?? 0, delayNs ?? 0)

/** What took a tenth of the response or more: of the process that the time was spent in or before, else of any. */
function strikingOf(rows: readonly Doing[], { parts, responseNs }: SlowRequest): string | null {
  const stage =
    parts
      .toSorted((a, b) => b.ns - a.ns)[0]
      ?.stage.split('->')
      .at(-1) ?? ''
  const isThere = ({ process }: Doing) => process === stage || process.replace(/-\d+$/, '') === stage
  const byWeight = rows
    .filter((row) => strikingNs(row) >= responseNs / 10)
    .toSorted((a, b) => Number(isThere(b)) - Number(isThere(a)) || strikingNs(b) - strikingNs(a))
  return byWeight[0] === undefined ? null : striking(byWeight[0])
}

/** Garbage collection and a missing core hold the event loop too, so they are named before the delay that they cause. */
function striking({ process, runQueueNs, gcNs, delayNs }: Doing): string {
  const half = (delayNs ?? 0) / 2
  if ((gcNs ?? 0) >= Math.max(runQueueNs ?? 0, half)) return `${process} collected garbage for ${formatDuration(gcNs)}.`
  if ((runQueueNs ?? 0) >= half) return `${process} waited ${formatDuration(runQueueNs)} for a core.`
  return `The event loop of ${process} was held for ${formatDuration(delayNs)}.`
}
