import type { DurationNs } from '../core/units.js'
import { nsPerMs, nsPerSec } from '../core/units.js'
import type { Trend } from './recorder.js'

// The instrument judges itself before it judges anything else. `degraded` keeps its verdict and is labelled; `invalid` has none.

export type InstrumentFacts = {
  readonly planned: number
  readonly accounted: number
  readonly sent: number
  /** Length of the measured window as the source filled it, and as it was asked for. */
  readonly windowNs: number
  readonly durationNs: number
  readonly warmupNs: number
  readonly latenessNsP99: number
  /** The strictest end-to-end limit; null where the profile sets none. */
  readonly endToEndLimitNs: DurationNs | null
  readonly endToEndNsP99: number
  readonly samples: number
  readonly negativeDifferences: number
  /** Answers whose Server-Timing tells of more time than was waited for them. */
  readonly serverOverruns: number
  readonly sumMismatches: number
  /** Outcomes of this run whose seq was never sent. */
  readonly unknownOutcomes: number
  readonly trend: Trend
  readonly disturbance: Disturbance
}

/** What kept the generator itself from its work. */
type Disturbance = {
  /** Share of the window in which its busiest thread was runnable but had no core. */
  readonly runQueueShare: number
  readonly gcShare: number
  /** Of the thread that reads the answers. */
  readonly eventLoopDelayNsP99: number
  /** Time throttled by the cgroup in the window; null where not readable. */
  readonly throttledNs: number | null
  readonly clockReadNs: number
  /** Of response times against the built-in null target; null where it was not calibrated. */
  readonly noiseFloorNsP99: number | null
}

export const noTrend: Trend = { share: null, z: 0 }

type InstrumentVerdict = {
  readonly status: 'valid' | 'degraded' | 'invalid'
  readonly reasons: readonly string[]
}

type Finding = { readonly status: 'degraded' | 'invalid'; readonly reason: string }

const lateness = { degradedShare: 0.1, invalidShare: 0.5 }
const sentShareMin = 0.99
const windowShareMin = 0.9
const negativeShareMax = 0.01
/** A p95 that moved by a quarter, and intervals whose order leaves chance one in a thousand. */
const trendLimits = { shareMax: 0.25, zMax: 3.3 }
/**
 * Above these the run is degraded. Delay of the reading thread and noise floor stand against the end-to-end limit as lateness
 * does; a clock that costs a microsecond is not read in user space, and its grain is in every stamp.
 */
const disturbanceLimits = {
  runQueueShareMax: 0.1,
  gcShareMax: 0.05,
  throttledShareMax: 0.01,
  clockReadNsMax: 1_000,
  limitShareMax: 0.1,
}

export function judgeInstrument(facts: InstrumentFacts): InstrumentVerdict {
  const judges = [accounting, sending, source, late, stamps, trend, disturbed, coarse]
  const findings = judges.flatMap((judge) => judge(facts))
  const status = findings.some((finding) => finding.status === 'invalid')
    ? 'invalid'
    : findings.length > 0
      ? 'degraded'
      : 'valid'
  return { status, reasons: findings.map(({ reason }) => reason) }
}

function accounting(facts: InstrumentFacts): Finding[] {
  if (facts.planned === facts.accounted) return []
  return [{ status: 'invalid', reason: `${facts.planned} planned but ${facts.accounted} accounted for` }]
}

function sending(facts: InstrumentFacts): Finding[] {
  if (facts.planned === 0) return [{ status: 'invalid', reason: 'nothing was due in the measured window' }]
  if (facts.sent >= facts.planned) return []
  const status = facts.sent < facts.planned * sentShareMin ? 'invalid' : 'degraded'
  return [{ status, reason: `sent ${facts.sent} of ${facts.planned}` }]
}

function source({ windowNs, durationNs }: InstrumentFacts): Finding[] {
  if (windowNs >= durationNs * windowShareMin) return []
  return [{ status: 'degraded', reason: `the source ended after ${seconds(windowNs)} of ${seconds(durationNs)}` }]
}

function late(facts: InstrumentFacts): Finding[] {
  const limitNs = facts.endToEndLimitNs ?? facts.endToEndNsP99
  if (limitNs === 0) return []
  const share = facts.latenessNsP99 / limitNs
  if (share <= lateness.degradedShare) return []
  const against = facts.endToEndLimitNs === null ? 'measured p99' : 'end-to-end limit'
  return [
    {
      status: share > lateness.invalidShare ? 'invalid' : 'degraded',
      reason: `lateness p99 ${milliseconds(facts.latenessNsP99)} is ${percent(share)} of the ${against} of ${milliseconds(limitNs)}`,
    },
  ]
}

function stamps(facts: InstrumentFacts): Finding[] {
  const findings: Finding[] = []
  if (facts.sumMismatches > 0) {
    findings.push({
      status: 'invalid',
      reason: `${facts.sumMismatches} ticks whose parts do not sum to the response time`,
    })
  }
  if (facts.unknownOutcomes > 0) {
    findings.push({ status: 'degraded', reason: `${facts.unknownOutcomes} outcomes of ticks that were not sent` })
  }
  const countMax = facts.samples * negativeShareMax
  // Nothing but the word of the server, whose stage it spoils: no stamp of ours is wrong.
  if (facts.serverOverruns > countMax) {
    findings.push({ status: 'degraded', reason: `Server-Timing of ${facts.serverOverruns} answers exceeds their time` })
  }
  if (facts.negativeDifferences > countMax) {
    const reason = `${facts.negativeDifferences} stamps earlier than those before them`
    findings.push({ status: 'degraded', reason })
  }
  return findings
}

/** A p95 that falls was still warming up; one that rises may never become steady. */
function trend({ trend: { share, z }, warmupNs, windowNs }: InstrumentFacts): Finding[] {
  if (share === null || Math.abs(share) <= trendLimits.shareMax || Math.abs(z) <= trendLimits.zMax) return []
  const direction = share > 0 ? 'rose' : 'fell'
  const longer = seconds(Math.ceil((warmupNs + windowNs / 3) / nsPerSec) * nsPerSec)
  const otherwise = share > 0 ? ', or lower the rate where it rises still' : ''
  return [
    {
      status: 'degraded',
      reason: `end to end p95 ${direction} by ${percent(Math.abs(share))} from the first to the last third; warm up for ${longer} instead of ${seconds(warmupNs)}${otherwise}`,
    },
  ]
}

function disturbed({ disturbance, windowNs }: InstrumentFacts): Finding[] {
  const { runQueueShare, gcShare, throttledNs } = disturbance
  const limits = disturbanceLimits
  const reasons: string[] = []
  if (runQueueShare > limits.runQueueShareMax) {
    reasons.push(`the generator waited for a core during ${percent(runQueueShare)} of the window`)
  }
  if (gcShare > limits.gcShareMax) {
    reasons.push(`the generator collected garbage during ${percent(gcShare)} of the window`)
  }
  if (throttledNs !== null && throttledNs > windowNs * limits.throttledShareMax) {
    reasons.push(`the cgroup throttled this process for ${milliseconds(throttledNs)}`)
  }
  return reasons.map((reason) => ({ status: 'degraded', reason }))
}

/** Whether the instrument is fine enough for what it is to tell apart. */
function coarse({ disturbance, endToEndLimitNs }: InstrumentFacts): Finding[] {
  const { eventLoopDelayNsP99, noiseFloorNsP99, clockReadNs } = disturbance
  const findings: Finding[] = []
  const against = (what: string, valueNs: number | null): void => {
    if (endToEndLimitNs === null || valueNs === null || valueNs <= endToEndLimitNs * disturbanceLimits.limitShareMax)
      return
    const share = percent(valueNs / endToEndLimitNs)
    const reason = `${what} p99 ${milliseconds(valueNs)} is ${share} of the end-to-end limit of ${milliseconds(endToEndLimitNs)}`
    findings.push({ status: 'degraded', reason })
  }
  against('delay of reading answers', eventLoopDelayNsP99)
  against('noise floor', noiseFloorNsP99)
  if (clockReadNs > disturbanceLimits.clockReadNsMax) {
    findings.push({ status: 'degraded', reason: `a read of the clock costs ${Math.round(clockReadNs)} ns` })
  }
  return findings
}

const percent = (share: number): string => `${Math.round(share * 100)} %`
const milliseconds = (valueNs: number): string =>
  valueNs < nsPerSec ? `${(valueNs / nsPerMs).toPrecision(3)} ms` : seconds(valueNs)
const seconds = (valueNs: number): string => `${Number((valueNs / nsPerSec).toPrecision(3))} s`
