import { Random } from '../core/random.js'
import { binomialTails } from './binomial-bounds.js'
import { exceedanceGate } from './exceedance-gate.js'
import { type LatencySource, limitExceededBy } from './latency-sources.js'
import { WindowCounter } from './window-counter.js'

/** How often a rule errs with the limit exactly at the quantile, where both PASS and FAIL are wrong. */
type Errors = { readonly pass: number; readonly fail: number }

type Coverage = {
  readonly source: string
  readonly share: number
  readonly ours: Errors
  /** Clopper and Pearson's bounds of all samples as if they were independent. */
  readonly naive: Errors
  /**
   * Right answers where the true share above the limit is half, or twice, what is allowed: a rule that never answers
   * never errs.
   */
  readonly power: Errors
  readonly nEffectiveMean: number
}

type CoveragePlan = {
  readonly share: number
  readonly replications: number
  readonly seconds: number
  readonly ratePerSec: number
  readonly seed: number
}

/** Right answers need no bound, only an impression: a part of the windows gives it. */
const powerEvery = 5

/** Judges many windows of a source by the exceedance gate and counts its wrong answers. */
export function coverageOf(source: LatencySource, plan: CoveragePlan): Coverage {
  const { share, replications } = plan
  const allowed = 1 - share
  const limitsNs = [1, 0.5, 2].map((factor) => limitExceededBy(allowed * factor, source))
  const counter = new WindowCounter(source, plan)
  const random = Random.stream(plan.seed, `${source.name} ${share}`)
  const wrong = { pass: 0, fail: 0 }
  const naive = { pass: 0, fail: 0 }
  const right = { pass: 0, fail: 0 }
  let nEffectiveSum = 0
  for (let replication = 0; replication < replications; replication += 1) {
    const [boundary = [], below = [], above = []] = counter.draw(random, limitsNs, share)
    const gate = exceedanceGate(boundary, share)
    nEffectiveSum += gate.nEffective
    if (gate.status === 'pass') wrong.pass += 1
    if (gate.status === 'fail') wrong.fail += 1
    const { atLeast, atMost } = binomialTails(gate.overCount, gate.count, allowed)
    if (atMost < 0.05) naive.pass += 1
    if (atLeast < 0.05) naive.fail += 1
    if (replication % powerEvery > 0) continue
    if (exceedanceGate(below, share).status === 'pass') right.pass += 1
    if (exceedanceGate(above, share).status === 'fail') right.fail += 1
  }
  return {
    source: source.name,
    share,
    ours: sharesOf(wrong, replications),
    naive: sharesOf(naive, replications),
    power: sharesOf(right, Math.ceil(replications / powerEvery)),
    nEffectiveMean: nEffectiveSum / replications,
  }
}

const sharesOf = ({ pass, fail }: Errors, count: number): Errors => ({ pass: pass / count, fail: fail / count })
