import { NautilusError } from '../core/errors.js'
import { unansweredOf } from '../results/metrics.js'
import { clopperPearson } from '../stats/binomial-bounds.js'
import { boundOf, type CheckStatus, type MetricCheck, metricOf } from './checks.js'
import type { SlaConfig } from './config.js'
import type { Runs } from './latency-check.js'

// Limits on the counters of a run. They are counts of everything that was sent, not samples of it, so they are judged
// exactly; of several runs by the worst. A rate of errors within its limit passes; one above it fails only where the
// limit lies outside of its bounds, for two errors of ten thousand may be one in ten thousand.

type Declared = SlaConfig['checks'][number]

const confidence = 0.95

export function metricChecks(runs: Runs, check: Declared, path: string): MetricCheck[] {
  return (['max', 'min'] as const).flatMap((bound) => {
    const text = check[bound]
    if (text === undefined) return []
    const parsed = boundOf(check.metric, text)
    if ('value' in parsed) return [metricCheck(runs, check, { bound, limit: parsed.value, path: `${path}.${bound}` })]
    const [{ id }] = runs
    throw new NautilusError('RESULT_INVALID', `result of run ${id}: profile.${path}.${bound}: ${parsed.problem}`)
  })
}

function metricCheck(
  runs: Runs,
  { metric, critical }: Declared,
  asked: { readonly bound: 'max' | 'min'; readonly limit: number; readonly path: string },
): MetricCheck {
  const { bound, limit } = asked
  const base = { ...asked, kind: 'metric', name: metric, component: 'load', metric, critical } as const
  const { observed, lower, upper } = metric === 'errors.rate' ? errorRate(runs) : worst(runs, metric, bound)
  if (observed === null) return { ...base, status: 'noData', observed, lower, upper, headroom: null }
  // A billionth for the division by the seconds of the window.
  const slack = Math.abs(limit) * 1e-9
  const holds = bound === 'max' ? observed <= limit + slack : observed >= limit - slack
  const surelyBroken = bound === 'max' ? (lower ?? observed) > limit : (upper ?? observed) < limit
  const status: CheckStatus = holds ? 'pass' : surelyBroken ? 'fail' : 'inconclusive'
  const used = bound === 'max' ? ratio(observed, limit) : ratio(limit, observed)
  return { ...base, status, observed, lower, upper, headroom: 1 - used }
}

type Found = { readonly observed: number | null; readonly lower: number | null; readonly upper: number | null }

function errorRate(runs: Runs): Found {
  const planned = runs.reduce((sum, { accounting }) => sum + accounting.planned, 0)
  if (planned === 0) return { observed: null, lower: null, upper: null }
  const unanswered = runs.reduce((sum, { accounting }) => sum + unansweredOf(accounting), 0)
  return { observed: unanswered / planned, ...clopperPearson(unanswered, planned, confidence) }
}

function worst(runs: Runs, metric: Declared['metric'], bound: 'max' | 'min'): Found {
  const values = runs.map((run) => metricOf(run, metric)).filter((value) => value !== null)
  const observed = values.length < runs.length ? null : bound === 'max' ? Math.max(...values) : Math.min(...values)
  return { observed, lower: null, upper: null }
}

const ratio = (value: number, by: number): number => (by !== 0 ? value / by : value === 0 ? 0 : 2)
