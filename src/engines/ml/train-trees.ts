import { at } from '../quant/columns.js'
import type { TreeNodes } from './model-file.js'
import { sigmoid } from './sigmoid.js'
import type { DataSet } from './training-data.js'

/** What is grown: more and deeper trees fit more closely, a smaller rate takes more of them. */
type TreesOptions = { readonly trees: number; readonly depth: number; readonly rate: number }

const binsMax = 64
const rowsPerLeafMin = 50
/** Pulls the values of leaves to zero. */
const ridge = 1

type Growing = { feature: number[]; threshold: number[]; left: number[]; value: number[] }
type Split = { readonly input: number; readonly bin: number; readonly gain: number }

/**
 * Gradient boosting on the log likelihood (Friedman, 2001; leaves by one Newton step as in Chen and Guestrin, 2016). Inputs
 * are cut into bins at quantiles first, so that the best split of a node is found in one pass over its rows. No chance: all
 * rows and inputs are looked at by every tree.
 */
export function trainTrees(
  data: DataSet,
  options: TreesOptions,
): { readonly bias: number; readonly trees: TreeNodes[] } {
  const ups = data.ups.reduce((sum, up) => sum + up, 0)
  const bias = Math.log(ups / (data.count - ups))
  const grower = new Grower(data, options)
  const logOdds = new Float64Array(data.count).fill(bias)
  const trees = Array.from({ length: options.trees }, () => grower.grow(logOdds))
  return { bias, trees }
}

class Grower {
  readonly #data: DataSet
  readonly #options: TreesOptions
  readonly #cuts: readonly Float64Array[]
  readonly #bins: Uint8Array
  readonly #gradients: Float64Array
  readonly #curvatures: Float64Array
  /** Rows, those of one node side by side. */
  readonly #order: Int32Array

  constructor(data: DataSet, options: TreesOptions) {
    this.#data = data
    this.#options = options
    this.#cuts = data.inputs.map((_, input) => cutsOf(data, input))
    this.#bins = binsOf(data, this.#cuts)
    this.#gradients = new Float64Array(data.count)
    this.#curvatures = new Float64Array(data.count)
    this.#order = new Int32Array(data.count)
  }

  /** Grows one tree, and adds what it says to the log odds. */
  grow(logOdds: Float64Array): TreeNodes {
    const { count, ups } = this.#data
    for (let row = 0; row < count; row += 1) {
      const probability = sigmoid(at(logOdds, row))
      this.#gradients[row] = (ups[row] ?? 0) - probability
      this.#curvatures[row] = probability * (1 - probability)
      this.#order[row] = row
    }
    const tree: Growing = { feature: [], threshold: [], left: [], value: [] }
    addNode(tree)
    this.#split(tree, { node: 0, from: 0, to: count, depth: 0 }, logOdds)
    return tree
  }

  #split(
    tree: Growing,
    { node, from, to, depth }: { node: number; from: number; to: number; depth: number },
    logOdds: Float64Array,
  ): void {
    const split = depth < this.#options.depth ? this.#bestSplit(from, to) : null
    if (split === null) {
      const value = this.#leafValue(from, to)
      tree.value[node] = value
      for (let index = from; index < to; index += 1) {
        const row = this.#order[index] ?? 0
        logOdds[row] = at(logOdds, row) + value
      }
      return
    }
    const middle = this.#partition(from, to, split)
    const first = addNode(tree)
    addNode(tree)
    tree.feature[node] = split.input
    tree.threshold[node] = this.#cuts[split.input]?.[split.bin] ?? 0
    tree.left[node] = first
    this.#split(tree, { node: first, from, to: middle, depth: depth + 1 }, logOdds)
    this.#split(tree, { node: first + 1, from: middle, to, depth: depth + 1 }, logOdds)
  }

  #leafValue(from: number, to: number): number {
    let [gradient, curvature] = [0, 0]
    for (let index = from; index < to; index += 1) {
      const row = this.#order[index] ?? 0
      gradient += at(this.#gradients, row)
      curvature += at(this.#curvatures, row)
    }
    return (this.#options.rate * gradient) / (curvature + ridge)
  }

  #bestSplit(from: number, to: number): Split | null {
    const width = this.#data.inputs.length
    let best: Split | null = null
    for (let input = 0; input < width; input += 1) {
      const found = this.#bestCut(from, to, input)
      if (found !== null && found.gain > (best?.gain ?? 1e-9)) best = found
    }
    return best
  }

  #bestCut(from: number, to: number, input: number): Split | null {
    const width = this.#data.inputs.length
    const sums = {
      gradient: new Float64Array(binsMax),
      curvature: new Float64Array(binsMax),
      rows: new Int32Array(binsMax),
    }
    let [gradient, curvature] = [0, 0]
    for (let index = from; index < to; index += 1) {
      const row = this.#order[index] ?? 0
      const bin = this.#bins[row * width + input] ?? 0
      sums.gradient[bin] = at(sums.gradient, bin) + at(this.#gradients, row)
      sums.curvature[bin] = at(sums.curvature, bin) + at(this.#curvatures, row)
      sums.rows[bin] = (sums.rows[bin] ?? 0) + 1
      gradient += at(this.#gradients, row)
      curvature += at(this.#curvatures, row)
    }
    const whole = scoreOf(gradient, curvature)
    let best: Split | null = null
    let below = { gradient: 0, curvature: 0, rows: 0 }
    for (let bin = 0; bin < (this.#cuts[input]?.length ?? 0); bin += 1) {
      below = {
        gradient: below.gradient + at(sums.gradient, bin),
        curvature: below.curvature + at(sums.curvature, bin),
        rows: below.rows + (sums.rows[bin] ?? 0),
      }
      if (below.rows < rowsPerLeafMin || to - from - below.rows < rowsPerLeafMin) continue
      const parts =
        scoreOf(below.gradient, below.curvature) + scoreOf(gradient - below.gradient, curvature - below.curvature)
      if (parts - whole > (best?.gain ?? 0)) best = { input, bin, gain: parts - whole }
    }
    return best
  }

  /** Puts the rows at or below the cut first, each side in its order, and returns where the others begin. */
  #partition(from: number, to: number, { input, bin }: Split): number {
    const width = this.#data.inputs.length
    const above: number[] = []
    let next = from
    for (let index = from; index < to; index += 1) {
      const row = this.#order[index] ?? 0
      if ((this.#bins[row * width + input] ?? 0) > bin) above.push(row)
      else {
        this.#order[next] = row
        next += 1
      }
    }
    this.#order.set(above, next)
    return next
  }
}

const scoreOf = (gradient: number, curvature: number): number => (gradient * gradient) / (curvature + ridge)

/** A leaf, until it is split. */
function addNode(tree: Growing): number {
  tree.feature.push(-1)
  tree.threshold.push(0)
  tree.left.push(0)
  tree.value.push(0)
  return tree.feature.length - 1
}

/** Values at or below the first cut are bin 0. */
function cutsOf({ rows, count, inputs }: DataSet, input: number): Float64Array {
  const width = inputs.length
  const values = Float64Array.from({ length: count }, (_, row) => at(rows, row * width + input)).sort()
  const cuts = new Set<number>()
  for (let bin = 1; bin < binsMax; bin += 1) {
    const cut = at(values, Math.floor((bin * count) / binsMax))
    if (cut < at(values, count - 1)) cuts.add(cut)
  }
  return Float64Array.from(cuts)
}

function binsOf({ rows, count, inputs }: DataSet, cuts: readonly Float64Array[]): Uint8Array {
  const width = inputs.length
  return Uint8Array.from({ length: count * width }, (_, index) => {
    const of = cuts[index % width] ?? new Float64Array(0)
    const value = at(rows, index)
    let [low, high] = [0, of.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (value > at(of, middle)) low = middle + 1
      else high = middle
    }
    return low
  })
}
