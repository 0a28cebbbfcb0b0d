import { nsPerUs } from '../../core/units.js'
import { momentsOf } from '../../stats/moments.js'

// The instrument judges itself also where it times functions. What a garbage collection costs belongs to the function whose
// garbage it is, and is shown, not held against it.

export type CaseFacts = {
  readonly name: string
  readonly p50Ns: number
  /** The strictest limit; null without one. */
  readonly limitNs: number | null
  /** Cost of timing that was taken off, a call, in each process. */
  readonly overheadsNs: readonly number[]
  readonly clockNs: number
  readonly runQueueNs: number
  readonly gcNs: number
  /** Time in which the case was measured. */
  readonly busyNs: number
  /** Medians of the rounds of each process, in order. */
  readonly processesP50Ns: readonly (readonly number[])[]
}

type Judged = {
  readonly status: 'valid' | 'degraded'
  readonly reasons: readonly string[]
  readonly clockReadNs: number
  readonly runQueueShare: number
  readonly gcNs: number
  /** The largest change of a median from the first to the last rounds of its processes, as a share. */
  readonly trendShare: number | null
}

/** How uncertain the cost of timing may be, as a share of what was measured, or of its limit where that is larger. */
const overheadErrorMax = 0.1
const runQueueShareMax = 0.1
const clockNsMax = nsPerUs
const trendShareMax = 0.1
/** In standard errors over the processes; with five of them chance exceeds it once in a hundred. */
const trendErrorsMax = 4.6

export function judgeCases(cases: readonly CaseFacts[]): Judged {
  const busyNs = cases.reduce((sum, facts) => sum + facts.busyNs, 0)
  const runQueueNs = cases.reduce((sum, facts) => sum + facts.runQueueNs, 0)
  const trends = cases.map((facts) => ({ name: facts.name, ...trendOf(facts.processesP50Ns) }))
  const clockReadNs = Math.max(0, ...cases.map((facts) => facts.clockNs))
  const reasons = [
    ...cases.flatMap(overhead),
    ...(clockReadNs > clockNsMax ? [`a read of the clock costs ${Math.round(clockReadNs)} ns`] : []),
    ...(runQueueNs > busyNs * runQueueShareMax
      ? [`the measured processes waited ${percent(runQueueNs / busyNs)} of their time for a core`]
      : []),
    ...trends.flatMap(trend),
  ]
  const largest = trends.toSorted((a, b) => Math.abs(b.share) - Math.abs(a.share))[0]
  return {
    status: reasons.length === 0 ? 'valid' : 'degraded',
    reasons,
    clockReadNs,
    runQueueShare: busyNs === 0 ? 0 : runQueueNs / busyNs,
    gcNs: cases.reduce((sum, facts) => sum + facts.gcNs, 0),
    trendShare: largest?.share ?? null,
  }
}

/** The cost of timing is taken off, however large it is; what matters is how well it is known. */
function overhead({ name, p50Ns, limitNs, overheadsNs }: CaseFacts): string[] {
  const againstNs = Math.max(p50Ns, limitNs ?? 0)
  if (againstNs === 0) return [`${name} takes less than calling and timing it, so no figure can be given`]
  const { deviation: errorNs } = momentsOf(overheadsNs)
  if (errorNs <= againstNs * overheadErrorMax) return []
  const of = againstNs === limitNs ? 'the limit' : 'what it takes'
  return [`the cost of timing ${name} varies by ${percent(errorNs / againstNs)} of ${of}`]
}

function trend({ name, share, errors }: { name: string; share: number; errors: number }): string[] {
  if (Math.abs(share) <= trendShareMax || Math.abs(errors) <= trendErrorsMax) return []
  const word = share < 0 ? 'faster' : 'slower'
  return [`${name} became ${percent(Math.abs(share))} ${word} while it was measured; raise its duration`]
}

/** Change from the first quarter of the rounds to the last, within each process: code that was still being compiled. */
function trendOf(processes: readonly (readonly number[])[]): { readonly share: number; readonly errors: number } {
  const changes = processes.flatMap((p50s) => {
    const quarter = Math.floor(p50s.length / 4)
    const first = logMean(p50s.slice(0, quarter))
    const last = logMean(p50s.slice(p50s.length - quarter))
    return quarter > 0 && Number.isFinite(last - first) ? [last - first] : []
  })
  if (changes.length < 3) return { share: 0, errors: 0 }
  const { mean, deviation } = momentsOf(changes)
  const error = deviation / Math.sqrt(changes.length)
  return { share: Math.exp(mean) - 1, errors: error === 0 ? (mean === 0 ? 0 : Number.MAX_VALUE) : mean / error }
}

const logMean = (values: readonly number[]): number => momentsOf(values.map(Math.log)).mean

const percent = (share: number): string => `${Math.round(share * 100)} %`
