import { assert } from './assert.js'

/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna, 2018) with splitmix32 seeding. Not for secrets.
 * The same seed gives the same stream on every machine; `stream` gives independent streams of one seed by name.
 */
export class Random {
  readonly #state = new Uint32Array(4)
  #spareNormal = Number.NaN

  constructor(seed: number) {
    assert(Number.isSafeInteger(seed), 'a seed is an integer')
    let mix = (seed ^ Math.trunc(seed / 0x1_0000_0000)) >>> 0
    for (let index = 0; index < 4; index += 1) {
      mix = (mix + 0x9e3779b9) >>> 0
      let word = mix
      word = Math.imul(word ^ (word >>> 16), 0x21f0aaad)
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
      this.#state[index] = (word ^ (word >>> 15)) >>> 0
    }
  }

  /** An independent generator for one purpose, so that drawing more for one never shifts another. */
  static stream(seed: number, name: string): Random {
    let hash = 2166136261
    for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 16777619)
    return new Random((seed * 0x1_0000 + (hash >>> 0)) % Number.MAX_SAFE_INTEGER)
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const s = this.#state
    const s0 = s[0] as number
    const s1 = s[1] as number
    const s2 = (s[2] as number) ^ s0
    const s3 = (s[3] as number) ^ s1
    const scrambled = Math.imul(s1, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0
    s[0] = s0 ^ s3
    s[1] = s1 ^ s2
    s[2] = s2 ^ (s1 << 9)
    s[3] = (s3 << 11) | (s3 >>> 21)
    return result
  }

  /** A float in [0, 1) with 53 random bits. */
  float(): number {
    return ((this.uint32() >>> 5) * 0x400_0000 + (this.uint32() >>> 6)) / 0x20_0000_0000_0000
  }

  /** An integer in [0, count); the bias is below count / 2^53. */
  below(count: number): number {
    return Math.floor(this.float() * count)
  }

  /** Exponential with the given mean. */
  exponential(mean: number): number {
    return -Math.log(1 - this.float()) * mean
  }

  /** Standard normal (Marsaglia's polar method). */
  normal(): number {
    if (!Number.isNaN(this.#spareNormal)) {
      const spare = this.#spareNormal
      this.#spareNormal = Number.NaN
      return spare
    }
    for (;;) {
      const u = 2 * this.float() - 1
      const v = 2 * this.float() - 1
      const square = u * u + v * v
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square)
        this.#spareNormal = v * factor
        return u * factor
      }
    }
  }
}

/** The draw of an index: an integer in [0, count) without a stream, the same whoever asks first. Hot path: once a request. */
export function drawOf(seed: number, index: number, count: number): number {
  let word =
    (Math.imul(seed >>> 0, 0x9e3779b9) ^ Math.trunc(index / 0x1_0000_0000)) + Math.imul(index >>> 0, 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad)
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
  return Math.floor((((word ^ (word >>> 15)) >>> 0) / 0x1_0000_0000) * count)
}
