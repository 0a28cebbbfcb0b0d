import { type BlockReturns, blocksTogether, pathsPerBlock, type ScaledPortfolio } from './block-returns.js'
import type { WasmMemory } from './wasm-memory.js'

/** What `WasmBlockReturns` takes of a memory. */
export const wasmBlockReturnsSize = ({
  assets,
}: ScaledPortfolio): { readonly values: number; readonly parts: number } => ({
  values: assets * (assets + 2 + pathsPerBlock) + (1 + blocksTogether) * pathsPerBlock,
  parts: 6,
})

export class WasmBlockReturns implements BlockReturns {
  readonly backend = 'wasm'
  readonly normals: Float64Array
  readonly returns: Float64Array
  readonly #memory: WasmMemory
  readonly #assets: number
  readonly #rank: number
  readonly #weights: Float64Array
  readonly #shifts: Float64Array
  readonly #factor: Float64Array
  readonly #logs: Float64Array

  constructor({ assets, rank, weights, shifts, factor }: ScaledPortfolio, memory: WasmMemory) {
    const copied = (values: Float64Array): Float64Array => {
      const copy = memory.float64(values.length)
      copy.set(values)
      return copy
    }
    this.#memory = memory
    this.#assets = assets
    this.#rank = rank
    this.#weights = copied(weights)
    this.#shifts = copied(shifts)
    this.#factor = copied(factor)
    this.normals = memory.float64(assets * pathsPerBlock)
    this.#logs = memory.float64(pathsPerBlock)
    this.returns = memory.float64(blocksTogether * pathsPerBlock)
  }

  compute(place: number): void {
    this.#memory.functions.blockReturns(
      this.#assets,
      this.#rank,
      this.#weights.byteOffset,
      this.#shifts.byteOffset,
      this.#factor.byteOffset,
      this.normals.byteOffset,
      this.#logs.byteOffset,
      this.returns.byteOffset + place * Float64Array.BYTES_PER_ELEMENT,
    )
  }
}
