import { assert } from '../../core/assert.js'

// Text with placeholders, compiled once: `{{seq}}` is the number of the request, `{{column}}` a column of the data. There is
// no other: no expressions and no chance, so that the same seed sends the same bytes.

/** No quote, colon or comma within: `{{` may also begin a JSON body of somebody's own making. */
const placeholder = /\{\{\s*([^{}":,]*?)\s*\}\}/g
export const seqName = 'seq'

export type Template = {
  /** What stands before each placeholder, and after the last one: one more than there are placeholders. */
  readonly literals: readonly string[]
  /** Column of each placeholder in the row; -1 is the seq. */
  readonly columns: readonly number[]
}

/** Names of the columns that a text wants, each once. */
export function columnsIn(text: string): string[] {
  const names = [...text.matchAll(placeholder)].map((match) => match[1] ?? '')
  return [...new Set(names)].filter((name) => name !== seqName)
}

/** Placeholders as written, that of the request's number too. */
export const placeholdersIn = (text: string): string[] => [...text.matchAll(placeholder)].map(([written]) => written)

const unclosed = /\{\{\s*[^\s{}":,][^{}":,]*(?:\}(?!\})|(?=")|$)/

/** A placeholder that is opened and not closed, as in `/items/{{id` and `{{id}`; null where there is none. */
export function unclosedIn(text: string): string | null {
  return unclosed.exec(text.replaceAll(placeholder, ''))?.[0].trim() ?? null
}

/** `columns` are those of the data, in their order; every column of the text must be among them. */
export function compileTemplate(text: string, columns: readonly string[]): Template {
  const literals: string[] = []
  const indices: number[] = []
  let from = 0
  for (const match of text.matchAll(placeholder)) {
    const name = match[1] ?? ''
    const index = name === seqName ? -1 : columns.indexOf(name)
    assert(index >= 0 || name === seqName, 'the columns of a template were checked against the data')
    literals.push(text.slice(from, match.index))
    indices.push(index)
    from = match.index + match[0].length
  }
  return { literals: [...literals, text.slice(from)], columns: indices }
}

/** Whether every request has the same text. */
export const isConstant = (template: Template): boolean => template.columns.length === 0

/** Hot path: once a request and template. */
export function render(template: Template, seq: number, row: readonly string[]): string {
  const { literals, columns } = template
  let text = literals[0] ?? ''
  for (let index = 0; index < columns.length; index += 1) {
    const column = columns[index] ?? -1
    text += (column < 0 ? String(seq) : (row[column] ?? '')) + (literals[index + 1] ?? '')
  }
  return text
}
