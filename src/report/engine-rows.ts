import type { EngineResult, RunResult } from '../results/run-result.js'
import { formatBytes, formatCount, formatDuration, formatShare, noFigure } from './format.js'

// What became of each engine: rows of one table, which Markdown and HTML show, and the sentences that a terminal has room for.

export const engineTitles = [
  'engine',
  'ready',
  'processing, mean',
  'p95',
  'inputs',
  'CPU',
  'memory, max',
  'run queue',
  'restarts',
  'longest outage',
] as const

export const engineRows = ({ engines }: RunResult): string[][] =>
  engines.map((engine) => [
    nameOf(engine),
    engine.readyShare === null ? noFigure : formatShare(engine.readyShare),
    formatDuration(engine.processing?.meanNs ?? null),
    formatDuration(engine.processing?.p95Ns ?? null),
    engine.processing === null ? noFigure : formatCount(engine.processing.count),
    formatDuration(engine.cpuNs),
    engine.rssBytesMax === null ? noFigure : formatBytes(engine.rssBytesMax),
    formatDuration(engine.runQueueNs),
    formatCount(engine.restartCount),
    formatDuration(engine.recoveryNsMax),
  ])

/** `16/16 engines ready throughout; memory 1.28 GiB; processing mean at most 0.09 ms (signals)`; null where nobody watched. */
export function engineSentence({ engines }: RunResult): string | null {
  const watched = engines.flatMap((engine) =>
    engine.readyShare === null ? [] : [{ engine, share: engine.readyShare }],
  )
  if (watched.length === 0) return null
  const missed = watched.filter(({ share }) => share < 1)
  const shares = missed.map(({ engine, share }) => `${nameOf(engine)} ${formatShare(share)}`)
  const rssBytes = engines.reduce((sum, { rssBytesMax }) => sum + (rssBytesMax ?? 0), 0)
  const slowest = slowestOf(engines)
  return [
    `${watched.length - missed.length}/${watched.length} ready throughout${missed.length === 0 ? '' : `, ${shares.join(', ')}`}`,
    ...(rssBytes === 0 ? [] : [`memory ${formatBytes(rssBytes)}`]),
    ...(slowest === null ? [] : [`processing mean at most ${formatDuration(slowest.meanNs)} (${slowest.name})`]),
  ].join('; ')
}

/** `100 % of 30,000 ticks came to an outcome; 0 lost, 0 dropped, 12 repeated`; null without engines. */
export function deliverySentence({ engines, accounting, load }: RunResult): string | null {
  const { planned, lost, dropped, duplicates } = accounting
  if (engines.length === 0 || planned === 0) return null
  const share = formatShare((planned - lost - dropped) / planned)
  const counts = `${formatCount(lost)} lost, ${formatCount(dropped)} dropped, ${formatCount(duplicates)} repeated`
  return `${share} of ${formatCount(planned)} ${load.unit} came to an outcome; ${counts}`
}

function slowestOf(engines: readonly EngineResult[]): { readonly name: string; readonly meanNs: number } | null {
  const told = engines.flatMap((engine) =>
    engine.processing === null || engine.processing.count === 0
      ? []
      : [{ name: nameOf(engine), meanNs: engine.processing.meanNs }],
  )
  return told.toSorted((a, b) => b.meanNs - a.meanNs)[0] ?? null
}

const nameOf = ({ name, instance }: EngineResult): string => (instance === 0 ? name : `${name}-${instance}`)
