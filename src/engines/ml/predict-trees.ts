import { at } from '../quant/columns.js'
import type { ModelFile } from './model-file.js'
import { sigmoid } from './sigmoid.js'

/** Rows that go down a tree together: while one waits for its next node, the others go on. */
const together = 4

/**
 * Gradient-boosted trees: the nodes of all of them lie in one table. A leaf is a node that leads to itself, so that rows may go
 * down in step, as many steps as the deepest leaf is away, without asking where each has arrived.
 */
export class TreesPredictor {
  readonly #inputs: number
  readonly #bias: number
  readonly #roots: Int32Array
  readonly #depths: Int32Array
  readonly #feature: Int32Array
  readonly #threshold: Float64Array
  readonly #left: Int32Array
  /** Of leaves. */
  readonly #value: Float64Array

  constructor({ inputs, bias, trees }: Extract<ModelFile, { kind: 'trees' }>) {
    const nodes = trees.reduce((sum, { feature }) => sum + feature.length, 0)
    this.#inputs = inputs.length
    this.#bias = bias
    this.#roots = new Int32Array(trees.length)
    this.#depths = new Int32Array(trees.length)
    this.#feature = new Int32Array(nodes)
    this.#threshold = new Float64Array(nodes)
    this.#left = new Int32Array(nodes)
    this.#value = new Float64Array(nodes)
    const depthOf = new Int32Array(nodes)
    let root = 0
    for (const [index, { feature, threshold, left, value }] of trees.entries()) {
      this.#roots[index] = root
      for (const [node, asked] of feature.entries()) {
        const place = root + node
        const isLeaf = asked < 0
        const first = isLeaf ? place : root + (left[node] ?? 0)
        this.#feature[place] = Math.max(0, asked)
        this.#threshold[place] = isLeaf ? Number.POSITIVE_INFINITY : (threshold[node] ?? 0)
        this.#left[place] = first
        this.#value[place] = value[node] ?? 0
        if (isLeaf) continue
        // Children stand behind all that lead to them, so that this depth is known by now.
        const depth = (depthOf[place] ?? 0) + 1
        for (const child of [first, first + 1]) depthOf[child] = Math.max(depthOf[child] ?? 0, depth)
        this.#depths[index] = Math.max(this.#depths[index] ?? 0, depth)
      }
      root += feature.length
    }
  }

  predict(rows: Float64Array, from: number): number {
    let sum = this.#bias
    for (let tree = 0; tree < this.#roots.length; tree += 1) {
      let node = this.#roots[tree] as number
      for (let first = this.#left[node] as number; first !== node; first = this.#left[node] as number) {
        node = this.#next(node, rows, from)
      }
      sum += at(this.#value, node)
    }
    return sigmoid(sum)
  }

  predictAll(rows: Float64Array, count: number, probabilities: Float64Array): void {
    const full = count - (count % together)
    for (let row = 0; row < full; row += together) this.#predictFour(rows, row, probabilities)
    for (let row = full; row < count; row += 1) probabilities[row] = this.predict(rows, row * this.#inputs)
  }

  #predictFour(rows: Float64Array, row: number, probabilities: Float64Array): void {
    const width = this.#inputs
    const from = row * width
    let [a, b, c, d] = [this.#bias, this.#bias, this.#bias, this.#bias]
    for (let tree = 0; tree < this.#roots.length; tree += 1) {
      const root = this.#roots[tree] as number
      let [atA, atB, atC, atD] = [root, root, root, root]
      for (let step = this.#depths[tree] as number; step > 0; step -= 1) {
        atA = this.#next(atA, rows, from)
        atB = this.#next(atB, rows, from + width)
        atC = this.#next(atC, rows, from + 2 * width)
        atD = this.#next(atD, rows, from + 3 * width)
      }
      a += at(this.#value, atA)
      b += at(this.#value, atB)
      c += at(this.#value, atC)
      d += at(this.#value, atD)
    }
    probabilities[row] = sigmoid(a)
    probabilities[row + 1] = sigmoid(b)
    probabilities[row + 2] = sigmoid(c)
    probabilities[row + 3] = sigmoid(d)
  }

  /** Of a leaf, itself: nothing is above its threshold. */
  #next(node: number, rows: Float64Array, from: number): number {
    const above = at(rows, from + (this.#feature[node] as number)) > at(this.#threshold, node)
    return (this.#left[node] as number) + (above ? 1 : 0)
  }
}
