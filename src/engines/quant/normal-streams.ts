import { assert } from '../../core/assert.js'
import { normalCdf } from '../../stats/special-functions.js'

// Standard normals for simulations: the ziggurat of Marsaglia and Tsang ("The ziggurat method for generating random variables",
// 2000) with 256 layers, over xoshiro128** (Blackman and Vigna, 2018). Every block has a stream of its own, which depends on the
// seed and the number of the block alone: however many workers share the blocks, the numbers are the same.
//
// A draw takes 64 bits. 53 of them are the value and 8 others the layer: where both come from the same bits, value and layer
// depend on each other (Doornik, "An improved ziggurat method to generate normal random samples", 2005).

const layers = 256
/** Where the tail begins with this many layers. */
const tailFrom = 3.6541528853610088
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
const heightAt = (x: number): number => Math.exp(-0.5 * x * x)

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
const drawsTogether = 1_024

/** The normals of one seed, by block. */
export class NormalStreams {
  readonly #seed: number
  readonly #ziggurat = createZiggurat()
  readonly #state = new Int32Array(4)
  readonly #unsettled = new Int32Array(drawsTogether)
  readonly #unsettledLayers = new Uint8Array(drawsTogether)

  constructor(seed: number) {
    assert(Number.isSafeInteger(seed), 'a seed is an integer')
    this.#seed = seed
  }

  /**
   * Fills `out` with the first normals of a block, a number from 0 to 2^32 - 1. Hot path: no allocation; guarded by the component
   * case `monte-carlo.paths-100k`. The generator of `core/random.ts` is not used, for its state goes to memory on each draw.
   */
  fill(block: number, out: Float64Array): void {
    this.#enter(block)
    for (let from = 0; from < out.length; from += drawsTogether) {
      const unsettled = this.#draw(out, from, Math.min(from + drawsTogether, out.length))
      for (let index = 0; index < unsettled; index += 1) {
        const place = this.#unsettled[index] as number
        out[place] = this.#settle(out[place] as number, this.#unsettledLayers[index] as number)
      }
    }
  }

  /** One draw for each place; returns how many lie outside of their rectangle and stand there as drawn. */
  #draw(out: Float64Array, from: number, to: number): number {
    const { scale, inside } = this.#ziggurat
    const [state, unsettled, unsettledLayers] = [this.#state, this.#unsettled, this.#unsettledLayers]
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

  /**
   * The state at the start of a block: seed and block, turned over by the quarter round of ChaCha (RFC 8439), which can be undone.
   * So no two blocks of one seed, and no two seeds, begin in the same state.
   */
  #enter(block: number): void {
    assert(Number.isInteger(block) && block >= 0 && block < 2 ** 32, 'a block is a number of 32 bits')
    let [a, b, c, d] = [this.#seed | 0, Math.floor(this.#seed / 2 ** 32) | 0, block | 0, 0x9e3779b9 | 0]
    for (let round = 0; round < 10; round += 1) {
      a = (a + b) | 0
      d = turn(d ^ a, 16)
      c = (c + d) | 0
      b = turn(b ^ c, 12)
      a = (a + b) | 0
      d = turn(d ^ a, 8)
      c = (c + d) | 0
      b = turn(b ^ c, 7)
    }
    this.#state[0] = a
    this.#state[1] = b
    this.#state[2] = c
    this.#state[3] = d
  }

  /** The value of a draw that lies outside of the rectangle of its layer, or of the first one after it that lies under the curve. */
  #settle(draw: number, layer: number): number {
    const { scale, inside, heights } = this.#ziggurat
    for (;;) {
      const value = draw * (scale[layer] as number)
      if (Math.abs(draw) < (inside[layer] as number)) return value
      if (layer === 0) return this.#fromTail(draw)
      const bottom = heights[layer] as number
      const top = heights[layer + 1] as number
      if (bottom + this.#uniform() * (top - bottom) < heightAt(value)) return value
      const high = this.#next()
      const low = this.#next()
      draw = drawOf(high, low)
      layer = low & (layers - 1)
    }
  }

  /** Marsaglia's method for what lies beyond the lowest layer, on the side of the draw. */
  #fromTail(draw: number): number {
    for (;;) {
      const x = -Math.log(this.#uniform()) / tailFrom
      const y = -Math.log(this.#uniform())
      if (y + y > x * x) return draw < 0 ? -tailFrom - x : tailFrom + x
    }
  }

  /** In (0, 1), the middle of one of 2^32 cells. */
  #uniform(): number {
    return ((this.#next() >>> 0) + 0.5) / 2 ** 32
  }

  /** A word of 32 bits, with sign. */
  #next(): number {
    const state = this.#state
    const s0 = state[0] as number
    const s1 = state[1] as number
    const s2 = (state[2] as number) ^ s0
    const s3 = (state[3] as number) ^ s1
    state[0] = s0 ^ s3
    state[1] = s1 ^ s2
    state[2] = s2 ^ (s1 << 9)
    state[3] = turn(s3, 11)
    return Math.imul(turn(Math.imul(s1, 5), 7), 9)
  }
}

const turn = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

/** The middle of one of 2^53 cells between -2^52 and 2^52, so that both signs have the same values. */
const drawOf = (high: number, low: number): number => high * 0x20_0000 + (low >>> 11) + 0.5
