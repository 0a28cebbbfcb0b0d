// Minimises a smooth function of a few variables by its gradient: limited-memory BFGS (Nocedal and Wright, "Numerical
// Optimization", 2006, algorithm 7.4) with backtracking. A value that is not finite is a place where the function is not
// defined, and is stepped back from.

/** Returns the value at x and writes the gradient. */
export type Smooth = (x: Float64Array, gradient: Float64Array) => number

type Pair = { readonly step: Float64Array; readonly change: Float64Array; readonly curvature: number }

const memory = 8
/** Far enough for any length scale or variance in logarithms; a longer first step only costs evaluations. */
const stepMax = 2

export function minimise(
  smooth: Smooth,
  start: Float64Array,
  evaluationsMax: number,
): { readonly x: Float64Array; readonly value: number } {
  let x: Float64Array = start.slice()
  let gradient: Float64Array = new Float64Array(x.length)
  let value = smooth(x, gradient)
  let pairs: Pair[] = []
  for (let evaluations = 1; evaluations < evaluationsMax && Number.isFinite(value); ) {
    let direction = descent(gradient, pairs)
    if (!(dot(direction, gradient) < 0)) {
      pairs = []
      direction = descent(gradient, pairs)
    }
    const slope = dot(direction, gradient)
    if (-slope < 1e-8 * (1 + Math.abs(value))) break
    let scale = Math.min(1, stepMax / Math.max(...direction.map(Math.abs)))
    let found: { readonly x: Float64Array; readonly gradient: Float64Array; readonly value: number } | null = null
    for (; evaluations < evaluationsMax && found === null; evaluations += 1, scale /= 4) {
      const next = x.map((one, index) => one + scale * (direction[index] as number))
      const nextGradient = new Float64Array(x.length)
      const nextValue = smooth(next, nextGradient)
      if (nextValue <= value + 1e-4 * scale * slope) found = { x: next, gradient: nextGradient, value: nextValue }
    }
    if (found === null) break
    const before = { x, gradient }
    x = found.x
    gradient = found.gradient
    value = found.value
    const step = difference(x, before.x)
    const change = difference(gradient, before.gradient)
    const curvature = dot(step, change)
    // Without positive curvature along the step the pair would make the next direction go up.
    if (curvature > 1e-10 * dot(change, change)) pairs = [...pairs, { step, change, curvature }].slice(-memory)
  }
  return { x, value }
}

/** The direction of descent: minus the approximate inverse Hessian times the gradient, by the two loops over the pairs. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((one) => -one)
  const shares = pairs.map(() => 0)
  for (let index = pairs.length - 1; index >= 0; index -= 1) {
    const { step, change, curvature } = pairs[index] as Pair
    const share = dot(step, direction) / curvature
    shares[index] = share
    add(direction, change, -share)
  }
  const last = pairs.at(-1)
  if (last !== undefined) {
    const scale = last.curvature / dot(last.change, last.change)
    for (let index = 0; index < direction.length; index += 1) direction[index] = (direction[index] as number) * scale
  }
  pairs.forEach(({ step, change, curvature }, index) => {
    add(direction, step, (shares[index] as number) - dot(change, direction) / curvature)
  })
  return direction
}

const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((one, index) => one - (b[index] as number))

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number)
  return sum
}

function add(target: Float64Array, other: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index += 1) {
    target[index] = (target[index] as number) + factor * (other[index] as number)
  }
}
