import { normalCdf } from '../../stats/special-functions.js'
import type { Backend } from './kernel-backends.js'
import { WasmMemory } from './wasm-memory.js'

// The draws of `normal-streams.ts`: a xoshiro128** step and a look in the table of the ziggurat for each. It is all but a hundredth of
// the work, so it is what the backends do; the same bits come out of each.

export const layers = 256
/** Where the tail begins with this many layers. */
export const tailFrom = 3.6541528853610088
const half = 2 ** 52

/** Layer i lies between heights f(x_i) and f(x_(i+1)) and is x_i wide; all have one area, the lowest with the tail. */
type Ziggurat = {
  /** Turns the integer of a draw into a value: x_i / 2^52. */
  readonly scale: Float64Array
  /** A draw below lies under the curve for certain: x_(i+1) / x_i 2^52. */
  readonly inside: Float64Array
  /** f(x_i), for one layer more. */
  readonly heights: Float64Array
}

/** The density without its constant. */
export const heightAt = (x: number): number => Math.exp(-0.5 * x * x)

function createZiggurat(): Ziggurat {
  const area = tailFrom * heightAt(tailFrom) + Math.sqrt(2 * Math.PI) * normalCdf(-tailFrom)
  const widths = new Float64Array(layers + 1)
  widths[0] = area / heightAt(tailFrom)
  let width = tailFrom
  for (let layer = 1; layer < layers; layer += 1) {
    widths[layer] = width
    // The last layer ends at the peak, but for rounding.
    width = Math.sqrt(Math.max(0, -2 * Math.log(Math.min(1, heightAt(width) + area / width))))
  }
  return {
    scale: widths.slice(0, layers).map((wide) => wide / half),
    inside: widths.slice(0, layers).map((wide, layer) => ((widths[layer + 1] ?? 0) / wide) * half),
    heights: widths.map((wide, layer) => (layer === 0 ? 0 : heightAt(wide))),
  }
}

/** Draws that fell outside of their rectangle are set aside and settled after so many: a call in the loop would slow it down. */
export const drawsTogether = 1_024

/** The state of a generator and the loop that draws from it. */
export type Drawing = {
  readonly backend: Backend
  readonly ziggurat: Ziggurat
  /** Of xoshiro128**, four words. */
  readonly state: Int32Array
  /** Places of the last draws that lie outside of their rectangle, and their layers. */
  readonly unsettled: Int32Array
  readonly unsettledLayers: Uint8Array
  /** One draw for each place, at most `drawsTogether`; returns how many lie outside of their rectangle and stand there as drawn. */
  readonly draw: (out: Float64Array, from: number, to: number) => number
}

export class TypeScriptDrawing implements Drawing {
  readonly backend = 'typescript'
  readonly ziggurat = createZiggurat()
  readonly state = new Int32Array(4)
  readonly unsettled = new Int32Array(drawsTogether)
  readonly unsettledLayers = new Uint8Array(drawsTogether)

  draw(out: Float64Array, from: number, to: number): number {
    const { scale, inside } = this.ziggurat
    const [state, unsettled, unsettledLayers] = [this.state, this.unsettled, this.unsettledLayers]
    let s0 = state[0] as number
    let s1 = state[1] as number
    let s2 = state[2] as number
    let s3 = state[3] as number
    let count = 0
    for (let index = from; index < to; index += 1) {
      let product = Math.imul(s1, 5)
      const high = Math.imul((product << 7) | (product >>> 25), 9)
      let shifted = s1 << 9
      s2 ^= s0
      s3 ^= s1
      s1 ^= s2
      s0 ^= s3
      s2 ^= shifted
      s3 = (s3 << 11) | (s3 >>> 21)

      product = Math.imul(s1, 5)
      const low = Math.imul((product << 7) | (product >>> 25), 9)
      shifted = s1 << 9
      s2 ^= s0
      s3 ^= s1
      s1 ^= s2
      s0 ^= s3
      s2 ^= shifted
      s3 = (s3 << 11) | (s3 >>> 21)

      const layer = low & (layers - 1)
      const draw = drawOf(high, low)
      if (Math.abs(draw) < (inside[layer] as number)) {
        out[index] = draw * (scale[layer] as number)
      } else {
        out[index] = draw
        unsettled[count] = index
        unsettledLayers[count] = layer
        count += 1
      }
    }
    state[0] = s0
    state[1] = s1
    state[2] = s2
    state[3] = s3
    return count
  }
}

/** What a drawing takes of a memory. */
export const wasmDrawingSize = { values: 2 * layers + 4 + 2 * drawsTogether, parts: 5 }

export class WasmDrawing implements Drawing {
  readonly backend = 'wasm'
  readonly ziggurat = createZiggurat()
  readonly state: Int32Array
  readonly unsettled: Int32Array
  readonly unsettledLayers: Uint8Array
  readonly #memory: WasmMemory
  readonly #table: Float64Array
  /** For values that lie in another memory. */
  readonly #drawn: Float64Array

  constructor(memory = new WasmMemory(wasmDrawingSize)) {
    this.#memory = memory
    this.state = memory.int32(4)
    this.unsettled = memory.int32(drawsTogether)
    this.unsettledLayers = memory.uint8(drawsTogether)
    this.#drawn = memory.float64(drawsTogether)
    const { inside, scale } = this.ziggurat
    this.#table = memory.float64(2 * layers)
    const integers = new BigInt64Array(this.#table.buffer, this.#table.byteOffset, this.#table.length)
    for (let layer = 0; layer < layers; layer += 1) {
      integers[2 * layer] = BigInt(Math.ceil((inside[layer] as number) - 0.5))
      this.#table[2 * layer + 1] = scale[layer] as number
    }
  }

  draw(out: Float64Array, from: number, to: number): number {
    const own = out.buffer === this.#drawn.buffer
    const count = to - from
    const unsettled = this.#memory.functions.drawNormals(
      own ? out.byteOffset + from * Float64Array.BYTES_PER_ELEMENT : this.#drawn.byteOffset,
      from,
      count,
      this.state.byteOffset,
      this.#table.byteOffset,
      this.unsettled.byteOffset,
      this.unsettledLayers.byteOffset,
    )
    if (!own) {
      if (count === drawsTogether) out.set(this.#drawn, from)
      else for (let index = 0; index < count; index += 1) out[from + index] = this.#drawn[index] as number
    }
    return unsettled
  }
}

/** The middle of one of 2^53 cells between -2^52 and 2^52, so that both signs have the same values. */
export const drawOf = (high: number, low: number): number => high * 0x20_0000 + (low >>> 11) + 0.5
