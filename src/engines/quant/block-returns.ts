import { at } from './columns.js'
import type { Backend } from './kernel-backends.js'

export const pathsPerBlock = 256
/** Blocks whose returns are kept together, to be copied at once. */
export const blocksTogether = 16

/** Paths computed side by side, so that each element of the Cholesky factor is read once for all of them. */
const pathsTogether = 4

/** A portfolio over its horizon, its assets in the order of the rows of the factor. */
export type ScaledPortfolio = {
  readonly assets: number
  /** Columns of the factor that are not zero. */
  readonly rank: number
  readonly weights: Float64Array
  /** (m - s^2 / 2) T */
  readonly shifts: Float64Array
  /** Rows of L, each times s sqrt(T) of its asset. */
  readonly factor: Float64Array
}

/** From the normals of a block of paths to their returns. */
export type BlockReturns = {
  readonly backend: Backend
  /** A column of `pathsPerBlock` normals for each asset, so that neighbouring paths lie side by side. */
  readonly normals: Float64Array
  /** Returns of `blocksTogether` blocks. */
  readonly returns: Float64Array
  /** Writes the returns of all paths of the block to `returns`, from `place` on. */
  readonly compute: (place: number) => void
}

export class TypeScriptBlockReturns implements BlockReturns {
  readonly backend = 'typescript'
  readonly normals: Float64Array
  readonly returns = new Float64Array(blocksTogether * pathsPerBlock)
  readonly #portfolio: ScaledPortfolio

  constructor(portfolio: ScaledPortfolio) {
    this.#portfolio = portfolio
    this.normals = new Float64Array(portfolio.assets * pathsPerBlock)
  }

  compute(place: number): void {
    if (this.#portfolio.assets === 1) this.#oneAsset(this.returns, place)
    else this.#manyAssets(this.returns, place)
  }

  #oneAsset(out: Float64Array, place: number): void {
    const { weights, shifts, factor } = this.#portfolio
    const [weight, shift, element] = [at(weights, 0), at(shifts, 0), at(factor, 0)]
    const normals = this.normals
    for (let path = 0; path < pathsPerBlock; path += 1) {
      out[place + path] = weight * (Math.exp(shift + element * (normals[path] as number)) - 1)
    }
  }

  #manyAssets(out: Float64Array, place: number): void {
    const { assets, rank, weights, shifts, factor } = this.#portfolio
    const normals = this.normals
    for (let path = 0; path < pathsPerBlock; path += pathsTogether) {
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
        const row = asset * assets
        const columns = Math.min(asset + 1, rank)
        let from = path
        for (let index = 0; index < columns; index += 1) {
          const element = factor[row + index] as number
          logA += element * (normals[from] as number)
          logB += element * (normals[from + 1] as number)
          logC += element * (normals[from + 2] as number)
          logD += element * (normals[from + 3] as number)
          from += pathsPerBlock
        }
        const weight = weights[asset] as number
        sumA += weight * (Math.exp(logA) - 1)
        sumB += weight * (Math.exp(logB) - 1)
        sumC += weight * (Math.exp(logC) - 1)
        sumD += weight * (Math.exp(logD) - 1)
      }
      out[place + path] = sumA
      out[place + path + 1] = sumB
      out[place + path + 2] = sumC
      out[place + path + 3] = sumD
    }
  }
}
