import { z } from 'zod'
import { present } from '../core/assert.js'
import { Random } from '../core/random.js'
import type { ComparisonRound } from '../results/comparison.js'
import { kindOf } from '../results/metrics.js'
import { looks, roundOrder } from '../stats/paired.js'
import { type ComparisonVerdict, isDecided, type JudgedComparison, judgeComparison } from './comparison.js'
import { defaultMetrics } from './comparison-metrics.js'

// A bank is a file of recorded rounds of A against A. Comparisons are drawn from it by round and judged as `nautilus
// compare` judges: how often it cries wolf over differences that are noise, and how often it finds a change that was
// put into the figures.

/** A line of a bank: metrics of both runs of a round, by the names of results/metrics.ts. */
export const bankRound = z.looseObject({
  schema: z.literal('nautilus.bank/1'),
  round: z.int(),
  order: z.enum(['AB', 'BA']).default('AB'),
  comparison: z
    .object({ seed: z.int(), status: z.string() })
    .optional()
    .describe('The comparison that recorded the round, and what it said in the end.'),
  a: z.record(z.string(), z.number()),
  b: z.record(z.string(), z.number()),
})
export type BankRound = z.output<typeof bankRound>

type Draws = { readonly comparisonCount: number; readonly seed: number; readonly marginShare: number }

/** How drawn comparisons of A with itself ended, in shares of all. */
type FalseAlarms = {
  readonly regressed: number
  readonly improved: number
  readonly ok: number
  readonly inconclusive: number
  /** A metric that decides is missing from the bank. */
  readonly noData: number
  readonly roundsMean: number
  /** Shares of comparisons in which each metric regressed, the highest first. */
  readonly byMetric: readonly { readonly name: string; readonly share: number }[]
}

/** Judges comparisons drawn from the bank as it is: any regression is a false one. */
export function falseAlarms(bank: readonly BankRound[], draws: Draws): FalseAlarms {
  const ends = { regressed: 0, improved: 0, ok: 0, inconclusive: 0, noData: 0, interrupted: 0 }
  const alarms = new Map<string, number>()
  let roundSum = 0
  const random = Random.stream(draws.seed, 'false alarms')
  for (let index = 0; index < draws.comparisonCount; index += 1) {
    const { status, metrics, roundCount } = judgeDrawn(bank, random, draws)
    ends[status] += 1
    roundSum += roundCount
    for (const { name, status } of metrics) {
      if (status === 'regressed') alarms.set(name, (alarms.get(name) ?? 0) + 1)
    }
  }
  const shareOf = (count: number): number => count / draws.comparisonCount
  return {
    regressed: shareOf(ends.regressed),
    improved: shareOf(ends.improved),
    ok: shareOf(ends.ok),
    inconclusive: shareOf(ends.inconclusive),
    noData: shareOf(ends.noData),
    roundsMean: shareOf(roundSum),
    byMetric: [...alarms]
      .map(([name, count]) => ({ name, share: shareOf(count) }))
      .toSorted((one, other) => other.share - one.share),
  }
}

/**
 * Judges all stretches of consecutive rounds as they were recorded, which keep what drawing mixes: drift from one round to
 * the next. They overlap, so their number says less than that of drawn ones.
 */
export function consecutiveAlarms(
  bank: readonly BankRound[],
  marginShare: number,
): { readonly comparisonCount: number; readonly regressed: number } {
  const rules = rulesOf(bank, marginShare)
  const starts = bank.flatMap(({ order }, start) =>
    order === 'AB' && start + rules.roundsMax <= bank.length ? [start] : [],
  )
  const verdicts = starts.map((start) =>
    judgeInLooks(rules, (index) => roundOf(present(bank[start + index], 'a stretch lies within the bank'), index)),
  )
  const regressedCount = verdicts.filter(({ status }) => status === 'regressed').length
  return { comparisonCount: starts.length, regressed: regressedCount / Math.max(starts.length, 1) }
}

/** What became of a known change, in shares of all drawn comparisons. */
type Power = {
  readonly component: string
  readonly raisedShare: number
  /** Mean part of the raise in the p95 of the end-to-end time. */
  readonly endToEndShare: number
  readonly regressed: number
  /** The component itself was called regressed, or the culprit of a regression. */
  readonly named: number
  /** Another component was named instead. */
  readonly misnamed: number
}

/** Raises the times of one component in B, and the end-to-end times by as many nanoseconds, and judges. */
export function powerOf(
  bank: readonly BankRound[],
  { component, raisedShare }: { readonly component: string; readonly raisedShare: number },
  draws: Draws,
): Power {
  const raised = bank.map((round) => ({ ...round, b: raise(round.b, component, raisedShare) }))
  const random = Random.stream(draws.seed, `${component} ${raisedShare}`)
  let [regressed, named, misnamed] = [0, 0, 0]
  for (let index = 0; index < draws.comparisonCount; index += 1) {
    const { status, metrics, culprit } = judgeDrawn(raised, random, draws)
    if (status !== 'regressed') continue
    regressed += 1
    const own = metrics.some(({ name, status }) => status === 'regressed' && name.startsWith(`${component}.`))
    if (own || culprit?.component === component) named += 1
    else if (culprit !== null) misnamed += 1
  }
  const parts = bank.map((round, index) => (raised[index]?.b['endToEnd.p95'] ?? 0) / (round.b['endToEnd.p95'] ?? 1) - 1)
  return {
    component,
    raisedShare,
    endToEndShare: parts.reduce((sum, part) => sum + part, 0) / parts.length,
    regressed: regressed / draws.comparisonCount,
    named: named / draws.comparisonCount,
    misnamed: misnamed / draws.comparisonCount,
  }
}

/** Quantiles of parts do not sum to that of the whole; nanosecond for nanosecond is what a slower stage adds at most. */
function raise(side: BankRound['b'], component: string, raisedShare: number): BankRound['b'] {
  const added = Object.entries(side).flatMap(([name, value]) => {
    if (!name.startsWith(`${component}.`)) return []
    const moreNs = value * raisedShare
    const whole = `endToEnd.${name.slice(component.length + 1)}`
    return [[name, value + moreNs] as const, [whole, (side[whole] ?? 0) + moreNs] as const]
  })
  return { ...side, ...Object.fromEntries(added) }
}

/** Components of a bank: what has a p95 of its own. */
export const componentsOf = (bank: readonly BankRound[]): string[] =>
  Object.keys(bank[0]?.a ?? {})
    .filter((name) => name.endsWith('.p95') && name !== 'endToEnd.p95')
    .map((name) => name.slice(0, -'.p95'.length))

function judgeDrawn(bank: readonly BankRound[], random: Random, { marginShare }: Draws): ComparisonVerdict {
  const pools = poolsOf(bank)
  return judgeInLooks(rulesOf(bank, marginShare), (index) => drawRound(pools, random, index))
}

/** Adds rounds, one look after the other, until the comparison is decided or has all of them. */
function judgeInLooks(
  rules: Omit<JudgedComparison, 'rounds'>,
  roundAt: (index: number) => ComparisonRound,
): ComparisonVerdict {
  const rounds: ComparisonRound[] = []
  for (const look of looks) {
    while (rounds.length < look) rounds.push(roundAt(rounds.length))
    const verdict = judgeComparison({ ...rules, rounds })
    if (isDecided(verdict)) return verdict
  }
  return judgeComparison({ ...rules, rounds })
}

function rulesOf(bank: readonly BankRound[], marginShare: number): Omit<JudgedComparison, 'rounds'> {
  const { deciding, watched } = defaultMetrics(componentsOf(bank))
  return {
    interrupted: null,
    controls: [],
    roundsMax: looks.at(-1) ?? 0,
    marginShare,
    deciding: [...deciding],
    watched: [...watched],
  }
}

const wholeRun = {
  runId: 'bank',
  startedAt: '',
  fidelity: 'valid',
  failure: null,
  cause: null,
} as const satisfies ComparisonRound['a']

type Pools = Readonly<Record<'AB' | 'BA', readonly BankRound[]>>

function poolsOf(bank: readonly BankRound[]): Pools {
  const [forward, backward] = [bank.filter(({ order }) => order === 'AB'), bank.filter(({ order }) => order === 'BA')]
  return { AB: forward.length > 0 ? forward : bank, BA: backward.length > 0 ? backward : bank }
}

/** A round of the order that its place in A B B A asks for: who goes first may have an advantage, and it must cancel. */
function drawRound(pools: Pools, random: Random, index: number): ComparisonRound {
  const pool = pools[roundOrder(index)]
  return roundOf(present(pool[random.below(pool.length)], 'a bank has rounds'), index)
}

function roundOf({ order, a, b }: BankRound, index: number): ComparisonRound {
  const metrics = Object.entries(a).flatMap(([name, value]) => {
    const other = b[name]
    return other === undefined ? [] : [[name, { a: value, b: other, ...kindOf(name) }] as const]
  })
  return { index, order, seed: 0, a: wholeRun, b: wholeRun, metrics: Object.fromEntries(metrics) }
}
