import type { Entry, Located, Place, Problem, Scalar } from './located.js'

// What a file is to a profile, the options of a command are to a load of one URL: values, each with the place it came from.

type Given = Scalar | readonly Given[] | { readonly [key: string]: Given }
type Node = Map<string, { at: Place; node: Node | Located }>

/** A tree of values of which each knows the option that set it. */
export class LocatedBuilder {
  readonly problems: Problem[] = []
  readonly #root: Node = new Map()

  refuse(option: string, text: string): void {
    this.problems.push({ at: { kind: 'option', text: option }, text })
  }

  /** A map that is there also when nothing is set in it. */
  open(path: readonly string[], option: string): Node {
    const at: Place = { kind: 'option', text: option }
    let node = this.#root
    for (const key of path) {
      const entry = node.get(key) ?? { at, node: new Map() }
      node.set(key, entry)
      if (entry.node instanceof Map) node = entry.node
    }
    return node
  }

  /** What is undefined is not set. */
  set(path: readonly string[], value: Given | undefined, option: string): void {
    const key = path.at(-1)
    if (value === undefined || key === undefined) return
    const at: Place = { kind: 'option', text: option }
    this.open(path.slice(0, -1), option).set(key, { at, node: located(value, at) })
  }

  tree(): Located {
    return asMap(this.#root, { kind: 'option', text: '' })
  }
}

function asMap(node: Node, at: Place): Located {
  const entries = new Map<string, Entry>()
  for (const [key, entry] of node) {
    const value = entry.node instanceof Map ? asMap(entry.node, entry.at) : entry.node
    entries.set(key, { keyAt: entry.at, value })
  }
  return { kind: 'map', at, entries }
}

function located(value: Given, at: Place): Located {
  if (Array.isArray(value)) return { kind: 'list', at, items: value.map((item: Given) => located(item, at)) }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, inner]) => [key, { keyAt: at, value: located(inner, at) }] as const,
    )
    return { kind: 'map', at, entries: new Map(entries) }
  }
  return { kind: 'scalar', at, value: value as Scalar }
}
