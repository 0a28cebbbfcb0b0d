// Columns of a column-major Float64Array: column j of a matrix with n rows is the slice [j * n, j * n + n). Everything works
// on offsets, so that no view is made in a hot path.

/** The element which the caller knows to be there. */
export const at = (values: Float64Array, index: number): number => values[index] as number

export function dot(a: Float64Array, aFrom: number, b: Float64Array, bFrom: number, length: number): number {
  let sum = 0
  for (let index = 0; index < length; index += 1) sum += at(a, aFrom + index) * at(b, bFrom + index)
  return sum
}

/** target += factor * source */
export function addScaled(
  target: Float64Array,
  targetFrom: number,
  source: Float64Array,
  sourceFrom: number,
  length: number,
  factor: number,
): void {
  for (let index = 0; index < length; index += 1) {
    target[targetFrom + index] = at(target, targetFrom + index) + factor * at(source, sourceFrom + index)
  }
}

export function scaleColumn(values: Float64Array, from: number, length: number, factor: number): void {
  for (let index = 0; index < length; index += 1) values[from + index] = at(values, from + index) * factor
}

/**
 * Takes the mean off each column. A column that is constant but for rounding becomes exactly zero, so that no rounding
 * noise is later blown up to unit length.
 */
export function centreColumns(values: Float64Array, rows: number, columns: number): void {
  for (let column = 0; column < columns; column += 1) {
    const from = column * rows
    let sum = 0
    for (let row = 0; row < rows; row += 1) sum += at(values, from + row)
    const mean = sum / rows
    let largest = 0
    for (let row = 0; row < rows; row += 1) {
      const centred = at(values, from + row) - mean
      values[from + row] = centred
      if (Math.abs(centred) > largest) largest = Math.abs(centred)
    }
    if (largest <= rows * Number.EPSILON * Math.abs(mean)) values.fill(0, from, from + rows)
  }
}

/** Scales each centred column to a sample standard deviation of one; a zero column stays zero. */
export function standardiseColumns(values: Float64Array, rows: number, columns: number): void {
  for (let column = 0; column < columns; column += 1) {
    const square = dot(values, column * rows, values, column * rows, rows)
    if (square > 0) scaleColumn(values, column * rows, rows, Math.sqrt((rows - 1) / square))
  }
}
