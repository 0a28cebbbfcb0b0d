import { assert } from '../core/assert.js'
import { Random } from '../core/random.js'

// Sobol's sequence with the direction numbers of Joe and Kuo ("Constructing Sobol sequences with better two-dimensional
// projections", 2008; their file new-joe-kuo-6.21201), scrambled as Owen does ("Scrambling Sobol and Niederreiter-Xing
// points", 1998) by the hash of Laine and Karras in Burley's form ("Practical hash-based Owen scrambling", 2020).
// Dimensions beyond the table are plainly random: no study of some dozen runs can fill them evenly anyway.

/** Primitive polynomials with their leading and last bit, and the first direction numbers, from the second dimension on. */
const table: readonly (readonly [polynomial: number, ...first: number[]])[] = [
  [3, 1],
  [7, 1, 3],
  [11, 1, 3, 1],
  [13, 1, 1, 1],
  [19, 1, 1, 3, 3],
  [25, 1, 3, 5, 13],
  [37, 1, 1, 5, 5, 17],
  [41, 1, 1, 5, 5, 5],
  [47, 1, 1, 7, 11, 19],
  [55, 1, 1, 5, 1, 1],
  [59, 1, 1, 1, 3, 11],
  [61, 1, 3, 5, 5, 31],
  [67, 1, 3, 3, 9, 7, 49],
  [91, 1, 1, 1, 15, 21, 21],
  [97, 1, 3, 1, 13, 27, 49],
  [103, 1, 1, 1, 15, 7, 5],
  [109, 1, 3, 1, 15, 13, 25],
  [115, 1, 1, 5, 5, 19, 61],
  [131, 1, 3, 7, 11, 23, 15, 103],
  [137, 1, 3, 7, 13, 13, 15, 69],
]

const bits = 32
const unit = 1 / 0x1_0000_0000

/** Points of the sequence by their index, which may be asked in any order. Without a seed, the sequence as published. */
export class SobolSequence {
  readonly #directions: readonly Uint32Array[]
  readonly #dimensionCount: number
  readonly #seed: number | null
  readonly #scrambles: Uint32Array

  constructor(dimensionCount: number, seed: number | null) {
    assert(dimensionCount >= 1, 'a point has a dimension')
    this.#dimensionCount = dimensionCount
    this.#directions = Array.from({ length: Math.min(dimensionCount, table.length + 1) }, (_, index) =>
      directionsOf(index),
    )
    this.#seed = seed
    const random = Random.stream(seed ?? 0, 'scrambles')
    this.#scrambles = Uint32Array.from({ length: dimensionCount }, () => random.uint32())
  }

  /** Numbers in [0, 1), one a dimension. */
  point(index: number): Float64Array {
    const coordinates = new Float64Array(this.#dimensionCount)
    const gray = index ^ (index >>> 1)
    const beyond = Random.stream(this.#seed ?? 0, `dimensions beyond the table at ${index}`)
    for (let dimension = 0; dimension < this.#dimensionCount; dimension += 1) {
      const directions = this.#directions[dimension]
      if (directions === undefined) {
        coordinates[dimension] = beyond.float()
        continue
      }
      let word = 0
      for (let bit = 0; gray >>> bit > 0; bit += 1) {
        if (((gray >>> bit) & 1) === 1) word ^= directions[bit] as number
      }
      if (this.#seed !== null) word = scrambled(word, this.#scrambles[dimension] as number)
      coordinates[dimension] = (word >>> 0) * unit
    }
    return coordinates
  }
}

function directionsOf(dimension: number): Uint32Array {
  const directions = new Uint32Array(bits)
  const row = table[dimension - 1]
  if (row === undefined) return directions.map((_, bit) => 2 ** (bits - 1 - bit))
  const [polynomial, ...first] = row
  const degree = first.length
  for (let bit = 0; bit < bits; bit += 1) {
    if (bit < degree) {
      directions[bit] = (first[bit] as number) * 2 ** (bits - 1 - bit)
      continue
    }
    const before = directions[bit - degree] as number
    let next = before ^ (before >>> degree)
    for (let back = 1; back < degree; back += 1) {
      if (((polynomial >>> (degree - back)) & 1) === 1) next ^= directions[bit - back] as number
    }
    directions[bit] = next
  }
  return directions
}

/** A random permutation of each half, quarter, eighth and so on: higher bits decide what becomes of lower ones. */
function scrambled(word: number, seed: number): number {
  let x = reversed(word)
  x = (x + seed) >>> 0
  x ^= Math.imul(x, 0x6c50b47c)
  x ^= Math.imul(x, 0xb82f1e52)
  x ^= Math.imul(x, 0xc7afe638)
  x ^= Math.imul(x, 0x8d22f6e6)
  return reversed(x >>> 0)
}

function reversed(word: number): number {
  let x = word
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2)
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4)
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8)
  return ((x >>> 16) | (x << 16)) >>> 0
}
