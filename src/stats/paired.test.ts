import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { alphaOfLook, logRatio, looks, minimumDetectableEffect, pairedLook, roundOrder } from './paired.js'
import { signFlip } from './sign-flip.js'

const margin = Math.log(1.05)

test.each([
  { name: 'normal', draw: (random: Random) => random.normal() },
  { name: 'with heavy tails', draw: (random: Random) => random.normal() / Math.sqrt(random.exponential(1) + 0.1) },
  { name: 'two-valued', draw: (random: Random) => (random.float() < 0.5 ? -1 : 1) },
])('over all looks, B exactly at the margin is called regressed in at most 5.5 %: $name', ({ draw }) => {
  const random = new Random(11)
  for (const deviation of [0.01, 0.1, 0.5]) {
    let wrong = 0
    let wronglyOk = 0
    const comparisons = 4000
    for (let comparison = 0; comparison < comparisons; comparison += 1) {
      const { status } = pairedLook(
        Array.from({ length: 20 }, () => margin + deviation * draw(random)),
        0.05,
      )
      if (status === 'regressed') wrong += 1
      if (status === 'ok' || status === 'improved') wronglyOk += 1
    }
    expect(wrong / comparisons).toBeLessThanOrEqual(0.055)
    expect(wronglyOk / comparisons).toBeLessThanOrEqual(0.055)
  }
})

test('without a difference and with the noise of a good machine nearly every comparison ends with OK', () => {
  const random = new Random(4)
  const statuses = Array.from({ length: 500 }, () =>
    pairedLook(
      Array.from({ length: 20 }, () => 0.04 * random.normal()),
      0.05,
    ),
  )
  expect(statuses.filter(({ status }) => status === 'ok').length).toBeGreaterThan(490)
  expect(statuses.filter(({ status }) => status === 'regressed').length).toBeLessThan(5)
})

test('the minimum detectable effect is seen in about four of five comparisons', () => {
  const random = new Random(9)
  for (const deviationLn of [0.03, 0.1]) {
    const effect = Math.log1p(minimumDetectableEffect({ deviationLn, roundCount: 20, marginShare: 0.05 }))
    let seen = 0
    for (let comparison = 0; comparison < 2000; comparison += 1) {
      const differences = Array.from({ length: 20 }, () => effect + deviationLn * random.normal())
      if (pairedLook(differences, 0.05).status === 'regressed') seen += 1
    }
    // Earlier looks add chances, which the figure leaves out.
    expect(seen / 2000).toBeGreaterThan(0.78)
    expect(seen / 2000).toBeLessThan(0.93)
  }
})

test.each([
  {
    name: 'nothing is said before the first look',
    rounds: [0, 0, 0, 0],
    status: 'inconclusive',
    decidedAt: null,
    nextLook: 5,
  },
  { name: 'equal runs are OK', rounds: [0, 0.001, -0.001, 0, 0.001], status: 'ok', decidedAt: 5, nextLook: 7 },
  {
    name: 'a third slower is regressed',
    rounds: [0.3, 0.31, 0.28, 0.3, 0.29],
    status: 'regressed',
    decidedAt: 5,
    nextLook: 7,
  },
  {
    name: 'a third faster is improved',
    rounds: [-0.3, -0.31, -0.28, -0.3, -0.29],
    status: 'improved',
    decidedAt: 5,
    nextLook: 7,
  },
  {
    name: 'a slowdown within the margin is OK',
    rounds: [0.02, 0.021, 0.019, 0.02, 0.02],
    status: 'ok',
    decidedAt: 5,
    nextLook: 7,
  },
  {
    name: 'scattered rounds decide nothing',
    rounds: [0.5, -0.4, 0.3, -0.6, 0.2],
    status: 'inconclusive',
    decidedAt: null,
    nextLook: 7,
  },
  {
    name: 'rounds between two looks wait',
    rounds: [0.5, -0.4, 0.3, -0.6, 0.2, 0.3],
    status: 'inconclusive',
    decidedAt: null,
    nextLook: 7,
  },
] as const)('$name', ({ rounds, status, decidedAt, nextLook }) => {
  expect(pairedLook(rounds, 0.05)).toMatchObject({ status, decidedAt, nextLook })
})

test('a decision stays, whatever comes later, and only OK may become improved', () => {
  const regressed = [0.3, 0.31, 0.28, 0.3, 0.29]
  const later = [...regressed, ...Array.from({ length: 15 }, (_, index) => -0.5 + index * 0.001)]
  expect(pairedLook(later, 0.05)).toMatchObject({ status: 'regressed', decidedAt: 5, nextLook: null })
  const ok = [-0.04, -0.05, -0.045, -0.06, -0.055]
  expect(pairedLook(ok, 0.05).status).toBe('ok')
  const better = [...ok, ...Array.from({ length: 15 }, (_, index) => -0.1 - 0.001 * (index % 3))]
  expect(pairedLook(better, 0.05)).toMatchObject({ status: 'improved', decidedAt: 10 })
})

test('bounds are shares of A around the change', () => {
  const { changeShare, lowerShare, upperShare } = pairedLook([0.1, 0.12, 0.09, 0.11, 0.08], 0.05)
  expect(changeShare).toBeCloseTo(Math.expm1(0.1), 12)
  expect(lowerShare).toBeLessThan(changeShare ?? 0)
  expect(upperShare).toBeGreaterThan(changeShare ?? 0)
})

test('worse is positive, whichever way a metric improves', () => {
  expect(logRatio({ a: 100, b: 110 }, 'lower')).toBeCloseTo(Math.log(1.1), 12)
  expect(logRatio({ a: 100, b: 110 }, 'higher')).toBeCloseTo(-Math.log(1.1), 12)
  expect(logRatio({ a: 0, b: 0 }, 'lower')).toBe(0)
  expect(logRatio({ a: 0, b: 3 }, 'lower')).toBeNull()
})

test('rounds go A B B A', () => {
  expect([0, 1, 2, 3].map(roundOrder).join('')).toBe('ABBAABBA')
})

function listedSignFlip(differences: readonly number[]): number {
  const observed = differences.reduce((sum, difference) => sum + difference, 0)
  let reaching = 0
  for (let flips = 0; flips < 2 ** differences.length; flips += 1) {
    const sum = differences.reduce(
      (total, difference, index) => total + ((flips >> index) & 1 ? -difference : difference),
      0,
    )
    if (sum >= observed - 1e-9) reaching += 1
  }
  return reaching / 2 ** differences.length
}

test('the sign-flip test counts as if it listed all flips', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 11 }), (differences) => {
      expect(signFlip(differences)).toBe(listedSignFlip(differences))
    }),
  )
})

test('the sign-flip test reaches a look only from seven rounds on', () => {
  expect(signFlip([1, 2, 3, 4, 5])).toBe(1 / 32)
  expect(signFlip([1, 2, 3, 4, 5, 6])).toBeLessThan(alphaOfLook)
  expect(signFlip(Array.from({ length: 20 }, () => 1))).toBe(1 / 2 ** 20)
  expect(looks.at(-1)).toBe(20)
})
