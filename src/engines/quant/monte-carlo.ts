import { assert } from '../../core/assert.js'
import { type BlockReturns, pathsPerBlock, type ScaledPortfolio, TypeScriptBlockReturns } from './block-returns.js'
import { cholesky } from './cholesky.js'
import { at } from './columns.js'
import { type Backend, backendFor } from './kernel-backends.js'
import { TypeScriptDrawing, WasmDrawing, wasmDrawingSize } from './normal-drawing.js'
import { NormalStreams } from './normal-streams.js'
import { WasmBlockReturns, wasmBlockReturnsSize } from './wasm-block-returns.js'
import { WasmMemory } from './wasm-memory.js'

// Returns over a horizon T by geometric Brownian motion: S_T / S_0 = exp((m - s^2 / 2) T + s sqrt(T) Z), exact in one step
// (Glasserman, "Monte Carlo Methods in Financial Engineering", 2003, §3.2). The returns of several assets share L Z, with L the
// Cholesky factor of their correlation. Value at risk of what is written: `var.ts`.
//
// Paths come in blocks of a fixed size, each with random numbers of its own, so that any division of the blocks among calls or
// workers gives the same paths.

/** The normals never lie further out: a word of 32 bits does not reach further into the tail. */
const normalMax = 10
/** Up to here the exponential of WebAssembly holds; a price that grows by its power is none. */
const logReturnMax = 700

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
  readonly #block: BlockReturns

  /**
   * Throws where the correlation is not positive semidefinite. The backend is the faster one for `pathsMax` paths a call; the normals
   * are the same on each, the returns differ by less than 1e-14 of their own size or of one, whichever is larger.
   */
  constructor(
    portfolio: Portfolio,
    seed: number,
    {
      pathsMax = Number.POSITIVE_INFINITY,
      backend: asked,
    }: { readonly pathsMax?: number; readonly backend?: Backend } = {},
  ) {
    const scaled = scaledPortfolio(portfolio)
    const backend = fitsWasm(scaled) ? backendFor('monte-carlo', pathsMax * scaled.assets, asked) : 'typescript'
    if (backend === 'wasm') {
      const size = wasmBlockReturnsSize(scaled)
      const memory = new WasmMemory({
        values: size.values + wasmDrawingSize.values,
        parts: size.parts + wasmDrawingSize.parts,
      })
      this.#block = new WasmBlockReturns(scaled, memory)
      this.#streams = new NormalStreams(seed, new WasmDrawing(memory))
    } else {
      this.#block = new TypeScriptBlockReturns(scaled)
      this.#streams = new NormalStreams(seed, new TypeScriptDrawing())
    }
  }

  get backend(): Backend {
    return this.#block.backend
  }

  /**
   * Fills `out` with simple returns of the portfolio over the horizon, one a path, from the first path of block `firstBlock` on.
   * Hot path: no allocation but for the last blocks; guarded by the component case `monte-carlo.paths-100k`.
   */
  simulate(out: Float64Array, firstBlock = 0): void {
    const { normals, returns } = this.#block
    let block = firstBlock
    for (let from = 0; from < out.length; from += returns.length) {
      const count = Math.min(returns.length, out.length - from)
      for (let place = 0; place < count; place += pathsPerBlock, block += 1) {
        this.#streams.fill(block, normals)
        this.#block.compute(place)
      }
      out.set(count === returns.length ? returns : returns.subarray(0, count), from)
    }
  }
}

function scaledPortfolio(portfolio: Portfolio): ScaledPortfolio {
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
  const { lower, order, rank } = cholesky(correlation, assets)
  const inOrder = (values: Float64Array): Float64Array => Float64Array.from(order, (asset) => at(values, asset))
  const volatilities = inOrder(volatilitiesPerYear)
  const scaled = {
    assets,
    rank,
    weights: inOrder(weights),
    shifts: inOrder(driftsPerYear).map((drift, index) => (drift - at(volatilities, index) ** 2 / 2) * horizonYears),
    factor: lower.map(
      (element, index) => element * at(volatilities, Math.floor(index / assets)) * Math.sqrt(horizonYears),
    ),
  }
  assert(
    [scaled.weights, scaled.shifts, scaled.factor].every((values) => values.every(Number.isFinite)),
    'every figure of a portfolio is a finite number',
  )
  return scaled
}

const fitsWasm = ({ assets, shifts, factor }: ScaledPortfolio): boolean =>
  shifts.every((shift, asset) => {
    const row = factor.subarray(asset * assets, (asset + 1) * assets)
    return row.reduce((sum, element) => sum + normalMax * Math.abs(element), Math.abs(shift)) < logReturnMax
  })

/**
 * Standard error of the quantile at `share` of `count` independent draws, where their density is `density` (Glasserman, §9.1.1):
 * what two simulations of a value at risk may differ by.
 */
export const quantileError = ({ share, count, density }: { share: number; count: number; density: number }): number =>
  Math.sqrt((share * (1 - share)) / count) / density
