import { assert } from '../../core/assert.js'
import type { Backend } from './kernel-backends.js'
import { type Drawing, drawOf, drawsTogether, heightAt, layers, tailFrom } from './normal-drawing.js'

// Standard normals for simulations: the ziggurat of Marsaglia and Tsang ("The ziggurat method for generating random variables",
// 2000) with 256 layers, over xoshiro128** (Blackman and Vigna, 2018). Every block has a stream of its own, which depends on the
// seed and the number of the block alone: however many workers share the blocks, the numbers are the same.
//
// A draw takes 64 bits. 53 of them are the value and 8 others the layer: where both come from the same bits, value and layer
// depend on each other (Doornik, "An improved ziggurat method to generate normal random samples", 2005).

/** The normals of one seed, by block. */
export class NormalStreams {
  readonly #seed: number
  readonly #drawing: Drawing

  /** The drawing is this one's alone; whichever it is, the normals are the same to the last bit. */
  constructor(seed: number, drawing: Drawing) {
    assert(Number.isSafeInteger(seed), 'a seed is an integer')
    this.#seed = seed
    this.#drawing = drawing
  }

  get backend(): Backend {
    return this.#drawing.backend
  }

  /**
   * Fills `out` with normals of a block, a number from 0 to 2^32 - 1; another length may give others. Hot path: no allocation;
   * guarded by the component case `monte-carlo.paths-100k`. The generator of `core/random.ts` is not used, for its state goes to
   * memory on each draw.
   */
  fill(block: number, out: Float64Array): void {
    this.#enter(block)
    const drawing = this.#drawing
    for (let from = 0; from < out.length; from += drawsTogether) {
      const unsettled = drawing.draw(out, from, Math.min(from + drawsTogether, out.length))
      for (let index = 0; index < unsettled; index += 1) {
        const place = drawing.unsettled[index] as number
        out[place] = this.#settle(out[place] as number, drawing.unsettledLayers[index] as number)
      }
    }
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
    const { state } = this.#drawing
    state[0] = a
    state[1] = b
    state[2] = c
    state[3] = d
  }

  /** The value of a draw that lies outside of the rectangle of its layer, or of the first one after it that lies under the curve. */
  #settle(draw: number, layer: number): number {
    const { scale, inside, heights } = this.#drawing.ziggurat
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
    const { state } = this.#drawing
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
