/** Mean, and standard deviation of one value (with n - 1), which is zero where fewer than two values show none. */
export function momentsOf(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: count < 2 ? 0 : Math.sqrt(squares / (count - 1)) }
}
