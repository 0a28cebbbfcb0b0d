// How the model sees a measured value: as ln(value + shift), winsorised and standardised. The plain logarithm (shift 0) is
// right where noise is a share of the value, as of latencies; a large shift leaves the value as it is, right where noise
// is the same everywhere. Which of them, the likelihood of the model tells, with the Jacobian of the transformation
// (Snelson, Rasmussen and Ghahramani, "Warped Gaussian processes", 2003); Box and Cox (1964) chose the same way.

export type Response = {
  readonly of: (value: number) => number
  /** The value that has this response. */
  readonly inverse: (response: number) => number
  /** Sum of the logarithms of the slopes at the values that it was made from. */
  readonly logJacobian: number
}

/** Shifts beside that of the plain logarithm: so many times the distance from the least to the middle value above the least. */
const shiftShares = [0.1, 0.5, 2, 20] as const

/** Below this share two numbers have too few common digits for a scale to be made of them. */
const negligible = 1e-9

/**
 * All responses worth a fit for these values: one where they are all alike. `keep` is a value that winsorising must not reach,
 * such as a limit.
 */
export function responsesFor(values: readonly number[], keep: number | null = null): Response[] {
  const sorted = values.toSorted((a, b) => a - b)
  const min = sorted[0] ?? 0
  const middle = sorted[sorted.length >> 1] ?? min
  const spread = middle - min
  if (!(spread > negligible * Math.max(Math.abs(min), Math.abs(middle), 1e-200))) {
    return [standardised(sorted, { shift: Math.max(1, Math.abs(min)) - min, clip: Number.POSITIVE_INFINITY })]
  }
  const clip = Math.max(middle + clipReach * spread, keep === null ? min : keep + spread)
  const shifts = [...(min > negligible * spread ? [0] : []), ...shiftShares.map((share) => share * spread - min)]
  return shifts.map((shift) => standardised(sorted, { shift, clip }))
}

/**
 * Values far above the middle are taken for less: how bad the worst are tells nothing of where the best is, and a cliff
 * would make all length scales short.
 */
const clipReach = 5

function standardised(
  sorted: readonly number[],
  { shift, clip }: { readonly shift: number; readonly clip: number },
): Response {
  const least = (sorted[0] ?? 0) + shift
  // Below the least value the curve goes on as a line: a later run may be below minus the shift.
  const curve = (value: number): number => {
    const shifted = Math.min(value, clip) + shift
    return shifted >= least ? Math.log(shifted) : Math.log(least) + (shifted - least) / least
  }
  const curved = sorted.map(curve)
  const mean = curved.reduce((sum, one) => sum + one, 0) / curved.length
  const variance = curved.reduce((sum, one) => sum + (one - mean) ** 2, 0) / curved.length
  const scale = variance > 0 ? Math.sqrt(variance) : 1
  const logSlopes = sorted.map((value) => -Math.log(Math.min(value, clip) + shift) - Math.log(scale))
  return {
    of: (value) => (curve(value) - mean) / scale,
    inverse: (response) => {
      const level = response * scale + mean
      const below = level - Math.log(least)
      return (below >= 0 ? Math.exp(level) : least * (1 + below)) - shift
    },
    logJacobian: logSlopes.reduce((sum, one) => sum + one, 0),
  }
}
