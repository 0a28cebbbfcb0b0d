import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  incompleteBeta,
  inverseIncompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  studentT,
  studentTCdf,
} from './special-functions.js'

// Where no source is named, the values were computed with mpmath 1.3 at 60 digits from the definition.

const near = (found: number, known: number): void => {
  expect(Math.abs(found - known)).toBeLessThanOrEqual(1e-10 * Math.abs(known))
}

test.each([
  { x: 0.001, known: 6.907178885383853 },
  { x: 0.1, known: 2.252712651734206 },
  // DLMF 5.4.6: the gamma function of one half is the root of pi.
  { x: 0.5, known: 0.5 * Math.log(Math.PI) },
  // Abramowitz & Stegun, Table 6.1: Gamma(1.5) = 0.88622 69254 5.
  { x: 1.5, known: Math.log(0.886226925452758) },
  // DLMF 5.4.1: Gamma(n + 1) = n!.
  { x: 10, known: Math.log(362_880) },
  { x: 15.5, known: 26.536914491115613 },
  { x: 100.25, known: 360.28455963776423 },
  { x: 1e6, known: 12815504.569147611 },
  { x: 1e9, known: 19723265827.503716 },
])('the logarithm of gamma at $x', ({ x, known }) => near(logGamma(x), known))

test.each([
  // Abramowitz & Stegun, Table 26.1 (P) and 26.2 (tail).
  { z: 1, known: 0.8413447460685429 },
  { z: 2, known: 0.9772498680518208 },
  { z: 3, known: 0.9986501019683699 },
  { z: -5, known: 2.866515718791939e-7 },
  { z: 0, known: 0.5 },
  { z: -1.96, known: 0.024997895148220435 },
  { z: -3.999, known: 3.180534005420203e-5 },
  { z: -10, known: 7.619853024160525e-24 },
])('the share of the normal distribution below $z', ({ z, known }) => near(normalCdf(z), known))

test.each([
  // The three values of Wichura, "The percentage points of the normal distribution" (AS 241, 1988).
  { share: 0.25, known: -0.6744897501960817 },
  { share: 0.001, known: -3.090232306167814 },
  { share: 1e-20, known: -9.262340089798409 },
  // Abramowitz & Stegun, Table 26.5, and NIST's handbook 1.3.6.7.1 in fewer digits.
  { share: 0.95, known: 1.6448536269514726 },
  { share: 0.975, known: 1.9599639845400543 },
  { share: 0.9995, known: 3.290526731491895 },
])('the normal quantile of $share', ({ share, known }) => near(normalQuantile(share), known))

test.each([
  { x: 0.1, a: 0.5, b: 0.5, known: 0.20483276469913347 },
  { x: 0.3, a: 2.5, b: 7.25, known: 0.6604822735819073 },
  { x: 1e-5, a: 0.01, b: 8.99, known: 0.915724978775867 },
  { x: 0.95, a: 950, b: 50.5, known: 0.5101517153670936 },
  { x: 0.05, a: 12.75, b: 389.25, known: 0.9701144437520672 },
  { x: 0.99, a: 0.3, b: 0.2, known: 0.7428052183779129 },
  { x: 0.0503, a: 50_000, b: 950_000, known: 0.9154762890686595 },
  { x: 0.049, a: 50_000, b: 950_000, known: 1.9535588689990416e-6 },
  { x: 0.05003, a: 5e6, b: 95e6, known: 0.9156466496784024 },
  { x: 0.0009, a: 1000.5, b: 999_000, known: 0.000516662667890141 },
  { x: 1e-5, a: 40, b: 1e6, known: 7.347091271535449e-13 },
])('the incomplete beta function at $x with $a and $b', ({ x, a, b, known }) =>
  near(incompleteBeta(x, { a, b }), known),
)

test.each([
  { share: 0.05, a: 0.01, b: 8.99, known: 5.2536361525349446e-132 },
  { share: 0.01, a: 0.5, b: 100.5, known: 7.83477844892778e-7 },
  { share: 0.95, a: 20.25, b: 380.75, known: 0.06964951515377717 },
  // DLMF 8.17.3 and the closed form of a = 1: I = 1 - (1 - x)^b.
  { share: 0.95, a: 1, b: 2995, known: -Math.expm1(Math.log(0.05) / 2995) },
  { share: 0, a: 3, b: 4, known: 0 },
  { share: 1, a: 3, b: 4, known: 1 },
])('the inverse of the incomplete beta function at $share with $a and $b', ({ share, a, b, known }) =>
  near(inverseIncompleteBeta(share, { a, b }), known),
)

test('the incomplete beta function and its inverse undo each other', () => {
  const shape = fc.double({ min: 0.05, max: 5000, noNaN: true })
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), shape, shape, (share, a, b) => {
      const x = inverseIncompleteBeta(share, { a, b })
      // Nearer to one, a double cannot hold the distance of the answer to ten digits.
      if (x > 0 && x < 1 - 1e-6) expect(Math.abs(incompleteBeta(x, { a, b }) - share)).toBeLessThan(1e-9)
    }),
  )
})

/** Closed forms for 1, 2 and 4 degrees of freedom (Shaw, "Sampling Student's T distribution", 2006). */
const closedT: Readonly<Record<number, (p: number) => number>> = {
  1: (p) => Math.tan(Math.PI * (p - 0.5)),
  2: (p) => (2 * p - 1) / Math.sqrt(2 * p * (1 - p)),
  4: (p) => {
    const alpha = 4 * p * (1 - p)
    const q = Math.cos(Math.acos(Math.sqrt(alpha)) / 3) / Math.sqrt(alpha)
    return Math.sign(p - 0.5) * 2 * Math.sqrt(q - 1)
  },
}

test.each([1, 2, 4])("Student's t of %i degrees of freedom is its closed form", (freedom) => {
  for (const share of [0.001, 0.0161, 0.05, 0.2, 0.6, 0.9, 0.95, 0.975, 0.99, 0.9999]) {
    near(studentT(share, freedom), closedT[freedom]?.(share) ?? Number.NaN)
    expect(Math.abs(studentTCdf(studentT(share, freedom), freedom) - share)).toBeLessThan(1e-12)
  }
})

test.each([
  // Abramowitz & Stegun, Table 26.10, has 1.729, 2.228 and 4.541 for the first three.
  { share: 0.95, freedom: 19, known: 1.7291328115213696 },
  { share: 0.975, freedom: 10, known: 2.228138851986275 },
  { share: 0.99, freedom: 3, known: 4.5407028585681335 },
  { share: 0.95, freedom: 2.5, known: 2.5582186141359364 },
  { share: 0.95, freedom: 1000, known: 1.6463788172854648 },
  { share: 0.9839, freedom: 4, known: 3.222629148519318 },
  { share: 0.9839, freedom: 6, known: 2.7752112576837598 },
  { share: 0.9839, freedom: 9, known: 2.5306691327541553 },
  { share: 0.9839, freedom: 13, known: 2.3980886725123445 },
  { share: 0.9839, freedom: 19, known: 2.31126401039956 },
])("Student's t of $share with $freedom degrees of freedom", ({ share, freedom, known }) => {
  near(studentT(share, freedom), known)
  near(studentT(1 - share, freedom), -known)
})
