import { z } from 'zod'
import { nearName, nearNameHint } from '../core/near-name.js'
import type { Located, Path, Problem } from './located.js'
import { keyPlaceOf, pathText, placeOf, plain, valueAt } from './located.js'
import { factsOf, keysOf, type Schema, schemaAt, variantsOf } from './schema-walk.js'

// What zod found, as sentences with a place: what was found, what must stand there.

type Issue = z.core.$ZodIssue

/** The problems behind one issue of zod; unions are followed into the member that was meant. */
export function explain(issue: Issue, tree: Located, schema: Schema): Problem[] {
  const path = pathOf(issue)
  const value = valueAt(tree, path)
  const at = placeOf(tree, path)
  const name = path.length === 0 ? 'the profile' : pathText(path)
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, path, tree, schema)
  if (value === null) return [{ at, text: missing(path, tree, schema) }]
  if (issue.code === 'custom') return [{ at, text: issue.message }]
  if (value.kind === 'scalar' && value.value === null) return [{ at, text: empty(path, tree, schema) }]
  if (issue.code === 'invalid_union') return invalidUnion(issue, { tree, schema, path })
  return [{ at, text: `${name} is ${shown(value)}, ${must(issue, path, tree, schema)}` }]
}

function must(issue: Issue, path: Path, tree: Located, schema: Schema): string {
  if (issue.code === 'invalid_format') return issue.message
  if (issue.code === 'too_small' || issue.code === 'too_big') return bound(issue)
  const due = demand(path, tree, schema)
  return due === 'text' ? 'must be text; put it in quotes' : `must be ${due}`
}

function unknownKeys(keys: readonly string[], path: Path, tree: Located, schema: Schema): Problem[] {
  const here = schemaAt(schema, path, plain(tree))
  const known = here === null ? [] : keysOf(here, inputOf(tree, path))
  const present = new Set(presentKeys(tree, path))
  const absent = known.filter((key) => !present.has(key))
  const where = path.length === 0 ? '' : ` in ${pathText(path)}`
  return keys.map((key) => {
    const near = nearName(key, absent) ?? nearName(key, known)
    const remedy = near !== null ? `did you mean "${near}"?` : known.length > 0 ? nearNameHint(key, known) : 'remove it'
    return { at: keyPlaceOf(tree, [...path, key]), text: `unknown key "${key}"${where}; ${remedy}` }
  })
}

function missing(path: Path, tree: Located, schema: Schema): string {
  const parent = path.slice(0, -1)
  const where = parent.length === 0 ? 'the profile' : pathText(parent)
  return `${where} has no "${path.at(-1)}"; add ${demand(path, tree, schema)}`
}

function empty(path: Path, tree: Located, schema: Schema): string {
  const here = schemaAt(schema, path, plain(tree))
  const allOptional = here !== null && z.safeParse(here, {}).success
  if (allOptional) return `${pathText(path)} is empty; write {} to take its defaults`
  return `${pathText(path)} is empty, must be ${demand(path, tree, schema)}`
}

/** Follows the member of a union that the value looks like; where none does, says what there is to choose from. */
function invalidUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  { tree, schema, path }: { tree: Located; schema: Schema; path: Path },
): Problem[] {
  const value = valueAt(tree, path)
  if (value?.kind === 'map' && value.entries.size > 0) {
    const keys = [...value.entries.keys()]
    const member = memberMeant(issue, keys, schemaAt(schema, path, plain(tree)))
    if (member === null) return unknownKeys(keys, path, tree, schema)
    return member.flatMap((inner) => explain({ ...inner, path: [...path, ...pathOf(inner)] }, tree, schema))
  }
  const found = value === null ? 'missing' : shown(value)
  const text = `${pathText(path)} is ${found}, must be ${demand(path, tree, schema)}`
  return [{ at: placeOf(tree, path), text }]
}

/** The issues of the first form that shares a key with the value. */
function memberMeant(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  keys: readonly string[],
  union: Schema | null,
): readonly Issue[] | null {
  const inner = union === null ? null : factsOf(union).inner
  if (!(inner instanceof z.ZodUnion)) return null
  const index = inner.options.findIndex((option) => keysOf(option, undefined).some((key) => keys.includes(key)))
  return issue.errors[index] ?? null
}

/** What must stand at a path, as a noun. */
function demand(path: Path, tree: Located, schema: Schema): string {
  const parent = schemaAt(schema, path.slice(0, -1), plain(tree))
  const inner = parent === null ? null : factsOf(parent).inner
  if (inner instanceof z.ZodDiscriminatedUnion && inner.def.discriminator === path.at(-1)) {
    return choice(variants(inner), inputOf(tree, path))
  }
  const here = schemaAt(schema, path, plain(tree))
  return here === null ? 'absent' : noun(here, inputOf(tree, path))
}

function noun(schema: Schema, value: unknown): string {
  const { inner, examples } = factsOf(schema)
  if (examples.length > 0) return `a value such as ${examples[0]}`
  if (inner instanceof z.ZodEnum) return choice(inner.options.map(String), value)
  if (inner instanceof z.ZodLiteral) return [...inner.values].map((item) => String(item)).join(' or ')
  if (inner instanceof z.ZodNumber) return inner.isInt ? 'a whole number' : 'a number'
  if (inner instanceof z.ZodBoolean) return 'true or false'
  if (inner instanceof z.ZodString) return 'text'
  if (inner instanceof z.ZodArray) return `a list${listExample(inner)}`
  if (inner instanceof z.ZodObject || inner instanceof z.ZodRecord) return `a map${withKeys(schema)}`
  if (inner instanceof z.ZodDiscriminatedUnion) {
    return `a map with ${inner.def.discriminator}: ${variants(inner).join(' or ')}`
  }
  if (!(inner instanceof z.ZodUnion)) return 'something else'
  const maps = inner.options.every((option) => factsOf(option).inner instanceof z.ZodObject)
  if (maps) return `a map with one of the keys ${keysOf(schema, undefined).join(', ')}`
  return inner.options.map((option) => noun(option, value)).join(' or ')
}

function listExample({ element }: z.ZodArray): string {
  const { inner } = factsOf(element)
  if (inner instanceof z.ZodString) return ' such as [a, b]'
  return inner instanceof z.ZodNumber ? ' such as [0, 1]' : ''
}

function withKeys(schema: Schema): string {
  const keys = keysOf(schema, undefined)
  return keys.length === 0 ? '' : ` with keys such as ${keys.slice(0, 3).join(', ')}`
}

function choice(options: readonly string[], value: unknown): string {
  const list = `one of ${options.join(', ')}`
  if (typeof value !== 'string') return list
  const hint = nearNameHint(value, options)
  return hint.startsWith('did you mean') ? `${list}; ${hint}` : list
}

const variants = (union: z.ZodDiscriminatedUnion): string[] => variantsOf(union).map(({ value }) => value)

function bound(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const least = issue.code === 'too_small'
  const limit = least ? issue.minimum : issue.maximum
  if (issue.inclusive === false) return `must be ${least ? 'above' : 'below'} ${limit}`
  const words = `at ${least ? 'least' : 'most'} ${limit}`
  if (issue.origin === 'array') return `must have ${words} ${Number(limit) === 1 ? 'entry' : 'entries'}`
  return issue.origin === 'string' ? `must have ${words} characters` : `must be ${words}`
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
