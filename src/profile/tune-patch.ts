import { basename, relative } from 'node:path'
import { Document } from 'yaml'
import { readFamily } from './extend.js'
import { isShipped } from './find.js'
import type { Profile } from './load.js'
import { type Path, plain, valueAt } from './located.js'
import { parsePath } from './overrides.js'
import { readYamlValue } from './read.js'

type Patch = {
  /** `path=value`, as `--set` takes them. */
  readonly set: readonly string[]
  /** Where the patch will lie. */
  readonly folder: string
  /** Lines that stand above it. */
  readonly comment: readonly string[]
}

/** A profile that extends another and holds some settings alone. */
export function patchText(profile: Profile, { set, folder, comment }: Patch): string {
  const document = new Document({ version: 1, extends: baseOf(profile.file, folder) })
  document.commentBefore = comment.map((line) => ` ${line}`).join('\n')
  for (const option of set) {
    const equals = option.indexOf('=')
    const path = parsePath(option.slice(0, equals)) ?? []
    const read = readYamlValue(option, option.slice(equals + 1)).tree
    const list = path.findIndex((key) => typeof key === 'number')
    // Lists replace each other whole: one changed argument takes all of its command with it.
    if (list >= 0 && !document.hasIn(path.slice(0, list))) setList(document, profile, path.slice(0, list))
    document.setIn(path, read === null ? null : plain(read))
  }
  return document.toString({ lineWidth: 0 })
}

/** As it was written, so that no value of the environment stands in the patch. */
function setList(document: Document, { file, tree }: Profile, path: Path): void {
  const written = readFamily(file).tree
  const list = (written === null ? null : valueAt(written, path)) ?? valueAt(tree, path)
  document.setIn(path, document.createNode(list === null ? [] : plain(list)))
}

function baseOf(file: string, folder: string): string {
  if (isShipped(file)) return basename(file, '.yaml')
  const path = relative(folder, file)
  return path.startsWith('.') ? path : `./${path}`
}
