import { z } from 'zod'
import { nearName, nearNameHint } from '../core/near-name.js'
import type { Located, Path, Problem } from './located.js'
import { keyPlaceOf, pathText, placeOf, plain, valueAt } from './located.js'
import { factsOf, keysOf, type Schema, schemaAt } from './schema-walk.js'

// What zod found, as sentences with a place: what was found, what must stand there.

type Issue = z.core.$ZodIssue

/** The problems behind one issue of zod; unions are followed into the member that was meant. */
export function explain(issue: Issue, tree: Located, schema: Schema): Problem[] {
  const path = pathOf(issue)
  const value = valueAt(tree, path)
  const at = placeOf(tree, path)
  const say = (text: string): Problem[] => [{ at, text }]
  const name = path.length === 0 ? 'the profile' : pathText(path)
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, path, tree, schema)
  if (value === null) return say(missing(path, tree, schema))
  if (issue.code === 'custom' || issue.code === 'invalid_format') {
    return say(issue.code === 'custom' ? issue.message : `${name} ${shown(value)} ${issue.message}`)
  }
  if (value.kind === 'scalar' && value.value === null) return say(`${name} is empty; ${remedy(path, tree, schema)}`)
  if (issue.code === 'invalid_union') return invalidUnion(issue, { tree, schema, path })
  if (issue.code === 'too_small') return say(`${name} is ${shown(value)}, must be ${bound(issue, 'least')}`)
  if (issue.code === 'too_big') return say(`${name} is ${shown(value)}, must be ${bound(issue, 'most')}`)
  return say(`${name} is ${shown(value)}, ${remedy(path, tree, schema)}`)
}

function unknownKeys(keys: readonly string[], path: Path, tree: Located, schema: Schema): Problem[] {
  const here = schemaAt(schema, path, plain(tree))
  const known = here === null ? [] : keysOf(here, inputOf(tree, path))
  const present = new Set(presentKeys(tree, path))
  const absent = known.filter((key) => !present.has(key))
  const where = path.length === 0 ? '' : ` in ${pathText(path)}`
  return keys.map((key) => {
    const near = nearName(key, absent) ?? nearName(key, known)
    const remedy =
      near !== null ? `did you mean "${near}"?` : absent.length > 0 ? nearNameHint(key, absent) : 'remove it'
    return { at: keyPlaceOf(tree, [...path, key]), text: `unknown key "${key}"${where}; ${remedy}` }
  })
}

function missing(path: Path, tree: Located, schema: Schema): string {
  const key = path.at(-1)
  const parent = path.slice(0, -1)
  const where = parent.length === 0 ? 'the profile' : pathText(parent)
  return `${where} has no "${key}"; ${remedy(path, tree, schema).replace('must be', 'add')}`
}

/** Follows the member of a union that the value looks like; where none does, says what there is to choose from. */
function invalidUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  { tree, schema, path }: { tree: Located; schema: Schema; path: Path },
): Problem[] {
  const value = valueAt(tree, path)
  if (value?.kind === 'map') {
    const member = memberMeant(issue, Object.keys(Object(plain(value))), path, schema, tree)
    if (member !== null) {
      return member.flatMap((inner) => explain({ ...inner, path: [...path, ...pathOf(inner)] }, tree, schema))
    }
  }
  const found = value === null ? 'missing' : shown(value)
  return [{ at: placeOf(tree, path), text: `${pathText(path)} is ${found}, ${remedy(path, tree, schema)}` }]
}

function memberMeant(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  keys: readonly string[],
  path: Path,
  schema: Schema,
  tree: Located,
): readonly Issue[] | null {
  const here = schemaAt(schema, path, plain(tree))
  const inner = here === null ? null : factsOf(here).inner
  if (!(inner instanceof z.ZodUnion)) return null
  const index = inner.options.findIndex((option) => keysOf(option, undefined).some((key) => keys.includes(key)))
  return issue.errors[index] ?? null
}

/** What must stand here, as the second half of a sentence. */
function remedy(path: Path, tree: Located, schema: Schema): string {
  const parent = schemaAt(schema, path.slice(0, -1), plain(tree))
  const key = path.at(-1)
  if (parent !== null && key !== undefined) {
    const { inner } = factsOf(parent)
    const tag = inner instanceof z.ZodDiscriminatedUnion && inner.def.discriminator === key
    if (tag) return choice(variants(inner), inputOf(tree, path))
  }
  const here = schemaAt(schema, path, plain(tree))
  return here === null ? 'remove it' : demand(here, inputOf(tree, path))
}

function demand(schema: Schema, value: unknown): string {
  const { inner, examples } = factsOf(schema)
  if (examples.length > 0) return `must be a value such as ${examples[0]}`
  if (inner instanceof z.ZodEnum) return choice(inner.options.map(String), value)
  if (inner instanceof z.ZodLiteral) return `must be ${[...inner.values].map((item) => String(item)).join(' or ')}`
  if (inner instanceof z.ZodNumber) return inner.isInt ? 'must be a whole number' : 'must be a number'
  if (inner instanceof z.ZodBoolean) return 'must be true or false'
  if (inner instanceof z.ZodString) return 'must be text; put it in quotes'
  if (inner instanceof z.ZodArray) return 'must be a list such as [a, b]'
  if (inner instanceof z.ZodObject || inner instanceof z.ZodRecord) return `must be a map${withKeys(schema)}`
  if (inner instanceof z.ZodDiscriminatedUnion) {
    return `must be a map with ${inner.def.discriminator}: ${variants(inner).join(' or ')}`
  }
  if (inner instanceof z.ZodUnion) {
    const keys = keysOf(schema, undefined)
    if (keys.length > 0) return `must be a map with one of the keys ${keys.join(', ')}`
    return inner.options.map((option) => demand(option, value)).join(', or ')
  }
  return 'must be something else'
}

function withKeys(schema: Schema): string {
  const keys = keysOf(schema, undefined)
  return keys.length === 0 ? '' : ` with keys such as ${keys.slice(0, 3).join(', ')}`
}

function choice(options: readonly string[], value: unknown): string {
  const list = `must be one of ${options.join(', ')}`
  if (typeof value !== 'string') return list
  const hint = nearNameHint(value, options)
  return hint.startsWith('did you mean') ? `${list}; ${hint}` : list
}

const variants = (union: z.ZodDiscriminatedUnion): string[] =>
  union.options.flatMap((option) => {
    const tag = option instanceof z.ZodObject ? option.shape[union.def.discriminator] : undefined
    return tag instanceof z.ZodLiteral ? [...tag.values].map(String) : []
  })

function bound(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, word: 'least' | 'most'): string {
  const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum
  const what =
    issue.origin === 'array' ? `${limit} entries long` : issue.origin === 'string' ? `${limit} long` : `${limit}`
  if (issue.inclusive === false) return `${word === 'least' ? 'above' : 'below'} ${what}`
  return `at ${word} ${what}`
}

function shown(value: Located): string {
  if (value.kind === 'map') return 'a map'
  if (value.kind === 'list') return value.items.length === 0 ? 'an empty list' : 'a list'
  return typeof value.value === 'string' ? `"${value.value}"` : String(value.value)
}

const inputOf = (tree: Located, path: Path): unknown => {
  const found = valueAt(tree, path)
  return found === null ? undefined : plain(found)
}

const presentKeys = (tree: Located, path: Path): string[] => {
  const found = valueAt(tree, path)
  return found?.kind === 'map' ? [...found.entries.keys()] : []
}

const pathOf = (issue: Issue): Path => issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
