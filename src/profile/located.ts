import { assertNever } from '../core/assert.js'

// A profile as a tree in which each value still knows where it was written, until it has been checked.

/** Where a value was written: in a file, or after `--set` on the command line. */
export type Place =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'option'; readonly text: string }

export type Scalar = string | number | boolean | null

export type Located =
  | { readonly kind: 'map'; readonly at: Place; readonly entries: ReadonlyMap<string, Entry> }
  | { readonly kind: 'list'; readonly at: Place; readonly items: readonly Located[] }
  | ScalarNode

type ScalarNode = {
  readonly kind: 'scalar'
  readonly at: Place
  readonly value: Scalar
  /** Set where the text held `${NAME}`: what the environment put in. */
  readonly fromEnvironment?: readonly string[]
}

export type Entry = { readonly keyAt: Place; readonly value: Located }

export type Path = readonly (string | number)[]

/** Something wrong with a profile: where, and what with its remedy. */
export type Problem = { readonly at: Place; readonly text: string }

/** The tree as plain JSON. */
export function plain(tree: Located): unknown {
  switch (tree.kind) {
    case 'map':
      return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry.value)]))
    case 'list':
      return tree.items.map(plain)
    case 'scalar':
      return tree.value
    default:
      return assertNever(tree)
  }
}

/** The value at a path, or null where nothing was written there. */
export function valueAt(tree: Located, path: Path): Located | null {
  let current: Located | null = tree
  for (const key of path) current = current === null ? null : childOf(current, key)
  return current
}

/** Where a value was written; of what is missing, its nearest parent. */
export function placeOf(tree: Located, path: Path): Place {
  let found = tree
  let at = tree.at
  for (const key of path) {
    const child = childOf(found, key)
    if (child === null) return at
    // A map or list is named by its key: that is where a reader looks.
    at = child.kind === 'scalar' ? child.at : placeOfKey(found, key)
    found = child
  }
  return at
}

/** Where the last key of a path was written; of what is missing, its nearest parent. */
export function keyPlaceOf(tree: Located, path: Path): Place {
  const parent = valueAt(tree, path.slice(0, -1))
  const key = path.at(-1)
  if (parent === null || key === undefined) return placeOf(tree, path)
  return childOf(parent, key) === null ? placeOf(tree, path) : placeOfKey(parent, key)
}

/** `load.arrivals.rate`, `sla.checks[0].max`, `sla.endToEnd["p99.9"]`. */
export function pathText(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`
      if (!/^[\w-]+$/.test(key)) return `[${JSON.stringify(key)}]`
      return index === 0 ? key : `.${key}`
    })
    .join('')
}

export function visitScalars(tree: Located, each: (scalar: ScalarNode, path: Path) => void, path: Path = []): void {
  if (tree.kind === 'scalar') each(tree, path)
  else if (tree.kind === 'list') tree.items.forEach((item, index) => void visitScalars(item, each, [...path, index]))
  else for (const [key, entry] of tree.entries) visitScalars(entry.value, each, [...path, key])
}

export function childOf(tree: Located, key: string | number): Located | null {
  if (tree.kind === 'map') return tree.entries.get(String(key))?.value ?? null
  if (tree.kind === 'list') return tree.items[Number(key)] ?? null
  return null
}

function placeOfKey(parent: Located, key: string | number): Place {
  if (parent.kind === 'map') return parent.entries.get(String(key))?.keyAt ?? parent.at
  return childOf(parent, key)?.at ?? parent.at
}
