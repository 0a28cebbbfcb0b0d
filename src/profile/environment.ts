import { assertNever } from '../core/assert.js'
import { secretsOfUrls } from '../core/secrets.js'
import type { Entry, Located, Path, Problem } from './located.js'
import { visitScalars } from './located.js'

// `${NAME}` and `${NAME:-default}` in values; `$${` is a plain `${`.

const reference = /\$\$\{|\$\{([^}]*)\}/g
const nameAndDefault = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s
const secretKey = /password|passwd|secret|token|api[_-]?key|access[_-]?key|credential|private[_-]?key/i

/** Whether the value of a request header is nobody else's concern. */
const isSecretHeader = (name: string): boolean =>
  secretKey.test(name) || /^(proxy-)?authorization$|^cookie$/i.test(name)

export type Environment = Readonly<Record<string, string | undefined>>

/** Replaces references in all values. What the environment gave is marked, and may be read as a number where one is due. */
export function expandEnvironment(tree: Located, env: Environment, problems: Problem[]): Located {
  switch (tree.kind) {
    case 'map': {
      const entries = new Map<string, Entry>()
      for (const [key, { keyAt, value }] of tree.entries) {
        entries.set(key, { keyAt, value: expandEnvironment(value, env, problems) })
      }
      return { ...tree, entries }
    }
    case 'list':
      return { ...tree, items: tree.items.map((item) => expandEnvironment(item, env, problems)) }
    case 'scalar': {
      if (typeof tree.value !== 'string' || !tree.value.includes('${')) return tree
      const parts: string[] = []
      const value = tree.value.replaceAll(reference, (whole: string, inside: string | undefined) => {
        if (inside === undefined) return '${'
        const found = lookUp(inside, env)
        if ('problem' in found) problems.push({ at: tree.at, text: found.problem })
        else if (found.given) parts.push(found.value)
        return 'problem' in found ? whole : found.value
      })
      return { kind: 'scalar', at: tree.at, value, fromEnvironment: parts }
    }
    default:
      return assertNever(tree)
  }
}

/**
 * What must be masked in every output: text that came from the environment, passwords in URLs, and values under a key that
 * says so. Figures are none: `plainly` tells which values the schema reads as a number, a limit or a choice.
 */
export function secretsIn(tree: Located, plainly: (path: Path) => boolean): string[] {
  const secrets = new Set<string>()
  visitScalars(tree, (scalar, path) => {
    if (typeof scalar.value !== 'string' || scalar.value === '') return
    for (const secret of secretsOfUrls(scalar.value)) secrets.add(secret)
    const variable = path[0] === 'engines' && path[2] === 'env'
    if (variable && secretKey.test(String(path[3]))) secrets.add(scalar.value)
    const header = path[0] === 'load' && path[1] === 'target' && path[2] === 'headers'
    if (header && isSecretHeader(String(path[3]))) secrets.add(scalar.value)
    if (scalar.fromEnvironment === undefined || plainly(path)) return
    for (const part of scalar.fromEnvironment) if (part !== '') secrets.add(part)
  })
  return [...secrets]
}

type LookedUp = { readonly value: string; readonly given: boolean } | { readonly problem: string }

function lookUp(inside: string, env: Environment): LookedUp {
  const match = nameAndDefault.exec(inside)
  const name = match?.[1]
  if (name === undefined) return { problem: `"\${${inside}}" is not a variable; write \${NAME} or \${NAME:-default}` }
  const value = env[name]
  if (value !== undefined && value !== '') return { value, given: true }
  if (match?.[2] !== undefined) return { value: match[2], given: false }
  if (value === '') return { value, given: true }
  return { problem: `the environment has no ${name}; set it, or write \${${name}:-default}` }
}
