import { assert } from '../../core/assert.js'
import { cholesky } from './cholesky.js'
import { at } from './columns.js'
import { NormalStreams } from './normal-streams.js'

// Returns over a horizon T by geometric Brownian motion: S_T / S_0 = exp((m - s^2 / 2) T + s sqrt(T) Z), exact in one step
// (Glasserman, "Monte Carlo Methods in Financial Engineering", 2003, §3.2). The returns of several assets share L Z, with L the
// Cholesky factor of their correlation. Value at risk of what is written: `var.ts`.
//
// Paths come in blocks of a fixed size, each with random numbers of its own, so that any division of the blocks among calls or
// workers gives the same paths.

export const pathsPerBlock = 256

/** Paths computed side by side, so that each element of the Cholesky factor is read once for all of them. */
const pathsTogether = 4

/** A portfolio of assets with constant holdings; each array has one element an asset. */
export type Portfolio = {
  /** Share of today's value in the asset; negative where it is sold short. */
  readonly weights: Float64Array
  readonly driftsPerYear: Float64Array
  readonly volatilitiesPerYear: Float64Array
  /** Correlation of the log returns, assets x assets. */
  readonly correlation: Float64Array
  readonly horizonYears: number
}

/** Paths of one portfolio under one seed. Owns its buffers: not for two callers at once. */
export class MonteCarlo {
  readonly #streams: NormalStreams
  readonly #assets: number
  readonly #rank: number
  readonly #weights: Float64Array
  /** (m - s^2 / 2) T. This and the weights stand in the order of the rows of the factor. */
  readonly #shifts: Float64Array
  /** Rows of L, each times s sqrt(T) of its asset. */
  readonly #factor: Float64Array
  /** One block, path by path. */
  readonly #normals: Float64Array
  readonly #returns = new Float64Array(pathsPerBlock)

  /** Throws where the correlation is not positive semidefinite. */
  constructor(portfolio: Portfolio, seed: number) {
    const { weights, driftsPerYear, volatilitiesPerYear, correlation, horizonYears } = portfolio
    const assets = weights.length
    assert(assets >= 1 && horizonYears > 0, 'a portfolio has an asset and a horizon')
    assert(driftsPerYear.length === assets && volatilitiesPerYear.length === assets, 'every asset has its figures')
    assert(correlation.length === assets * assets, 'every pair of assets has a correlation')
    assert(
      weights.every((_, asset) => Math.abs(at(correlation, asset * (assets + 1)) - 1) < 1e-9),
      'the correlation of an asset with itself is one',
    )
    assert(
      volatilitiesPerYear.every((volatility) => volatility >= 0),
      'a volatility is not negative',
    )
    this.#streams = new NormalStreams(seed)
    this.#assets = assets
    const { lower, order, rank } = cholesky(correlation, assets)
    const inOrder = (values: Float64Array): Float64Array => Float64Array.from(order, (asset) => at(values, asset))
    const volatilities = inOrder(volatilitiesPerYear)
    this.#weights = inOrder(weights)
    this.#shifts = inOrder(driftsPerYear).map(
      (drift, index) => (drift - at(volatilities, index) ** 2 / 2) * horizonYears,
    )
    this.#factor = lower.map(
      (element, index) => element * at(volatilities, Math.floor(index / assets)) * Math.sqrt(horizonYears),
    )
    this.#rank = rank
    const parts = [this.#weights, this.#shifts, this.#factor]
    assert(
      parts.every((values) => values.every(Number.isFinite)),
      'every figure of a portfolio is a finite number',
    )
    this.#normals = new Float64Array(assets * pathsPerBlock)
  }

  /**
   * Fills `out` with simple returns of the portfolio over the horizon, one a path, from the first path of block `firstBlock` on.
   * Hot path: no allocation; guarded by the component case `monte-carlo.paths-100k`.
   */
  simulate(out: Float64Array, firstBlock = 0): void {
    const returns = this.#returns
    for (let from = 0, block = firstBlock; from < out.length; from += pathsPerBlock, block += 1) {
      this.#streams.fill(block, this.#normals)
      const count = Math.min(pathsPerBlock, out.length - from)
      if (this.#assets === 1) {
        this.#oneAsset(out, from, count)
      } else {
        this.#manyAssets()
        for (let path = 0; path < count; path += 1) out[from + path] = returns[path] as number
      }
    }
  }

  #oneAsset(out: Float64Array, from: number, count: number): void {
    const weight = at(this.#weights, 0)
    const shift = at(this.#shifts, 0)
    const factor = at(this.#factor, 0)
    const normals = this.#normals
    for (let path = 0; path < count; path += 1) {
      out[from + path] = weight * (Math.exp(shift + factor * (normals[path] as number)) - 1)
    }
  }

  /** The returns of all paths of a block. */
  #manyAssets(): void {
    const assets = this.#assets
    const rank = this.#rank
    const weights = this.#weights
    const shifts = this.#shifts
    const factor = this.#factor
    const normals = this.#normals
    const returns = this.#returns
    for (let path = 0; path < pathsPerBlock; path += pathsTogether) {
      const a = path * assets
      const b = a + assets
      const c = b + assets
      const d = c + assets
      let sumA = 0
      let sumB = 0
      let sumC = 0
      let sumD = 0
      for (let asset = 0; asset < assets; asset += 1) {
        const shift = shifts[asset] as number
        let logA = shift
        let logB = shift
        let logC = shift
        let logD = shift
        const columns = Math.min(asset + 1, rank)
        for (let index = 0; index < columns; index += 1) {
          const element = factor[asset * assets + index] as number
          logA += element * (normals[a + index] as number)
          logB += element * (normals[b + index] as number)
          logC += element * (normals[c + index] as number)
          logD += element * (normals[d + index] as number)
        }
        const weight = weights[asset] as number
        sumA += weight * (Math.exp(logA) - 1)
        sumB += weight * (Math.exp(logB) - 1)
        sumC += weight * (Math.exp(logC) - 1)
        sumD += weight * (Math.exp(logD) - 1)
      }
      returns[path] = sumA
      returns[path + 1] = sumB
      returns[path + 2] = sumC
      returns[path + 3] = sumD
    }
  }
}

/**
 * Standard error of the quantile at `share` of `count` independent draws, where their density is `density` (Glasserman, §9.1.1):
 * what two simulations of a value at risk may differ by.
 */
export const quantileError = ({ share, count, density }: { share: number; count: number; density: number }): number =>
  Math.sqrt((share * (1 - share)) / count) / density
