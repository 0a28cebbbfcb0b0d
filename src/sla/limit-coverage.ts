import { Random } from '../core/random.js'
import { nsPerSec } from '../core/units.js'
import { type FollowedQuantile, followedQuantiles } from '../results/quantile-estimate.js'
import { intervalNs, type Series } from '../results/run-result.js'
import { bucketHighNs, Histogram } from '../stats/histogram.js'
import type { LatencySource, LatencyWindow } from '../stats/latency-sources.js'
import { summarise } from '../stats/summary.js'
import { type JudgedRun, latencyCheck } from './latency-check.js'
import { allowedShare } from './quantile.js'

/** How often a rule answers. */
type Answers = { readonly pass: number; readonly fail: number }

type LimitCoverage = {
  readonly source: string
  readonly quantile: FollowedQuantile
  /** Wrong answers, where exactly the allowed share is above the limit. */
  readonly ours: Answers
  /** Right answers where half, or twice, the allowed share is: a rule that never answers never errs. */
  readonly power: Answers
  readonly nEffectiveMean: number
}

type LimitCoveragePlan = LatencyWindow & {
  readonly quantile: FollowedQuantile
  readonly limitNs: number
  readonly replications: number
  readonly seed: number
}

/** Right answers need no bound, only an impression: a part of the windows gives it. */
const powerEvery = 10

/**
 * Judges many windows by the whole check of a limit, as a single run without history: so with the rule for limits that
 * lie far above the quantile. `sourceOf` makes the system in which a share of all samples is above the limit.
 */
export function limitCoverageOf(sourceOf: (share: number) => LatencySource, plan: LimitCoveragePlan): LimitCoverage {
  const allowed = allowedShare[plan.quantile]
  const boundary = sourceOf(allowed)
  const [below, above] = [sourceOf(allowed / 2), sourceOf(allowed * 2)]
  const random = Random.stream(plan.seed, `${boundary.name} ${plan.quantile} ${plan.seconds}`)
  const samples = buffersFor(plan)
  const judged = (source: LatencySource) => {
    const series = drawn(source, { random, samples, plan })
    const load = { durationNs: plan.seconds * nsPerSec }
    const run: JudgedRun = { endToEnd: series, components: [], decided: null, load }
    const { quantile, limitNs } = plan
    return latencyCheck([run], null, { name: 'endToEnd', quantile, limitNs, critical: true, path: 'sla.endToEnd' })
  }
  const [wrong, right] = [
    { pass: 0, fail: 0 },
    { pass: 0, fail: 0 },
  ]
  let nEffectiveSum = 0
  for (let replication = 0; replication < plan.replications; replication += 1) {
    const { status, nEffective } = judged(boundary)
    nEffectiveSum += nEffective ?? 0
    if (status === 'pass') wrong.pass += 1
    if (status === 'fail') wrong.fail += 1
    if (replication % powerEvery > 0) continue
    if (judged(below).status === 'pass') right.pass += 1
    if (judged(above).status === 'fail') right.fail += 1
  }
  return {
    source: boundary.name,
    quantile: plan.quantile,
    ours: sharesOf(wrong, plan.replications),
    power: sharesOf(right, Math.ceil(plan.replications / powerEvery)),
    nEffectiveMean: nEffectiveSum / plan.replications,
  }
}

type Buffers = Parameters<LatencySource['run']>[2]

function buffersFor({ seconds, ratePerSec }: LatencyWindow): Buffers {
  // Poisson arrivals bring a few more than the rate promises.
  const samplesMax = Math.ceil(seconds * ratePerSec * 1.5 + 100)
  return { intendedSec: new Float64Array(samplesMax), responseNs: new Float64Array(samplesMax) }
}

/** A window of a source as a run records it, by intervals of the intended time. */
function drawn(
  source: LatencySource,
  { random, samples, plan }: { random: Random; samples: Buffers; plan: LimitCoveragePlan },
): Series {
  const count = source.run(random, plan, samples)
  const histogram = new Histogram()
  for (let index = 0; index < count; index += 1) histogram.record(samples.responseNs[index] ?? 0)
  const summary = summarise(histogram)
  const tailNs = bucketHighNs(histogram.quantileBucket(1 - allowedShare[plan.quantile]))
  const intervals = Array.from({ length: Math.ceil((plan.seconds * nsPerSec) / intervalNs) }, (_, index) => ({
    startNs: index * intervalNs,
    count: 0,
    over: [0],
    aboveQuantiles: [0, 0, 0, 0],
    unanswered: 0,
    p50Ns: 0,
    p95Ns: 0,
    p99Ns: 0,
    maxNs: 0,
  }))
  // Only the quantile that is judged is looked at.
  const place = followedQuantiles.indexOf(plan.quantile)
  let overCount = 0
  for (let index = 0; index < count; index += 1) {
    const interval = intervals[Math.floor(((samples.intendedSec[index] ?? 0) * nsPerSec) / intervalNs)]
    const response = samples.responseNs[index] ?? 0
    if (interval === undefined) continue
    interval.count += 1
    if (response >= tailNs) interval.aboveQuantiles[place] = (interval.aboveQuantiles[place] ?? 0) + 1
    if (response <= plan.limitNs) continue
    interval.over[0] = (interval.over[0] ?? 0) + 1
    overCount += 1
  }
  const over = [{ limitNs: plan.limitNs, count: overCount }]
  return { name: 'endToEnd', summary, over, intervals, histogram: histogram.toBuckets() }
}

const sharesOf = ({ pass, fail }: Answers, count: number): Answers => ({ pass: pass / count, fail: fail / count })
