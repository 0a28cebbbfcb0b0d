import { assertNever } from '../core/assert.js'
import { nsPerMs, nsPerSec, parseDuration } from '../core/units.js'
import { unansweredOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import type { Check, CheckStatus, LatencyCheck, MetricCheck, WindowCheck } from '../sla/checks.js'
import { endToEndName } from '../sla/series.js'
import { isUnlimited } from '../sla/unlimited.js'
import type { Verdict, VerdictStatus } from '../sla/verdict.js'
import { formatBounds, formatCount, formatDuration, formatLimit, formatRate, formatShare, noFigure } from './format.js'

// The sentences that every report format shares, so that all say the same.

/** What a report knows beside the run itself. */
export type ReportContext = {
  readonly nowIso: string
  /** The run of the same profile before this one. */
  readonly previous: RunResult | null
  /** How a person names the run on the command line: an id or a path. */
  readonly reference: string
  /** Folder with the logs and the written reports, relative to where the person stands; null where there is none. */
  readonly folder: string | null
  /** How the profile was named on the command line; null where only the file of the run is known. */
  readonly profile: string | null
  /** What became of the services; null where only the file is known. */
  readonly services: 'stopped' | 'running' | null
}

/** What is shown beside the run, and how. */
export type Shown = { readonly verdict: Verdict; readonly context: ReportContext; readonly color: boolean }

const statusWord: Readonly<Record<CheckStatus, string>> = {
  pass: 'PASS',
  fail: 'FAIL',
  inconclusive: 'INCONCLUSIVE',
  noData: 'NO DATA',
  notJudged: '-',
}

export const verdictWord: Readonly<Record<VerdictStatus, string>> = {
  pass: 'PASS',
  fail: 'FAIL',
  inconclusive: 'INCONCLUSIVE',
  noData: 'NO DATA',
  invalid: 'INVALID',
  interrupted: 'INTERRUPTED',
}

/** The word of a check: one that is not critical fails without deciding anything. */
export const checkWord = (check: Check): string =>
  check.status === 'fail' && !check.critical ? 'WARN' : statusWord[check.status]

/** `risk p95 7.40 ms > 5 ms  over by 2.40 ms` */
export function checkSentence(check: Check): string {
  switch (check.kind) {
    case 'latency':
      return latencySentence(check)
    case 'metric':
      return metricSentence(check)
    case 'window':
      return windowSentence(check)
    case 'store':
      return check.problem === null ? 'postgresql agrees' : `postgresql disagrees: ${check.problem}`
    default:
      return assertNever(check)
  }
}

function latencySentence(check: LatencyCheck): string {
  const { component, quantile, observedNs, limitNs, count, overCount } = check
  const limit = formatLimit(limitNs)
  if (observedNs === null) return `${component} ${quantile}  no samples, limit ${limit}`
  if (check.status === 'inconclusive') return undecidedSentence(check, observedNs)
  const above = observedNs > limitNs
  const judgedAbove = check.status === 'fail'
  if (check.status !== 'notJudged' && above !== judgedAbove) {
    // The quantile comes from a histogram; the judgement from exact counts. Near the limit they may differ by a bucket.
    const share = formatShare(overCount / count)
    return `${component} ${quantile}  ${share} of samples over ${limit}, ${formatShare(check.allowedShare)} allowed`
  }
  const figures = `${component} ${quantile} ${formatDuration(observedNs)} ${above ? '>' : '<='} ${limit}`
  if (above) return `${figures}  over by ${formatDuration(observedNs - limitNs)}`
  return check.headroom === null ? figures : `${figures}  headroom ${formatShare(roundTo2(check.headroom))}`
}

/** `risk p95 4.60 ms (3.91 to 5.43 ms), limit 5 ms: run 40 s longer, or --runs 5` */
function undecidedSentence(check: LatencyCheck, observedNs: number): string {
  const { component, quantile, upperNs, nEffective } = check
  // A p99.9 that its samples cannot carry is not shown, here as everywhere.
  const shown = upperNs === null && quantile === 'p99.9' ? noFigure : formatDuration(observedNs)
  const few = upperNs === null ? `too few samples (effective ${formatCount(nEffective ?? 0)}), ` : ''
  return `${component} ${quantile} ${shown}${boundsText(check)}, limit ${formatLimit(check.limitNs)}: ${few}${remedy(check)}`
}

/** ` (4.10 to 5.60 ms)`, where both are known. */
function boundsText({ lowerNs, upperNs }: LatencyCheck): string {
  return lowerNs === null || upperNs === null ? '' : ` (${formatBounds(lowerNs, upperNs)})`
}

const runsMax = 20
const runsUsual = 5

/** What would decide a check of which the data cannot tell. */
function remedy(check: Check): string {
  if (check.kind !== 'latency' || check.runCount === 1) {
    const seconds = check.kind === 'latency' ? check.moreSeconds : null
    return seconds === null ? `needs --runs ${runsUsual}` : `run ${spanText(seconds)} longer, or --runs ${runsUsual}`
  }
  return check.runCount >= runsMax ? 'too near to tell' : `needs --runs ${Math.min(runsMax, 2 * check.runCount)}`
}

const spanText = (seconds: number): string =>
  seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`

function metricSentence(check: MetricCheck): string {
  const { metric, observed, limit, bound, lower, upper } = check
  const figure = (value: number): string => {
    if (metric === 'errors.rate' || metric === 'ready.share') return formatShare(value)
    if (metric === 'processing.mean') return formatDuration(value)
    return metric === 'throughput' ? formatRate(value) : formatCount(value)
  }
  if (observed === null) return `${metric}  no samples, ${bound} ${figure(limit)}`
  if (check.status === 'inconclusive' && lower !== null && upper !== null) {
    return `${metric} ${figure(observed)} (${figure(lower)} to ${figure(upper)}), limit ${figure(limit)}: ${remedy(check)}`
  }
  const within = bound === 'max' ? observed <= limit : observed >= limit
  const holds = check.status === 'notJudged' ? within : check.status !== 'fail'
  const sign = bound === 'max' ? (holds ? '<=' : '>') : holds ? '>=' : '<'
  return `${metric} ${figure(observed)} ${sign} ${figure(limit)}`
}

/** `end to end p95 > 150 ms for 5 s from 12.3 s on, 7.5 s long` */
function windowSentence(check: WindowCheck): string {
  const { component, quantile, limitNs, spanNs, phase, beganNs, lastedNs, worstShare } = check
  const place = phase === null ? '' : ` in ${phase}`
  const what = `${component} ${quantile}`
  const limit = `${formatLimit(limitNs)} for ${formatLimit(spanNs)}${place}`
  if (worstShare === null) return `${what}  no span with enough samples, limit ${limit}`
  if (beganNs === null || lastedNs === null) {
    return `${what} never > ${limit}  at most ${formatShare(worstShare)} of a span, ${formatShare(check.allowedShare)} allowed`
  }
  return `${what} > ${limit}  began at ${formatLimit(beganNs)}, lasted ${formatLimit(lastedNs)}`
}

const roundTo2 = (value: number): number => Math.round(value * 100) / 100

/** `30 s at 1,000/s`, or how far an interrupted run came; rates that change and closed loops in words. */
export function spanSentence(result: RunResult): string {
  const { durationNs, targetRatePerSec, loop, arrivals } = result.load
  const span = formatLimit(roundedSpan(durationNs))
  if (loop === 'closed') return `${span}, ${arrivals}`
  return result.phases.length > 0 ? `${span} of ${arrivals}` : `${span} at ${formatRate(targetRatePerSec)}`
}

/** To tenths of a second from a second on, else to milliseconds: what a run fell short by less is nobody's concern. */
const roundedSpan = (ns: number): number =>
  ns >= nsPerSec ? (Math.round((ns / nsPerSec) * 10) / 10) * nsPerSec : Math.round(ns / nsPerMs) * nsPerMs

/** The terms of the accounting identity, in the order in which it is always written. */
export function accountingTerms(result: RunResult): readonly { readonly count: number; readonly word: string }[] {
  const { accounting } = result
  const shipped = result.load.scenario === 'pipeline' || result.load.scenario === 'orders'
  const answered = shipped
    ? [
        { count: accounting.traded, word: 'traded' },
        { count: accounting.noTrade, word: 'no trade' },
        { count: accounting.rejected, word: 'rejected' },
      ]
    : [{ count: accounting.completed, word: 'completed' }]
  return [
    ...answered,
    { count: accounting.failed, word: 'failed' },
    { count: accounting.timedOut, word: 'timed out' },
    { count: accounting.dropped, word: 'dropped' },
    { count: accounting.lost, word: 'lost' },
  ]
}

export function accountingHolds(result: RunResult): boolean {
  return accountingTerms(result).reduce((sum, term) => sum + term.count, 0) === result.accounting.planned
}

/** `redis 7.0.15 (cache)` for each service, equal ones once. */
export function serviceNames(result: RunResult): string[] {
  const names = result.services.map(({ kind, version, origin }) => {
    const word = kind === 'postgres' ? 'postgresql' : kind
    return `${word} ${version} (${origin})`
  })
  return [...new Set(names)]
}

/** `32,817 orders, 48,195 reports, warm-up included: agrees`; null where no store took part. */
export function storeSentence({ store }: RunResult): string | null {
  if (store === null) return null
  const { unreported } = store.orders
  const beside = unreported === 0 ? '' : ` and ${formatCount(unreported)} without a report`
  const counts = `${formatCount(store.orders.store)} orders${beside}, ${formatCount(store.reports.store)} reports`
  if (store.agrees) return `${counts}, warm-up included: agrees`
  const driver = `${formatCount(store.orders.driver)} orders, ${formatCount(store.reports.driver)} reports`
  return `${counts}, driver ${driver}, warm-up included: DISAGREES`
}

/** `n 28,113 (effective 1,204), p95 16.1 to 23.9 ms, single run`: what the end-to-end figure rests on. */
export function sampleSentence(result: RunResult, verdict: Verdict): string {
  const { loop, scenario, timeoutNs } = result.load
  const { failed } = result.accounting
  const samples = samplesText(result, verdict)
  if (loop === 'closed' || scenario === 'component' || unansweredOf(result.accounting) === 0) return samples
  // Who sees a server that refuses at once with response times of a second looks for the second.
  const which = failed > 0 ? 'failed ones' : 'those without an answer'
  return `${samples}; ${which} count as the timeout, ${formatLimit(timeoutNs)}`
}

function samplesText(result: RunResult, verdict: Verdict): string {
  const checks = verdict.checks.filter((check) => check.kind === 'latency' && check.component === endToEndName)
  const known = checks.filter((entry): entry is LatencyCheck => entry.kind === 'latency' && entry.nEffective !== null)
  const check = known.find(({ quantile }) => quantile === 'p95') ?? known[0]
  const runs = verdict.runCount === 1 ? 'single run' : `${verdict.runCount} runs`
  // A closed loop has service times only.
  const { summary } = result.load.loop === 'closed' && result.service !== null ? result.service : result.endToEnd
  if (check === undefined) return `n ${formatCount(summary.count)}, ${runs}`
  const { count, nEffective, lowerNs, upperNs, quantile } = check
  const bounds = lowerNs === null || upperNs === null ? [] : [`${quantile} ${formatBounds(lowerNs, upperNs)}`]
  const effective = nEffective === null ? '' : ` (effective ${formatCount(nEffective)})`
  return [`n ${formatCount(count)}${effective}`, ...bounds, runs].join(', ')
}

/** What is to be known before a figure is read: degraded, suspect, faults on purpose, interrupted. Without a full stop. */
export function labels(result: RunResult, verdict: Verdict): string[] {
  const faults = Object.entries(result.faults).flatMap(([engine, list]) => list.map((fault) => `${engine}:${fault}`))
  return [
    ...(verdict.degraded ? [`degraded: ${result.fidelity.reasons.join('; ') || 'see the instrument line'}`] : []),
    ...(verdict.suspect.length > 0 ? [suspectSentence(verdict)] : []),
    ...(verdict.status === 'inconclusive' && verdict.exit === 0 ? ['inconclusive, and let pass as asked'] : []),
    ...(result.decided === null ? [] : [decidedSentence(result.decided)]),
    ...(faults.length > 0 ? [`faults on purpose: ${faults.join(', ')}`] : []),
    ...(result.interrupted === null || verdict.status === 'interrupted' ? [] : [interruptionSentence(result)]),
  ]
}

/** `ended 22.4 s before its time: every limit holds` */
function decidedSentence({ kind, reason, changedNs }: NonNullable<RunResult['decided']>): string {
  const span = formatLimit(roundedSpan(changedNs))
  return kind === 'early' ? `ended ${span} before its time: ${reason}` : `went on ${span} longer: ${reason}`
}

const suspectSentence = ({ suspect }: Verdict): string =>
  `suspect: ${suspect.join(', ')} below half of what earlier runs had; look whether the work was done`

/** `ended early by SIGINT, 12.4 s of 30 s were measured` */
export function interruptionSentence(result: RunResult): string {
  const load = result.profile['load']
  const text = typeof load === 'object' && load !== null && 'duration' in load ? String(load.duration) : ''
  const planned = parseDuration(text)
  const whole = 'value' in planned ? ` of ${formatLimit(planned.value)}` : ''
  return `ended early (${result.interrupted}): ${formatLimit(roundedSpan(result.load.durationNs))}${whole} measured`
}

const againAdvice = (result: RunResult, context: ReportContext): [string, string] => [
  'The run is not whole, so it is no verdict.',
  `Run it again:  ${commandOf(result, context)}`,
]

/** What was found and what to do next: one or two lines, the last is the thing to do. */
export function advice(result: RunResult, verdict: Verdict, context: ReportContext): [string | null, string] {
  const logs = context.folder === null ? null : `${context.folder}/logs`
  const worst = verdict.checks[0]
  const silent = verdict.checks.some((check) => check.status === 'noData')
  switch (verdict.status) {
    case 'pass':
      return [null, `Gate it in CI:  nautilus gate ${context.reference}`]
    case 'invalid':
      if (result.interrupted !== null) return againAdvice(result, context)
      if (result.accounting.planned === 0)
        return ['Nothing was due, so nothing was judged.', 'Run again for longer, or at a higher rate.']
      return [
        'The instrument could not hold its schedule, so nothing was judged.',
        `Run again with a lower ${result.quickCommand === null ? 'load.arrivals.rate' : '--rate'}, or with fewer processes beside it.`,
      ]
    case 'interrupted':
      return againAdvice(result, context)
    case 'inconclusive':
      return decideAdvice(result, verdict, context)
    case 'noData': {
      if (isUnlimited(result, verdict)) return unlimitedAdvice(result, context)
      const found = worst === undefined || worst.status !== 'noData' ? null : `Nothing was measured for ${worst.name}.`
      return [found, logs === null ? 'Look at the logs of the engines, then run again.' : `Look at:  ${logs}`]
    }
    case 'fail':
      return [worst === undefined ? null : failureSentence(worst, result), lookAt({ worst, silent, logs }, context)]
    default:
      return assertNever(verdict.status)
  }
}

/** The nearest limit of which the data cannot tell, and the run that would. */
function decideAdvice(result: RunResult, verdict: Verdict, context: ReportContext): [string | null, string] {
  const open = verdict.checks.find((check) => check.status === 'inconclusive' && check.critical)
  const command = commandOf(result, context)
  const isQuick = result.quickCommand !== null
  const seconds = open?.kind === 'latency' ? open.moreSeconds : null
  const found = open === undefined ? null : `${open.name} may lie on either side of its limit: the data cannot tell.`
  // A window that is cut into phases has the length of its phases.
  if (seconds === null || result.phases.length > 0) {
    if (isQuick)
      return [found, `Decide it:  ${command} --duration ${2 * Math.ceil(result.load.durationNs / nsPerSec)}s`]
    return [found, `Decide it:  ${command} --runs ${Math.min(runsMax, Math.max(runsUsual, 2 * verdict.runCount))}`]
  }
  const windowSeconds = Math.ceil(result.load.durationNs / nsPerSec) + seconds
  return [found, `Decide it:  ${command} ${isQuick ? '--duration ' : '--set load.duration='}${windowSeconds}s`]
}

/** What a person types to make a run like this one. */
function commandOf(result: RunResult, context: ReportContext): string {
  const named = result.quickCommand ?? componentCommandOf(result, context)
  return named ?? `nautilus bench --profile ${context.profile ?? result.profileName}`
}

/** Functions that were named on the command line, without a profile. */
function componentCommandOf({ load, cases }: RunResult, { profile }: ReportContext): string | null {
  if (load.scenario !== 'component' || profile !== null) return null
  return `nautilus bench ${[...new Set(cases.map((each) => `--component ${each.of}`))].join(' ')}`
}

/** Where a person wrote a limit: in the profile, or in an option of `nautilus load`. */
export function placeOf(check: Check, result: RunResult): string {
  if (result.quickCommand === null) return check.path
  const option = (form: string): string => `--limit '${form.replace(' ', '')}'`
  if (check.kind === 'latency') return option(`${check.quantile}<${formatLimit(check.limitNs)}`)
  if (check.kind !== 'metric') return check.path
  return option(
    check.metric === 'throughput'
      ? `rate>${formatRate(check.limit).replaceAll(',', '')}`
      : `errors<${formatShare(check.limit)}`,
  )
}

/** Nothing was asked of the figures: what failed is told, else how a limit is set. */
function unlimitedAdvice(result: RunResult, context: ReportContext): [string | null, string] {
  if (result.load.scenario === 'component') {
    return [null, 'Judge them by a profile:  components: [{ case: risk.check, p95: 10us }]']
  }
  if (unansweredOf(result.accounting) > 0) {
    return [unansweredSentence(result), lookAt({ worst: undefined, silent: false, logs: null }, context)]
  }
  if (result.load.loop === 'closed')
    return [null, `Look at response times:  ${commandOf(result, context)} --rate ${halfRate(result)}/s`]
  return [null, `Judge it:  ${commandOf(result, context)} --limit 'p95<${limitAbove(result.endToEnd.summary.p95Ns)}'`]
}

/** How many had no answer that counts, and what most of them had instead. */
function unansweredSentence(result: RunResult): string {
  const { planned, reasons } = result.accounting
  const [most] = Object.entries(reasons).toSorted(([, a], [, b]) => b - a)
  const why = most === undefined ? '' : `, most: ${most[0]}`
  return `${formatCount(unansweredOf(result.accounting))} of ${formatCount(planned)} ${result.load.unit} failed or had no answer in time${why}.`
}

/** A rate that a target which reached this one can bear: half of it, in two digits. */
const halfRate = ({ load }: RunResult): number => Math.max(1, Number((load.achievedRatePerSec / 2).toPrecision(2)))

/** The next of 1, 2, 5 above one and a half times what was measured, as a person writes it. */
function limitAbove(measuredNs: number): string {
  const wantedNs = Math.max(1.5 * measuredNs, nsPerMs)
  const power = 10 ** Math.floor(Math.log10(wantedNs))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= wantedNs) ?? 10
  return formatLimit(step * power).replace(' ', '')
}

function failureSentence(worst: Check, result: RunResult): string {
  if (worst.kind === 'store') {
    return result.interrupted === null
      ? 'Orders or reports that the driver counted are not in PostgreSQL, or the other way round.'
      : `The run ended early (${result.interrupted}): what was under way then may be missing in PostgreSQL.`
  }
  const unanswered = unansweredOf(result.accounting)
  if (worst.kind === 'metric') {
    const found = `${worst.metric} is outside its bound (${placeOf(worst, result)})`
    return worst.metric === 'errors.rate' && unanswered > 0 ? `${found}: ${unansweredSentence(result)}` : `${found}.`
  }
  if (worst.kind === 'window') return `${worst.component} was over its limit for a while (${placeOf(worst, result)}).`
  const { component, quantile, observedNs, limitNs } = worst
  const took = `${component} took ${formatDuration(observedNs)} at ${quantile}`
  if (unanswered > result.accounting.planned / 100) return `${took}; ${unansweredSentence(result)}`
  if (observedNs === null || observedNs <= limitNs) return `${component} is over its limit (${placeOf(worst, result)}).`
  return `${took}, ${formatDuration(observedNs - limitNs)} over its budget.`
}

function lookAt(
  { worst, silent, logs }: { worst: Check | undefined; silent: boolean; logs: string | null },
  context: ReportContext,
): string {
  if (logs !== null && (worst?.kind === 'store' || silent)) return `Look at:  ${logs}`
  return `Look at:  nautilus report ${context.reference} --open`
}
