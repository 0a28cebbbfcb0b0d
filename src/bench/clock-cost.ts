import type { Clock } from '../core/clock.js'

/** Cost of reading the clock: the grain below which no stamp can tell anything. The best of some batches, for the machine is shared. */
export function clockReadNs(clock: Clock): number {
  const reads = 1_000
  let best = Number.POSITIVE_INFINITY
  for (let batch = 0; batch < 20; batch += 1) {
    const from = clock.now()
    for (let index = 1; index < reads; index += 1) clock.now()
    best = Math.min(best, (clock.now() - from) / reads)
  }
  return best
}
