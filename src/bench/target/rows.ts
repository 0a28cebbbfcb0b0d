import { messageOf, NautilusError } from '../../core/errors.js'
import type { DataConfig } from './config.js'
import { seqName } from './template.js'

// Text of a file -> the rows that fill placeholders. Pure.

const rowsMax = 1_000_000

type Rows = { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }

/** `name` stands in messages. A byte order mark and a missing last line end are allowed. */
export function parseRows(text: string, format: DataConfig['format'], name: string): Rows {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  const read = format === 'csv' ? csvRows(body, name) : ndjsonRows(body, name)
  if (read.columns.includes(seqName)) {
    throw invalid(name, 1, `a column is called "${seqName}", which is the number of the request; rename it`)
  }
  if (read.rows.length === 0) throw invalid(name, 1, 'there is no row; at least one is needed')
  return read
}

const invalid = (name: string, line: number, problem: string): NautilusError =>
  new NautilusError('SOURCE_INVALID', `${name}:${line} ${problem}`)

/** RFC 4180: fields in quotes may hold separators, line ends and doubled quotes. */
function csvRows(text: string, name: string): Rows {
  const reader = new CsvReader(text, name)
  const columns = reader.next()?.fields ?? []
  const empty = columns.indexOf('')
  if (empty >= 0) throw invalid(name, 1, `column ${empty + 1} of the header has no name`)
  const twice = columns.find((column, index) => columns.indexOf(column) !== index)
  if (twice !== undefined) throw invalid(name, 1, `the header has the column "${twice}" twice`)
  const rows: string[][] = []
  for (let row = reader.next(); row !== null; row = reader.next()) {
    if (row.fields.length === 1 && row.fields[0] === '') continue
    if (row.fields.length !== columns.length) {
      throw invalid(name, row.line, `${row.fields.length} fields, but the header names ${columns.length}`)
    }
    if (rows.length === rowsMax) throw invalid(name, row.line, `more than ${rowsMax.toLocaleString('en-US')} rows`)
    rows.push(row.fields)
  }
  return { columns, rows }
}

const plainField = /[^,\r\n"]*/y

class CsvReader {
  readonly #text: string
  readonly #name: string
  #at = 0
  #line = 1

  constructor(text: string, name: string) {
    this.#text = text
    this.#name = name
  }

  /** The fields of the next record and the line on which it begins; null at the end. */
  next(): { readonly fields: string[]; readonly line: number } | null {
    if (this.#at >= this.#text.length) return null
    const line = this.#line
    const fields: string[] = []
    for (;;) {
      fields.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#plain())
      const end = this.#text[this.#at]
      this.#at += 1
      if (end === ',') continue
      if (end === '\r' && this.#text[this.#at] === '\n') this.#at += 1
      this.#line += 1
      return { fields, line }
    }
  }

  /** Ends before a comma, a line end, or the end of the text. */
  #plain(): string {
    const from = this.#at
    plainField.lastIndex = from
    this.#at += plainField.exec(this.#text)?.[0].length ?? 0
    if (this.#text[this.#at] === '"') {
      throw invalid(this.#name, this.#line, 'a quote within a field that has none around')
    }
    return this.#text.slice(from, this.#at)
  }

  #quoted(): string {
    const opened = this.#line
    let value = ''
    for (;;) {
      const close = this.#text.indexOf('"', this.#at + 1)
      if (close < 0) throw invalid(this.#name, opened, 'a quote is opened and never closed')
      const part = this.#text.slice(this.#at + 1, close)
      this.#line += part.split('\n').length - 1
      value += part
      this.#at = close + 1
      if (this.#text[this.#at] !== '"') break
      value += '"'
    }
    const end = this.#text[this.#at]
    if (end !== undefined && !/[,\r\n]/.test(end)) throw invalid(this.#name, this.#line, 'text after a closing quote')
    return value
  }
}

/** The columns are the keys of the first object; every line must have them. What is no text is written as JSON. */
function ndjsonRows(text: string, name: string): Rows {
  let columns: readonly string[] | null = null
  const rows: string[][] = []
  const lines = text.split('\n')
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const object = objectOf(line, name, index + 1)
    columns ??= Object.keys(object)
    if (columns.length === 0) throw invalid(name, index + 1, 'an object without a key')
    if (rows.length === rowsMax) throw invalid(name, index + 1, `more than ${rowsMax.toLocaleString('en-US')} rows`)
    rows.push(
      columns.map((column) => {
        if (!Object.hasOwn(object, column))
          throw invalid(name, index + 1, `no key "${column}", which the first line has`)
        const value = object[column]
        return typeof value === 'string' ? value : JSON.stringify(value)
      }),
    )
  }
  return { columns: columns ?? [], rows }
}

function objectOf(line: string, name: string, at: number): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw invalid(name, at, `not JSON: ${messageOf(cause)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(name, at, 'not a JSON object; write one such as {"id":1}')
  }
  return { ...value }
}
