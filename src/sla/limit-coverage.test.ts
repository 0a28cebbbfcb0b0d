import { expect, test } from 'vitest'
import { autoregressive, farEpisodes, farJumps, type LatencySource } from '../stats/latency-sources.js'
import { limitCoverageOf } from './limit-coverage.js'

const plan = { seconds: 10, ratePerSec: 500, limitNs: 50e6, replications: 200, seed: 4 }

// In full, with 5,000 windows each, by `npm run bench:coverage`. The seed is fixed: nothing here depends on the day.
test.each<{ quantile: 'p95' | 'p99'; sourceOf: (share: number) => LatencySource }>([
  { quantile: 'p95', sourceOf: (share) => farJumps(share, 0) },
  { quantile: 'p95', sourceOf: (share) => farJumps(share, 0.1) },
  { quantile: 'p95', sourceOf: (share) => farEpisodes(share, { episodeSec: 0.1, within: 1 }) },
  { quantile: 'p99', sourceOf: (share) => farEpisodes(share, { episodeSec: 0.1, within: 0.2 }) },
])(
  'with exactly the allowed share far above the rest a $quantile is seldom called wrongly',
  ({ quantile, sourceOf }) => {
    const { ours } = limitCoverageOf(sourceOf, { ...plan, quantile })
    expect(ours.pass).toBeLessThanOrEqual(0.085)
    expect(ours.fail).toBeLessThanOrEqual(0.085)
  },
)

test('what is slow by chance alone is told apart at half and at twice the allowed share', () => {
  const { power } = limitCoverageOf((share) => farJumps(share, 0), { ...plan, quantile: 'p95' })
  expect(power).toEqual({ pass: 1, fail: 1 })
})

test('what is slow by far is so as often as asked, and the run itself shows a quantile far below', () => {
  for (const source of [farJumps(0.03, 0.1), farEpisodes(0.03, { episodeSec: 0.1, within: 0.2 })]) {
    expect(source.exceeding(20e6)).toBeCloseTo(0.03, 6)
    expect(source.exceeding(90e6)).toBeCloseTo(0.03, 6)
    expect(source.exceeding(200e6)).toBeLessThan(0.02)
  }
})

test('a short calm run holds a limit far above it, however long its system remembers', () => {
  const { ours } = limitCoverageOf(() => autoregressive(1), { ...plan, quantile: 'p95', replications: 50 })
  expect(ours.pass).toBeGreaterThanOrEqual(0.96)
})
