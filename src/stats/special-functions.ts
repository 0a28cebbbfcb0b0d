import { assert } from '../core/assert.js'

// The distributions that the intervals of this folder stand on. Everything is built from the regularised incomplete
// beta function: the binomial tail, Clopper and Pearson's bounds and Student's t are special cases of it (NIST DLMF
// §8.17). Accuracy: 1e-10 relative or better for parameters up to 1e7; the tests hold it against published values and
// exact sums.

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI)

/** From here up Stirling's series is exact to the last digit. */
const stirlingMin = 16

/** Logarithm of the gamma function for x > 0: Stirling's series (DLMF §5.11), reached by the recurrence from below. */
export function logGamma(x: number): number {
  assert(x > 0, 'the logarithm of gamma is asked above zero')
  let product = 1
  let shifted = x
  for (; shifted < stirlingMin; shifted += 1) product *= shifted
  return (shifted - 0.5) * Math.log(shifted) - shifted + halfLogTwoPi + stirlingSeries(shifted) - Math.log(product)
}

function stirlingSeries(x: number): number {
  const square = 1 / (x * x)
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - square / 1188) * square) * square) * square) / x
}

/** A share and what is missing from it to one: near one, the second still has all its digits. */
type Share = { readonly lower: number; readonly upper: number }

type BetaShape = { readonly a: number; readonly b: number }

/** I_x(a, b): the share of a beta distribution below x. */
export const incompleteBeta = (x: number, shape: BetaShape): number => betaTails(x, 1 - x, shape).lower

/**
 * Both tails of the beta distribution at x; y = 1 - x is given apart because a caller often knows it exactly. The
 * continued fraction (DLMF §8.17.22) by Lentz's method, on the side of the mean where it converges quickly.
 */
function betaTails(x: number, y: number, { a, b }: BetaShape): Share {
  assert(a > 0 && b > 0, 'a beta distribution has positive shapes')
  if (!(x > 0)) return { lower: 0, upper: 1 }
  if (!(y > 0)) return { lower: 1, upper: 0 }
  if (x > (a + 1) / (a + b + 2)) {
    const upper = betaTail(y, x, { a: b, b: a })
    return { lower: 1 - upper, upper }
  }
  const lower = betaTail(x, y, { a, b })
  return { lower, upper: 1 - lower }
}

const betaTail = (x: number, y: number, shape: BetaShape): number =>
  (Math.exp(logBetaPower(x, y, shape)) * betaFraction(x, shape)) / shape.a

function betaFraction(x: number, { a, b }: BetaShape): number {
  const tiny = 1e-300
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  // The count of terms grows with the root of the larger shape: about 3,000 at 1e7.
  for (let m = 1; m < 100_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < 1e-15) return fraction
  }
  assert(false, 'the continued fraction of the incomplete beta function converges')
}

/**
 * ln(x^a y^b / B(a, b)). The plain difference of logarithms loses as many digits as the shapes have; Loader's
 * saddle-point form ("Fast and accurate computation of binomial probabilities", 2000) subtracts nothing large.
 */
function logBetaPower(x: number, y: number, { a, b }: BetaShape): number {
  const n = a + b
  if (a < 1 || b < 1) return a * Math.log(x) + b * Math.log(y) + logGamma(n) - logGamma(a) - logGamma(b)
  const errors = stirlingError(n) - stirlingError(a) - stirlingError(b)
  return errors - deviance(a, n * x) - deviance(b, n * y) + 0.5 * Math.log((a * b) / (2 * Math.PI * n))
}

/** ln Gamma(n + 1) less Stirling's formula for it. */
const stirlingError = (n: number): number =>
  n < stirlingMin ? logGamma(n + 1) - (n + 0.5) * Math.log(n) + n - halfLogTwoPi : stirlingSeries(n)

/** x ln(x / mean) + mean - x, without the cancellation where the two are close. */
function deviance(x: number, mean: number): number {
  const difference = x - mean
  if (Math.abs(difference) >= 0.1 * (x + mean)) return x * Math.log(x / mean) - difference
  const v = difference / (x + mean)
  let sum = difference * v
  let power = 2 * x * v
  for (let index = 1; index < 1000; index += 1) {
    power *= v * v
    const next = sum + power / (2 * index + 1)
    if (next === sum) return next
    sum = next
  }
  return sum
}

/** The x with I_x(a, b) = share. */
export const inverseIncompleteBeta = (share: number, shape: BetaShape): number =>
  betaQuantile({ lower: share, upper: 1 - share }, shape).lower

/** The quantile of the beta distribution and its distance to one. */
function betaQuantile({ lower, upper }: Share, { a, b }: BetaShape): Share {
  assert(lower >= 0 && upper >= 0, 'a share lies between 0 and 1')
  if (lower === 0) return { lower: 0, upper: 1 }
  if (upper === 0) return { lower: 1, upper: 0 }
  if (betaTails(0.5, 0.5, { a, b }).lower >= lower) {
    const x = betaQuantileBelowHalf(lower, { a, b })
    return { lower: x, upper: 1 - x }
  }
  const y = betaQuantileBelowHalf(upper, { a: b, b: a })
  return { lower: 1 - y, upper: y }
}

/**
 * Newton's method on ln I over ln x: that curve is concave, so the steps cannot overshoot from below, and a bracket
 * holds them from above. Answers may be as small as 1e-300 (few effective samples, a fraction of an exceedance).
 */
function betaQuantileBelowHalf(share: number, shape: BetaShape): number {
  let low = -745
  let high = Math.log(0.5)
  const target = Math.log(share)
  let position = Math.max(low, Math.min(high, Math.log(shape.a / (shape.a + shape.b))))
  for (let step = 0; step < 200; step += 1) {
    const x = Math.exp(position)
    const tail = betaTails(x, 1 - x, shape).lower
    const error = tail > 0 ? Math.log(tail) - target : Number.NEGATIVE_INFINITY
    if (error > 0) high = position
    else low = position
    // d ln I / d ln x = x^a (1 - x)^(b - 1) / (B(a, b) I)
    const slope = Math.exp(logBetaPower(x, 1 - x, shape)) / ((1 - x) * tail)
    const newton = position - error / slope
    const next = newton > low && newton < high ? newton : (low + high) / 2
    if (Math.abs(next - position) <= 1e-15 * Math.max(1, Math.abs(position))) return Math.exp(next)
    position = next
  }
  return Math.exp(position)
}

/** Share of the standard normal distribution below z. */
export function normalCdf(z: number): number {
  if (z < -2) return normalTail(-z)
  if (z > 2) return 1 - normalTail(z)
  // Marsaglia, "Evaluating the normal distribution" (2004): all terms have one sign.
  let sum = z
  let term = z
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd
    sum += term
  }
  return 0.5 + sum * normalDensity(z)
}

/** Of the standard normal distribution at z. */
export const normalDensity = (z: number): number => Math.exp(-0.5 * z * z - halfLogTwoPi)

/** Laplace's continued fraction for the upper tail (DLMF §7.9), from its end. */
function normalTail(z: number): number {
  let fraction = z
  for (let index = 100; index >= 1; index -= 1) fraction = z + index / fraction
  return normalDensity(z) / fraction
}

/**
 * The z below which a share of the standard normal distribution lies: Student's t with ever more degrees of freedom.
 */
export function normalQuantile(share: number): number {
  assert(share > 0 && share < 1, 'a quantile of the normal distribution is asked between 0 and 1')
  if (share > 0.5) return -normalQuantile(1 - share)
  // Abramowitz & Stegun 26.2.23 is right within 4.5e-4; each step of Halley's method triples the digits.
  const t = Math.sqrt(-2 * Math.log(share))
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
  for (let step = 0; step < 3; step += 1) {
    const error = (normalCdf(z) - share) / normalDensity(z)
    z -= error / (1 + (z * error) / 2)
  }
  return z
}

/**
 * Share of Student's distribution with `freedom` degrees of freedom below t (DLMF §8.17, Abramowitz & Stegun 26.7.1).
 */
export function studentTCdf(t: number, freedom: number): number {
  assert(freedom > 0, 'degrees of freedom are positive')
  const square = t * t
  const tails = betaTails(freedom / (freedom + square), square / (freedom + square), { a: freedom / 2, b: 0.5 })
  return t < 0 ? tails.lower / 2 : 0.5 + tails.upper / 2
}

/** Student's t: the value below which `share` of the distribution with `freedom` degrees of freedom lies. */
export function studentT(share: number, freedom: number): number {
  assert(share > 0 && share < 1, "a quantile of Student's distribution is asked between 0 and 1")
  assert(freedom > 0, 'degrees of freedom are positive')
  if (share > 0.5) return -studentT(1 - share, freedom)
  const { lower, upper } = betaQuantile({ lower: 2 * share, upper: 1 - 2 * share }, { a: freedom / 2, b: 0.5 })
  return -Math.sqrt((freedom * upper) / lower)
}
