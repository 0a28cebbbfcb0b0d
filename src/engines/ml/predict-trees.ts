import { at } from '../quant/columns.js'
import type { ModelFile } from './model-file.js'
import { sigmoid } from './sigmoid.js'

/** Gradient-boosted trees: the nodes of all of them lie in one table. */
export class TreesPredictor {
  readonly #inputs: number
  readonly #bias: number
  readonly #roots: Int32Array
  /** Input of a node, or -1 for a leaf. */
  readonly #feature: Int16Array
  /** Of a leaf, its value. */
  readonly #threshold: Float64Array
  readonly #left: Int32Array

  constructor({ inputs, bias, trees }: Extract<ModelFile, { kind: 'trees' }>) {
    const nodes = trees.reduce((sum, { feature }) => sum + feature.length, 0)
    this.#inputs = inputs.length
    this.#bias = bias
    this.#roots = new Int32Array(trees.length)
    this.#feature = new Int16Array(nodes)
    this.#threshold = new Float64Array(nodes)
    this.#left = new Int32Array(nodes)
    let next = 0
    for (const [index, { feature, threshold, left, value }] of trees.entries()) {
      const root = next
      this.#roots[index] = root
      for (const [node, asked] of feature.entries()) {
        this.#feature[next] = asked
        this.#threshold[next] = (asked < 0 ? value[node] : threshold[node]) ?? 0
        this.#left[next] = root + (left[node] ?? 0)
        next += 1
      }
    }
  }

  predict(rows: Float64Array, from: number): number {
    let sum = this.#bias
    for (let tree = 0; tree < this.#roots.length; tree += 1) sum += this.#leafOf(tree, rows, from)
    return sigmoid(sum)
  }

  /** Tree by tree: the nodes of one stay in the nearest cache while all rows go down it. */
  predictAll(rows: Float64Array, count: number, probabilities: Float64Array): void {
    probabilities.fill(this.#bias, 0, count)
    for (let tree = 0; tree < this.#roots.length; tree += 1) {
      for (let row = 0; row < count; row += 1) {
        probabilities[row] = at(probabilities, row) + this.#leafOf(tree, rows, row * this.#inputs)
      }
    }
    for (let row = 0; row < count; row += 1) probabilities[row] = sigmoid(at(probabilities, row))
  }

  #leafOf(tree: number, rows: Float64Array, from: number): number {
    let node = this.#roots[tree] as number
    for (let asked = this.#feature[node] as number; asked >= 0; asked = this.#feature[node] as number) {
      const above = at(rows, from + asked) > at(this.#threshold, node)
      node = (this.#left[node] as number) + (above ? 1 : 0)
    }
    return at(this.#threshold, node)
  }
}
