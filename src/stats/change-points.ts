import { Random } from '../core/random.js'

// E-divisive change points (Matteson and James, "A nonparametric approach for multiple change point analysis of
// multivariate data", JASA 2014), which MongoDB uses for the history of its benchmarks (Daly et al., ICPE 2020). The
// values of a segment are replaced by their ranks first: then one wild run weighs no more than any other, and the test
// holds for every distribution.

export type ChangePoint = {
  /** Of the first value after the change. */
  readonly index: number
  /** Medians of the stretches up to the change points on either side. */
  readonly before: number
  readonly after: number
  /** Share of random orders of the same values that look at least as much like a change. */
  readonly p: number
}

/** A stretch has at least so many values: two wild runs in a row are no new level yet. */
const stretchMin = 3
const permutationCount = 199
const significance = 0.01

/** The work grows with the square of the length: 500 values take some 0.2 s. */
const valuesMax = 500

/** Places where a history takes another level, in order, among its last 500 values. Chance comes from `seed` alone. */
export function changePoints(values: readonly number[], seed: number): ChangePoint[] {
  const found: { index: number; p: number }[] = []
  const random = Random.stream(seed, 'change-points')
  const first = Math.max(0, values.length - valuesMax)
  split(values.slice(first), first, random, found)
  found.sort((a, b) => a.index - b.index)
  return found.map(({ index, p }, place) => {
    const from = found[place - 1]?.index ?? first
    const to = found[place + 1]?.index ?? values.length
    return { index, p, before: medianOf(values.slice(from, index)), after: medianOf(values.slice(index, to)) }
  })
}

/** Divides a stretch at its most likely change, as long as chance does not explain it. */
function split(values: readonly number[], offset: number, random: Random, found: { index: number; p: number }[]): void {
  if (values.length < 2 * stretchMin) return
  const ranks = ranksOf(values)
  const scan = new Scan(values.length)
  const best = scan.mostLikely(ranks)
  const p = permutationP(best.score, ranks, scan, random)
  if (p > significance) return
  found.push({ index: offset + best.index, p })
  split(values.slice(0, best.index), offset, random, found)
  split(values.slice(best.index), offset + best.index, random, found)
}

function permutationP(score: number, ranks: Float64Array, scan: Scan, random: Random): number {
  const shuffled = ranks.slice()
  let reaching = 1
  for (let round = 0; round < permutationCount; round += 1) {
    shuffle(shuffled, random)
    if (scan.mostLikely(shuffled).score >= score) reaching += 1
    // Chance explains it already: the rest of the permutations could not change that.
    if (reaching > significance * (permutationCount + 1)) return 1
  }
  return reaching / (permutationCount + 1)
}

/** Buffers for all scans of one stretch. */
class Scan {
  readonly #length: number
  /** Sums of distances in the rectangle of the first i rows and the first j columns, at i * (length + 1) + j. */
  readonly #sums: Float64Array

  constructor(length: number) {
    this.#length = length
    this.#sums = new Float64Array((length + 1) ** 2)
  }

  /**
   * The place that divides best, over all ends of the stretch behind it: with the end fixed at the last value, a level
   * that comes back would hide its own beginning.
   */
  mostLikely(values: Float64Array): { index: number; score: number } {
    this.#addUp(values)
    let best = { index: 0, score: Number.NEGATIVE_INFINITY }
    for (let index = stretchMin; index <= this.#length - stretchMin; index += 1) {
      for (let end = index + stretchMin; end <= this.#length; end += 1) {
        const score = this.#divergence(index, end)
        if (score > best.score) best = { index, score }
      }
    }
    return best
  }

  /** Scaled energy distance between [0, index) and [index, end). */
  #divergence(index: number, end: number): number {
    const left = index
    const right = end - index
    const within = this.#sum(index, index)
    const cross = this.#sum(index, end) - within
    const beyond = this.#sum(end, end) - within - 2 * cross
    // Each pair within a side stands twice in the rectangle.
    const energy = (2 * cross) / (left * right) - within / (left * (left - 1)) - beyond / (right * (right - 1))
    return ((left * right) / (left + right)) * energy
  }

  #sum(rows: number, columns: number): number {
    return this.#sums[rows * (this.#length + 1) + columns] ?? 0
  }

  #addUp(values: Float64Array): void {
    const width = this.#length + 1
    const sums = this.#sums
    for (let row = 1; row < width; row += 1) {
      const value = values[row - 1] ?? 0
      let along = 0
      for (let column = 1; column < width; column += 1) {
        along += Math.abs(value - (values[column - 1] ?? 0))
        sums[row * width + column] = (sums[(row - 1) * width + column] ?? 0) + along
      }
    }
  }
}

/** Ranks from 1; ties share their mean rank. */
function ranksOf(values: readonly number[]): Float64Array {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value)
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && order[end]?.value === order[start]?.value) end += 1
    for (let place = start; place < end; place += 1) ranks[order[place]?.index ?? 0] = (start + 1 + end) / 2
    start = end
  }
  return ranks
}

/** Fisher and Yates. */
function shuffle(values: Float64Array, random: Random): void {
  for (let index = values.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1)
    const value = values[index] ?? 0
    values[index] = values[other] ?? 0
    values[other] = value
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
