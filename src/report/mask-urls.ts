import { mapTexts } from '../core/map-texts.js'
import { maskSecrets, maskUrl } from '../core/secrets.js'
import type { Comparison, ComparisonRound } from '../results/comparison.js'
import type { RunResult } from '../results/run-result.js'

/** The same plain data with `maskUrl` applied to every text in it, keys too. */
export const withMaskedUrls = <Data>(data: Data): Data => mapTexts(data, maskUrl, maskUrl) as Data

/**
 * The same result with secrets masked in what others have said: why it ended early, why requests failed, what the store
 * answered. Figures and the names by which a result is judged stay; its profile has been masked before.
 */
export function withMaskedWords(result: RunResult, secrets: readonly string[]): RunResult {
  const { interrupted, accounting, store, load } = result
  const masked = (text: string): string => maskSecrets(text, secrets)
  const reasons: Record<string, number> = {}
  for (const [reason, count] of Object.entries(accounting.reasons)) {
    reasons[masked(reason)] = (reasons[masked(reason)] ?? 0) + count
  }
  return {
    ...result,
    interrupted: interrupted === null ? null : masked(interrupted),
    accounting: { ...accounting, reasons },
    load: { ...load, source: masked(load.source), target: load.target === null ? null : masked(load.target) },
    store: store === null || store.problem === null ? store : { ...store, problem: masked(store.problem) },
  }
}

/** The same comparison with URLs masked, and secrets in what a person typed and in what failures say. */
export function withMaskedLabels(comparison: Comparison, secrets: readonly string[]): Comparison {
  const masked = (text: string): string => maskSecrets(text, secrets)
  const side = (variant: Comparison['a']): Comparison['a'] => ({ ...variant, label: masked(variant.label) })
  const run = (ended: ComparisonRound['a']): ComparisonRound['a'] => ({
    ...ended,
    failure: ended.failure === null ? null : masked(ended.failure),
  })
  return withMaskedUrls({
    ...comparison,
    a: side(comparison.a),
    b: side(comparison.b),
    rounds: comparison.rounds.map((round) => ({ ...round, a: run(round.a), b: run(round.b) })),
  })
}
