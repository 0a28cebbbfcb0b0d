import { assert } from '../../core/assert.js'
import { at, dot } from './columns.js'
import { createWorkspace, factorise, type Shape, type Workspace } from './orthogonalise.js'

// Regression of y on the columns of X with a weight for each row: the b that minimises sum of w (y - X b)^2. Rows are scaled
// with the root of their weight, and the Householder factorisation of the scaled X gives b from R b = Q' y: the normal
// equations X'WX would square the condition of X. Columns that depend on earlier ones are dropped, with coefficient 0.
//
//   residuals        y - X b, unscaled
//   standard errors  root of the diagonal of s^2 (X'WX)^-1, s^2 = sum of w u^2 / (rows - rank), where weights are inverse
//                    variances but for a common factor; 0 for dropped columns
//   rSquared         1 - sum of w u^2 / sum of w (y - weighted mean of y)^2, meant for X with a constant column
//
// Source: Golub and Van Loan, Matrix Computations, section 5.3 and 6.1.

export class WeightedLeastSquares {
  /** Of the last call, a number a column; dropped ones have 0 in both. */
  readonly coefficients: Float64Array
  readonly standardErrors: Float64Array
  /** 1 where a column is part of the fit, 0 where it was dropped. */
  readonly kept: Uint8Array
  readonly residuals: Float64Array
  rSquared = 0
  readonly #workspace: Workspace
  readonly #scaled: Float64Array
  readonly #right: Float64Array
  /** Q' y of the kept columns, then their solution. */
  readonly #solution: Float64Array

  constructor(rowsMax: number, columnsMax: number) {
    this.coefficients = new Float64Array(columnsMax)
    this.standardErrors = new Float64Array(columnsMax)
    this.kept = new Uint8Array(columnsMax)
    this.residuals = new Float64Array(rowsMax)
    this.#workspace = createWorkspace(rowsMax, columnsMax)
    this.#scaled = new Float64Array(rowsMax * columnsMax)
    this.#right = new Float64Array(rowsMax)
    this.#solution = new Float64Array(columnsMax)
  }

  /** X is column-major and stays as it is; weights are above 0. Returns the rank. Allocates nothing. */
  solve(x: Float64Array, y: Float64Array, weights: Float64Array, shape: Shape): number {
    assert(shape.rows > shape.columns, 'there are more rows than columns')
    this.#scale(x, y, weights, shape)
    const rank = factorise(this.#workspace, this.#scaled, shape)
    const { q, kept } = this.#workspace
    for (let index = 0; index < rank; index += 1) {
      this.#solution[index] = dot(q, index * shape.rows, this.#right, 0, shape.rows)
    }
    this.#substituteBack(this.#solution, rank)
    this.coefficients.fill(0)
    this.kept.fill(0)
    for (let index = 0; index < rank; index += 1) {
      this.coefficients[kept[index] as number] = at(this.#solution, index)
      this.kept[kept[index] as number] = 1
    }
    const unexplained = this.#judge(x, y, weights, shape)
    this.#setErrors(Math.sqrt(unexplained / (shape.rows - rank)), rank)
    return rank
  }

  #scale(x: Float64Array, y: Float64Array, weights: Float64Array, { rows, columns }: Shape): void {
    for (let row = 0; row < rows; row += 1) {
      const weight = at(weights, row)
      assert(weight > 0, 'weights are above 0')
      const root = Math.sqrt(weight)
      this.#right[row] = at(y, row) * root
      for (let column = 0; column < columns; column += 1) {
        this.#scaled[column * rows + row] = at(x, column * rows + row) * root
      }
    }
  }

  /** Solves R b = c in place, R being the leading triangle of the workspace. */
  #substituteBack(values: Float64Array, rank: number): void {
    const { r, columnsMax } = this.#workspace
    for (let row = rank - 1; row >= 0; row -= 1) {
      let rest = at(values, row)
      for (let column = row + 1; column < rank; column += 1) {
        rest -= at(r, column * columnsMax + row) * at(values, column)
      }
      values[row] = rest / at(r, row * columnsMax + row)
    }
  }

  /** Residuals and R squared; returns the weighted sum of squared residuals. */
  #judge(x: Float64Array, y: Float64Array, weights: Float64Array, { rows, columns }: Shape): number {
    let weightSum = 0
    let mean = 0
    for (let row = 0; row < rows; row += 1) {
      weightSum += at(weights, row)
      mean += ((at(y, row) - mean) * at(weights, row)) / weightSum
    }
    let unexplained = 0
    let total = 0
    for (let row = 0; row < rows; row += 1) {
      let fitted = 0
      for (let column = 0; column < columns; column += 1) {
        fitted += at(x, column * rows + row) * at(this.coefficients, column)
      }
      const residual = at(y, row) - fitted
      this.residuals[row] = residual
      unexplained += at(weights, row) * residual * residual
      total += at(weights, row) * (at(y, row) - mean) ** 2
    }
    this.rSquared = total === 0 ? 0 : 1 - unexplained / total
    return unexplained
  }

  /** The variance of coefficient j is s^2 times the squared length of row j of R^-1, built here a column at a time. */
  #setErrors(deviation: number, rank: number): void {
    const { kept } = this.#workspace
    this.standardErrors.fill(0)
    for (let column = 0; column < rank; column += 1) {
      this.#solution.fill(0)
      this.#solution[column] = 1
      this.#substituteBack(this.#solution, column + 1)
      for (let row = 0; row <= column; row += 1) {
        const place = kept[row] as number
        this.standardErrors[place] = at(this.standardErrors, place) + at(this.#solution, row) ** 2
      }
    }
    for (let column = 0; column < rank; column += 1) {
      const place = kept[column] as number
      this.standardErrors[place] = deviation * Math.sqrt(at(this.standardErrors, place))
    }
  }
}
