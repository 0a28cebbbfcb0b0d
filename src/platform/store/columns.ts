import type { StoreRow } from './sink.js'

/** The literal of a PostgreSQL array for one column of many rows. Hot path: per value no allocation but the text itself. */
export function columnLiteral(rows: readonly StoreRow[], column: number): string {
  let text = '{'
  for (let index = 0; index < rows.length; index += 1) {
    const value = rows[index]?.[column]
    if (index > 0) text += ','
    if (value === null || value === undefined) text += 'NULL'
    else if (typeof value === 'number') text += value
    else text += quoted(value)
  }
  return `${text}}`
}

/** Rows with the same key reduced to the last of them: one statement may touch a row only once. */
export function lastPerKey(rows: readonly StoreRow[], keyLength: number): readonly StoreRow[] {
  const last = new Map<string, StoreRow>()
  for (const row of rows) last.set(row.slice(0, keyLength).join('\u0000'), row)
  return last.size === rows.length ? rows : [...last.values()]
}

function quoted(value: string): string {
  return /["\\]/.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : `"${value}"`
}
