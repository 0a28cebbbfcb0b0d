/**
 * Wilcoxon's rank sum of two samples as a z-score: positive where `after` tends to be above `before`. Ties share their
 * mean rank. It asks only for order, so one freeze in a third of a run cannot make a trend.
 */
export function rankSumZ(before: readonly number[], after: readonly number[]): number {
  const n = before.length
  const m = after.length
  if (n === 0 || m === 0) return 0
  const all = [
    ...before.map((value) => ({ value, late: false })),
    ...after.map((value) => ({ value, late: true })),
  ].sort((a, b) => a.value - b.value)
  let rankSum = 0
  let tieTerm = 0
  for (let start = 0; start < all.length; ) {
    let end = start
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1
    const meanRank = (start + 1 + end) / 2
    for (let index = start; index < end; index += 1) if (all[index]?.late) rankSum += meanRank
    tieTerm += (end - start) ** 3 - (end - start)
    start = end
  }
  const total = n + m
  const variance = ((n * m) / 12) * (total + 1 - tieTerm / (total * (total - 1)))
  return variance > 0 ? (rankSum - (m * (total + 1)) / 2) / Math.sqrt(variance) : 0
}
