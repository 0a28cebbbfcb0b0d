import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { nearNameHint } from '../core/near-name.js'
import { listProfiles, shippedFolder } from './find.js'
import type { Entry, Located, Place, Problem, Scalar } from './located.js'
import { childOf } from './located.js'
import { readYaml } from './read.js'

// A file and what it extends, as one tree: bases first, in their order, the file itself over them.

const fileBytesMax = 1024 * 1024
const filesMax = 50

export type Family = { readonly tree: Located | null; readonly problems: readonly Problem[] }

/** Reads a profile and all that it extends. Maps merge, lists and values replace, an empty value takes a key away. */
export function readFamily(file: string): Family {
  const problems: Problem[] = []
  const start: Place = { kind: 'file', file, line: 1, column: 1 }
  const tree = readMember({ file, from: start, chain: [], problems, counter: { files: 0 } })
  return { tree, problems }
}

/** `over` laid upon `base`. A map whose `kind` changes replaces the other: its keys mean something else. */
export function merge(base: Located, over: Located): Located {
  if (base.kind !== 'map' || over.kind !== 'map') return over
  const kind = kindOf(over)
  if (kind !== null && kind !== kindOf(base)) return over
  const entries = new Map<string, Entry>(base.entries)
  for (const [key, entry] of over.entries) {
    const below = entries.get(key)
    const removes = entry.value.kind === 'scalar' && entry.value.value === null
    if (below === undefined) entries.set(key, entry)
    else if (removes) entries.delete(key)
    else entries.set(key, { keyAt: entry.keyAt, value: merge(below.value, entry.value) })
  }
  return { kind: 'map', at: over.at, entries }
}

function kindOf(tree: Located): Scalar {
  const kind = childOf(tree, 'kind')
  return kind?.kind === 'scalar' ? kind.value : null
}

type Member = {
  readonly file: string
  /** Where the file is named: the place to complain about when it cannot be read. */
  readonly from: Place
  readonly chain: readonly string[]
  readonly problems: Problem[]
  readonly counter: { files: number }
}

function readMember(member: Member): Located | null {
  const { file, from, chain, problems, counter } = member
  if (chain.includes(file)) {
    const circle = [...chain.slice(chain.indexOf(file)), file].map((part) => basename(part)).join(' -> ')
    problems.push({ at: from, text: `extends itself: ${circle}; remove one link` })
    return null
  }
  counter.files += 1
  if (counter.files > filesMax) {
    if (counter.files === filesMax + 1) problems.push({ at: from, text: `more than ${filesMax} files; extend fewer` })
    return null
  }
  const text = textOf(file, from, problems)
  if (text === null) return null
  const { tree, problems: faults } = readYaml(file, text)
  problems.push(...faults)
  if (tree === null || tree.kind !== 'map') return null
  const entries = new Map(tree.entries)
  const bases = basesOf(entries.get('extends'), file, problems)
  entries.delete('extends')
  const own: Located = { kind: 'map', at: tree.at, entries }
  let merged: Located | null = null
  for (const base of bases) {
    const below = readMember({ ...member, file: base.file, from: base.at, chain: [...chain, file] })
    if (below !== null) merged = merged === null ? below : merge(merged, below)
  }
  return merged === null ? own : merge(merged, own)
}

function textOf(file: string, from: Place, problems: Problem[]): string | null {
  const stats = statSync(file)
  let what = stats.isFile() ? `is larger than ${fileBytesMax / 1024 / 1024} MiB` : 'is not a file'
  if (stats.isFile() && stats.size <= fileBytesMax) {
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      what = `cannot be read (${error instanceof Error ? error.message.split(',')[0] : String(error)})`
    }
  }
  problems.push({ at: from, text: `${file} ${what}; name a YAML file` })
  return null
}

type Base = { readonly file: string; readonly at: Place }

function basesOf(entry: Entry | undefined, file: string, problems: Problem[]): Base[] {
  if (entry === undefined) return []
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value]
  return items.flatMap((item) => {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') {
      problems.push({ at: item.at, text: 'extends must be a file or a list of files, such as [base.yaml]' })
      return []
    }
    const isPath = /\.ya?ml$/.test(item.value) || item.value.includes('/')
    const found = isPath ? resolve(dirname(file), item.value) : join(shippedFolder(), `${item.value}.yaml`)
    if (existsSync(found)) return [{ file: found, at: item.at }]
    const names = listProfiles(dirname(file)).map((profile) => profile.name)
    const missing = isPath
      ? `there is no file ${item.value} beside ${basename(file)}; paths are relative to the file that extends`
      : `no profile "${item.value}" ships with nautilus; ${nearNameHint(item.value, names)}`
    problems.push({ at: item.at, text: missing })
    return []
  })
}
