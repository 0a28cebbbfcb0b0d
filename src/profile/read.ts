import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Entry, Located, Place, Problem, Scalar } from './located.js'

// YAML text -> located tree. Aliases are resolved here, under a limit, so that a few lines cannot grow into gigabytes.

const valuesMax = 20_000
const depthMax = 64

type ReadYaml = { readonly tree: Located | null; readonly problems: readonly Problem[] }

export function readYaml(file: string, text: string): ReadYaml {
  if (nestsDeeply(text)) {
    const at: Place = { kind: 'file', file, line: 1, column: 1 }
    return { tree: null, problems: [{ at, text: `the file nests more than ${depthMax} levels deep; flatten it` }] }
  }
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset)
    return { kind: 'file', file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) {
    return { tree: null, problems: faults.map((fault) => ({ at: placeAt(fault.pos[0]), text: yamlProblem(fault) })) }
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return { tree: null, problems: [{ at: placeAt(0), text: 'the file is empty; begin with "version: 1"' }] }
  }
  const builder = new Builder(placeAt, (alias) => alias.resolve(document))
  const tree = builder.build(document.contents, 0)
  if (builder.problems.length > 0) return { tree: null, problems: builder.problems }
  if (tree.kind === 'map') return { tree, problems: [] }
  const found = tree.kind === 'list' ? 'a list' : 'a single value'
  return { tree: null, problems: [{ at: tree.at, text: `the file holds ${found}, must hold "key: value" lines` }] }
}

/** The value after `--set path=`, read as YAML. */
export function readYamlValue(option: string, text: string): ReadYaml {
  const at: Place = { kind: 'option', text: option }
  const document = parseDocument(text, { prettyErrors: false })
  const fault = document.errors[0] ?? document.warnings[0]
  if (fault !== undefined) return { tree: null, problems: [{ at, text: yamlProblem(fault) }] }
  if (document.contents === null) return { tree: { kind: 'scalar', at, value: null }, problems: [] }
  const builder = new Builder(
    () => at,
    (alias) => alias.resolve(document),
  )
  const tree = builder.build(document.contents, 0)
  return { tree: builder.problems.length > 0 ? null : tree, problems: builder.problems }
}

class Builder {
  readonly problems: Problem[] = []
  readonly #placeAt: (offset: number) => Place
  readonly #resolve: (alias: Alias) => Node | undefined
  #values = 0

  constructor(placeAt: (offset: number) => Place, resolve: (alias: Alias) => Node | undefined) {
    this.#placeAt = placeAt
    this.#resolve = resolve
  }

  build(node: unknown, depth: number): Located {
    const at = this.#at(node)
    this.#values += 1
    const tooLarge = this.#values > valuesMax || depth > depthMax
    if (tooLarge) return this.#refuse(at, `the file expands to more than ${valuesMax} values; use fewer aliases`)
    if (isAlias(node)) {
      const target = this.#resolve(node)
      if (target === undefined)
        return this.#refuse(at, `the alias *${node.source} has no anchor &${node.source} above it`)
      return this.build(target, depth + 1)
    }
    if (isMap(node)) return { kind: 'map', at, entries: this.#entries(node.items, depth) }
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => this.build(item, depth + 1)) }
    if (!isScalar(node)) return { kind: 'scalar', at, value: null }
    const value: unknown = node.value
    if (isScalarValue(value)) return { kind: 'scalar', at, value }
    return this.#refuse(at, 'a value is text, a number, true, false or null; put it in quotes')
  }

  #entries(pairs: readonly { readonly key: unknown; readonly value: unknown }[], depth: number): Map<string, Entry> {
    const entries = new Map<string, Entry>()
    for (const { key, value } of pairs) {
      if (this.problems.length > 0) break
      const keyAt = this.#at(key)
      if (!isScalar(key)) {
        this.#refuse(keyAt, 'a key is plain text')
        continue
      }
      const name = String(key.value)
      if (entries.has(name)) this.#refuse(keyAt, `the key "${name}" stands here twice; remove one`)
      // An assignment to it would change what the object is, not what it holds.
      if (name === '__proto__') this.#refuse(keyAt, 'the key "__proto__" has a meaning of its own; choose another')
      const built = value === null ? nullAt(keyAt) : this.build(value, depth + 1)
      entries.set(name, { keyAt, value: built })
    }
    return entries
  }

  #at(node: unknown): Place {
    const range = isAlias(node) || isMap(node) || isSeq(node) || isScalar(node) ? node.range : null
    return this.#placeAt(range?.[0] ?? 0)
  }

  #refuse(at: Place, text: string): Located {
    // One is enough: what follows from it would only repeat it.
    if (this.problems.length === 0) this.problems.push({ at, text })
    return nullAt(at)
  }
}

/** Looked at before parsing: the parser's memory grows with the square of the depth of brackets. */
function nestsDeeply(text: string): boolean {
  let depth = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1)
    if (depth > depthMax) return true
  }
  return /(?:- ){64}/.test(text)
}

type Alias = { resolve(document: ReturnType<typeof parseDocument>): Node | undefined }

const nullAt = (at: Place): Located => ({ kind: 'scalar', at, value: null })

const isScalarValue = (value: unknown): value is Scalar =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

function yamlProblem(fault: { readonly code: string; readonly message: string }): string {
  const [first] = fault.message.split('\n')
  switch (fault.code) {
    case 'DUPLICATE_KEY':
      return 'the key stands here twice; remove one'
    case 'TAB_AS_INDENT':
      return 'a tab indents this line; use spaces'
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; keep one document a file'
    case 'TAG_RESOLVE_FAILED':
      return `the tag is not known (${first}); remove it`
    default:
      return `not valid YAML: ${first}`
  }
}
