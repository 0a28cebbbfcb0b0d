/** Columns padded to their widest cell, figures to the right where `isFigure` says so; lines without blanks at their end. */
export function textTable(
  rows: readonly (readonly string[])[],
  isFigure: (column: number) => boolean = () => false,
): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return isFigure(column) ? cell.padStart(width) : cell.padEnd(width)
    })
    return cells.join('  ').trimEnd()
  })
}
