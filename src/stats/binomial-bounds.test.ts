import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binomialTails, clopperPearson, decidingShares } from './binomial-bounds.js'

/**
 * Sum of a binomial distribution from 0 to `over`, in whole numbers: the share is `percent` hundredths, nothing is
 * rounded.
 */
function exactAtMost(over: number, count: number, percent: number): number {
  let sum = 0n
  let ways = 1n
  for (let k = 0; k <= over; k += 1) {
    sum += ways * BigInt(percent) ** BigInt(k) * BigInt(100 - percent) ** BigInt(count - k)
    ways = (ways * BigInt(count - k)) / BigInt(k + 1)
  }
  const digits = 10n ** 18n
  return Number((sum * digits) / 100n ** BigInt(count)) / 1e18
}

test.each([
  { over: 0, count: 90, percent: 5 },
  { over: 3, count: 50, percent: 5 },
  { over: 25, count: 400, percent: 5 },
  { over: 12, count: 1000, percent: 1 },
  { over: 70, count: 2000, percent: 5 },
  { over: 20, count: 40, percent: 50 },
])('tails of $over of $count at $percent % are the exact sums', ({ over, count, percent }) => {
  const { atMost, atLeast } = binomialTails(over, count, percent / 100)
  expect(Math.abs(atMost - exactAtMost(over, count, percent))).toBeLessThan(1e-12)
  const below = over === 0 ? 0 : exactAtMost(over - 1, count, percent)
  expect(Math.abs(atLeast - (1 - below))).toBeLessThan(1e-12)
})

test.each([
  // Closed forms: with none of n the upper bound is 1 - chance^(1/n), with all of n the lower is chance^(1/n).
  { over: 0, count: 10, lower: 0, upper: 1 - 0.05 ** (1 / 10) },
  { over: 10, count: 10, lower: 0.05 ** (1 / 10), upper: 1 },
  { over: 0, count: 2995, lower: 0, upper: -Math.expm1(Math.log(0.05) / 2995) },
  // As `binom.test(3, 50)` of R gives them one-sided, from `qbeta(0.05, 3, 48)` and `qbeta(0.95, 4, 47)`.
  { over: 3, count: 50, lower: 0.01655185918923134, upper: 0.14783717636418123 },
])('the bounds of $over of $count', ({ over, count, lower, upper }) => {
  const found = clopperPearson(over, count, 0.95)
  expect(Math.abs(found.lower - lower)).toBeLessThan(1e-10)
  expect(Math.abs(found.upper - upper)).toBeLessThan(1e-10)
})

const counts = fc.double({ min: 8, max: 1e5, noNaN: true })
const part = fc.double({ min: 0, max: 1, noNaN: true })

test('bounds enclose the observed share, and are those rates at which a tail is as improbable as was asked', () => {
  fc.assert(
    fc.property(counts, part, fc.constantFrom(0.95, 0.99), (count, share, confidence) => {
      const over = share * count
      const { lower, upper } = clopperPearson(over, count, confidence)
      expect(lower).toBeLessThanOrEqual(share + 1e-12)
      expect(upper).toBeGreaterThanOrEqual(share - 1e-12)
      const chance = 1 - confidence
      if (lower > 1e-9) expect(Math.abs(binomialTails(over, count, lower).atLeast - chance)).toBeLessThan(1e-7)
      if (upper < 1 - 1e-9) expect(Math.abs(binomialTails(over, count, upper).atMost - chance)).toBeLessThan(1e-7)
    }),
  )
})

test('deciding shares are where the bounds meet the asked share', () => {
  fc.assert(
    fc.property(
      counts,
      fc.constantFrom(0.5, 0.05, 0.01, 0.001),
      fc.constantFrom(0.95, 0.99),
      (count, share, confidence) => {
        const { failsAbove, passesBelow } = decidingShares(share, count, confidence)
        expect(Math.abs(clopperPearson(failsAbove * count, count, confidence).lower - share)).toBeLessThan(1e-9)
        const least = clopperPearson(0, count, confidence).upper
        expect(passesBelow === null).toBe(least >= share)
        if (passesBelow === null) return
        expect(Math.abs(clopperPearson(passesBelow * count, count, confidence).upper - share)).toBeLessThan(1e-9)
      },
    ),
  )
})

test.each([
  { share: 0.05, confidence: 0.99, countMin: 90 },
  { share: 0.01, confidence: 0.99, countMin: 459 },
  { share: 0.001, confidence: 0.95, countMin: 2995 },
])('nothing above the limit can pass at a share of $share from $countMin on', ({ share, confidence, countMin }) => {
  expect(decidingShares(share, countMin, confidence).passesBelow).not.toBeNull()
  expect(decidingShares(share, countMin - 1, confidence).passesBelow).toBeNull()
})
