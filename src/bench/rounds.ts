import { type ErrorCode, NautilusError } from '../core/errors.js'
import { Random } from '../core/random.js'
import type { Comparison, ComparisonRound } from '../results/comparison.js'
import { type Metric, metricsOf } from '../results/metrics.js'
import type { RunResult } from '../results/run-result.js'
import { isDecided, judgeComparison, wholeRounds } from '../sla/comparison.js'
import { exitOfInterruption } from '../sla/exit.js'
import { looks, roundOrder } from '../stats/paired.js'

// The rounds of a comparison: what is measured next, and when there is enough. It starts nothing itself.

export type Side = 'a' | 'b'
type RoundRun = ComparisonRound['a']

/** One run of a round, before it is measured. */
export type NextRun = {
  readonly side: Side
  /** 0-based, repeats included. */
  readonly index: number
  readonly order: 'AB' | 'BA'
  readonly seed: number
  /** Whole rounds so far. */
  readonly wholeCount: number
  /** ` (again, 1 of 3)` where this round has been tried before. */
  readonly again: string
}

type RoundHooks = {
  readonly stop: AbortSignal
  /** Measures a fresh system; rejects where it cannot be started. */
  readonly measure: (run: NextRun) => Promise<RunResult>
  /** Called after each round, also one without figures. */
  readonly onRound: (comparison: Comparison) => Promise<void>
  readonly nowIso: () => string
}

/** Rounds without figures that are repeated before a comparison gives up. */
const repeatsMax = 3

/** Numbers the repeats, of which a whole measurement has so many; empty where the one before was whole. */
export const againText = (tries: readonly boolean[], countMax: number): string =>
  tries.at(-1) === false ? ` (again, ${tries.filter((isWhole) => !isWhole).length} of ${countMax})` : ''

/** The same for both runs of a round, another for each round; of a set, another for each run. */
export const seedOf = (seed: number, index: number): number => Random.stream(seed, `round ${index}`).uint32()

/**
 * Adds rounds until a look decides, the rounds are spent, too many had no figures, or somebody stops. A against itself takes all of its
 * rounds: what it is after is the noise, and that is known better by more of them.
 */
export async function runRounds(asked: Comparison, hooks: RoundHooks): Promise<Comparison> {
  let comparison = asked
  while (isWanted(comparison) && !hooks.stop.aborted) {
    const round = await runRound(comparison, hooks)
    const interrupted = hooks.stop.aborted ? String(hooks.stop.reason) : null
    comparison = { ...comparison, interrupted, rounds: [...comparison.rounds, round] }
    await hooks.onRound(comparison)
  }
  return hooks.stop.aborted ? { ...comparison, interrupted: String(hooks.stop.reason) } : comparison
}

function isWanted(comparison: Comparison): boolean {
  const wholeCount = wholeRounds(comparison).length
  if (wholeCount >= comparison.roundsMax || comparison.rounds.length - wholeCount > repeatsMax) return false
  if (comparison.kind === 'aa' || !looks.some((look) => look === wholeCount)) return true
  return !isDecided(judgeComparison(comparison))
}

async function runRound(comparison: Comparison, hooks: RoundHooks): Promise<ComparisonRound> {
  const index = comparison.rounds.length
  const whole = wholeRounds(comparison)
  const wholeCount = whole.length
  // A repeated round keeps its place in A B B A, so that the whole ones stay balanced.
  const round = { index, order: roundOrder(wholeCount), seed: seedOf(comparison.seed, index) }
  const again = againText(
    comparison.rounds.map((each) => whole.includes(each)),
    repeatsMax,
  )
  const sides: readonly Side[] = round.order === 'AB' ? ['a', 'b'] : ['b', 'a']
  const runs: Partial<Record<Side, Ended>> = {}
  for (const side of sides) {
    if (Object.values(runs).some(({ run }) => run.failure !== null)) continue
    runs[side] = await runSide({ ...round, side, wholeCount, again }, hooks)
  }
  const { a = notRun(hooks), b = notRun(hooks) } = runs
  return { ...round, a: a.run, b: b.run, metrics: pairsOf(a.metrics, b.metrics) }
}

type Ended = { readonly run: RoundRun; readonly metrics: Readonly<Record<string, Metric>> }

async function runSide(next: NextRun, hooks: RoundHooks): Promise<Ended> {
  const startedAt = hooks.nowIso()
  try {
    const result = await hooks.measure(next)
    const failed = failureOf(result)
    return {
      run: {
        runId: result.id,
        startedAt: result.startedAt,
        fidelity: result.fidelity.status,
        failure: failed?.failure ?? null,
        cause: failed?.cause ?? null,
      },
      metrics: failed === null ? metricsOf(result) : {},
    }
  } catch (error) {
    const run = { runId: '', startedAt, fidelity: 'invalid' } as const
    if (hooks.stop.aborted) return { run: { ...run, failure: 'was stopped', cause: 'stopped' }, metrics: {} }
    if (!(error instanceof NautilusError) || !ownFailures.includes(error.code)) throw error
    return { run: { ...run, failure: error.message, cause: 'system' }, metrics: {} }
  }
}

/** Failures of the system under test: those of the environment end the comparison, since the next round would meet them again. */
const ownFailures: readonly ErrorCode[] = ['ENGINE_FAILED', 'ENGINE_NOT_READY']

/** Why a run has no figures, and whose failure that is; null for a whole run. */
export function failureOf({ interrupted, fidelity, services }: RunResult): Pick<RoundRun, 'failure' | 'cause'> | null {
  if (interrupted !== null) {
    const names = services.map(({ name }) => name)
    const exit = exitOfInterruption(interrupted, names)
    const cause = exit === 4 ? 'system' : exit === 6 ? 'environment' : 'stopped'
    return { failure: `ended early: ${interrupted}`, cause }
  }
  if (fidelity.status !== 'invalid') return null
  return { failure: `is invalid: ${fidelity.reasons.join('; ')}`, cause: 'instrument' }
}

/** The second run of a round whose first has no figures. */
const notRun = ({ nowIso, stop }: RoundHooks): Ended => ({
  run: {
    runId: '',
    startedAt: nowIso(),
    fidelity: 'invalid',
    failure: 'was not measured: the other run of the round has no figures',
    cause: stop.aborted ? 'stopped' : null,
  },
  metrics: {},
})

function pairsOf(a: Ended['metrics'], b: Ended['metrics']): ComparisonRound['metrics'] {
  const pairs = Object.entries(a).flatMap(([name, { value, unit, better }]) => {
    const other = b[name]
    return other === undefined ? [] : [[name, { a: value, b: other.value, unit, better }] as const]
  })
  return Object.fromEntries(pairs)
}
