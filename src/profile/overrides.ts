import { merge } from './extend.js'
import { childOf, type Entry, type Located, type Path, type Place, type Problem, pathText } from './located.js'
import { readYamlValue } from './read.js'

// `--set path=value`: `load.arrivals.rate=500/s`, `sla.checks[0].max=1%`, `engines.risk=` (an empty value takes it away).

/** Lays `--set` options over the tree, in their order. */
export function applyOverrides(tree: Located, options: readonly string[], problems: Problem[]): Located {
  let result = tree
  for (const option of options) {
    const at: Place = { kind: 'option', text: option }
    const equals = option.indexOf('=')
    const path = equals > 0 ? parsePath(option.slice(0, equals)) : null
    if (path === null) {
      problems.push({ at, text: 'not of the form path=value; write one such as load.arrivals.rate=500/s' })
      continue
    }
    const read = readYamlValue(option, option.slice(equals + 1))
    problems.push(...read.problems)
    if (read.tree === null) continue
    const set = setAt(result, path, { at, value: read.tree, done: [] })
    if ('problem' in set) problems.push({ at, text: set.problem })
    else result = set.tree
  }
  return result
}

/** A dotted path as keys and indexes; null where it is none. A key with a dot is written `["p99.9"]`, or plainly `p99.9`. */
export function parsePath(text: string): Path | null {
  const step = /\["([^"]+)"\]|\[(\d+)\]|(?:^|\.)(p99\.9|[^.[\]"=\s]+)/y
  const path: (string | number)[] = []
  while (step.lastIndex < text.length) {
    const match = step.exec(text)
    if (match === null) return null
    path.push(match[2] === undefined ? (match[1] ?? match[3] ?? '') : Number(match[2]))
  }
  return path.length === 0 ? null : path
}

type Setting = { readonly at: Place; readonly value: Located; readonly done: Path }

function setAt(tree: Located | null, path: Path, setting: Setting): { tree: Located } | { problem: string } {
  const [key, ...rest] = path
  if (key === undefined) return { tree: tree === null ? setting.value : merge(tree, setting.value) }
  const inner = { ...setting, done: [...setting.done, key] }
  if (tree?.kind === 'list') return setInList(tree, key, rest, inner)
  if (typeof key === 'number') return { problem: `${pathText(setting.done)} is not a list` }
  const entries = new Map<string, Entry>(tree?.kind === 'map' ? tree.entries : [])
  const removes = rest.length === 0 && setting.value.kind === 'scalar' && setting.value.value === null
  if (removes) {
    entries.delete(key)
  } else {
    const below = setAt(tree === null ? null : childOf(tree, key), rest, inner)
    if ('problem' in below) return below
    const keyAt = rest.length === 0 ? setting.at : (entries.get(key)?.keyAt ?? setting.at)
    entries.set(key, { keyAt, value: below.tree })
  }
  return { tree: { kind: 'map', at: tree?.kind === 'map' ? tree.at : setting.at, entries } }
}

function setInList(
  tree: Extract<Located, { kind: 'list' }>,
  key: string | number,
  rest: Path,
  setting: Setting,
): { tree: Located } | { problem: string } {
  const index = typeof key === 'number' ? key : /^\d+$/.test(key) ? Number(key) : -1
  if (index < 0 || index >= tree.items.length) {
    const last = tree.items.length - 1
    return { problem: `${pathText(setting.done)} is not in the list; its indexes are 0 to ${last}` }
  }
  const below = setAt(tree.items[index] ?? null, rest, setting)
  if ('problem' in below) return below
  return { tree: { ...tree, items: tree.items.map((item, at) => (at === index ? below.tree : item)) } }
}
