import { isScalar, parseDocument } from 'yaml'
import { plain } from './located.js'
import { parsePath } from './overrides.js'
import { readYamlValue } from './read.js'

/**
 * The text of a profile with other values, all else as it was. Values that stand there are replaced where they stand; where one
 * does not, the file is written anew, which keeps comments and order and may change blanks. Null where a value stands in a list
 * of another file, which would have to be repeated whole.
 */
export function appliedText(text: string, set: readonly string[]): string | null {
  const document = parseDocument(text)
  const changes = set.map((option) => {
    const equals = option.indexOf('=')
    return { path: parsePath(option.slice(0, equals)) ?? [], option, written: option.slice(equals + 1) }
  })
  const edits = changes.flatMap(({ path, written }) => {
    const node = document.getIn(path, true)
    return isScalar(node) && node.range ? [{ from: node.range[0], to: node.range[1], written }] : []
  })
  if (edits.length === changes.length) {
    return edits
      .toSorted((a, b) => b.from - a.from)
      .reduce((done, { from, to, written }) => done.slice(0, from) + written + done.slice(to), text)
  }
  for (const { path, option, written } of changes) {
    const list = path.findIndex((key) => typeof key === 'number')
    if (list >= 0 && !document.hasIn(path)) return null
    const read = readYamlValue(option, written).tree
    document.setIn(path, read === null ? null : plain(read))
  }
  return document.toString({ lineWidth: 0 })
}
