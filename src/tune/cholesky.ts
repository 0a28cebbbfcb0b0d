// Symmetric positive definite matrices, row by row in one array; factors L of L Lᵀ stand in the lower triangle.

/**
 * Replaces the lower triangle of `matrix` by its Cholesky factor and returns whether there is one. What stands above the
 * diagonal is neither read nor written.
 */
export function factorise(matrix: Float64Array, size: number): boolean {
  for (let row = 0; row < size; row += 1) {
    const rowStart = row * size
    for (let column = 0; column <= row; column += 1) {
      const columnStart = column * size
      let sum = matrix[rowStart + column] as number
      for (let k = 0; k < column; k += 1) {
        sum -= (matrix[rowStart + k] as number) * (matrix[columnStart + k] as number)
      }
      if (column < row) matrix[rowStart + column] = sum / (matrix[columnStart + column] as number)
      else if (sum > 0) matrix[rowStart + row] = Math.sqrt(sum)
      else return false
    }
  }
  return true
}

/** Solves L x = b in place of b. */
export function solveLower(factor: Float64Array, size: number, b: Float64Array): void {
  for (let row = 0; row < size; row += 1) {
    const start = row * size
    let sum = b[row] as number
    for (let k = 0; k < row; k += 1) sum -= (factor[start + k] as number) * (b[k] as number)
    b[row] = sum / (factor[start + row] as number)
  }
}

/** Solves Lᵀ x = b in place of b. */
export function solveUpper(factor: Float64Array, size: number, b: Float64Array): void {
  for (let row = size - 1; row >= 0; row -= 1) {
    const start = row * size
    const value = (b[row] as number) / (factor[start + row] as number)
    b[row] = value
    for (let k = 0; k < row; k += 1) b[k] = (b[k] as number) - (factor[start + k] as number) * value
  }
}

/** The lower triangle of the inverse of L Lᵀ. */
export function inverseOf(factor: Float64Array, size: number): Float64Array {
  // Rows of L⁻¹ transposed, so that both loops below walk along rows.
  const columns = new Float64Array(size * size)
  for (let column = 0; column < size; column += 1) {
    const own = column * size
    columns[own + column] = 1 / (factor[own + column] as number)
    for (let row = column + 1; row < size; row += 1) {
      const start = row * size
      let sum = 0
      for (let k = column; k < row; k += 1) sum -= (factor[start + k] as number) * (columns[own + k] as number)
      columns[own + row] = sum / (factor[start + row] as number)
    }
  }
  const inverse = new Float64Array(size * size)
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = 0
      for (let k = row; k < size; k += 1) {
        sum += (columns[row * size + k] as number) * (columns[column * size + k] as number)
      }
      inverse[row * size + column] = sum
    }
  }
  return inverse
}
