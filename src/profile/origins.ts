import { z } from 'zod'
import { mask, maskSecrets } from '../core/secrets.js'
import { catalog } from '../engines/catalog.js'
import type { Profile } from './load.js'
import { placeText } from './load.js'
import type { Located, Path } from './located.js'
import { pathText, plain, valueAt, visitScalars } from './located.js'
import { profileSchema } from './schema.js'
import type { Schema } from './schema-walk.js'
import { factsOf, objectSchemaFor } from './schema-walk.js'

/** One value of a profile and where it came from: `FILE:LINE:COL`, `--set ...` or `default`. Masked. */
export type Origin = { readonly path: string; readonly value: string; readonly from: string }

/** Every value that applies, written or default, in the order of the schema. */
export function originsOf(profile: Profile, cwd: string): Origin[] {
  const origins: Origin[] = []
  const add = (path: Path, value: unknown, from: string): void => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const shown = profile.secrets.includes(text) ? mask : maskSecrets(text, profile.secrets)
    origins.push({ path: pathText(path), value: shown, from: maskSecrets(from, profile.secrets) })
  }
  visitDefaults(profileSchema(catalog), profile.tree, [], {
    written: (path, tree) => {
      visitScalars(tree, (scalar, inner) => add(inner, scalar.value, placeText(scalar.at, cwd)), path)
    },
    fallback: (path, value) => add(path, value, 'default'),
  })
  return origins
}

/** The input of a profile with secrets masked: what a stored result may show. */
export function maskedInput(profile: Profile): Readonly<Record<string, unknown>> {
  const masked = maskedValue(profile.input, profile.secrets)
  return isRecord(masked) ? masked : {}
}

function maskedValue(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return secrets.includes(value) ? mask : maskSecrets(value, secrets)
  if (Array.isArray(value)) return value.map((item) => maskedValue(item, secrets))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskedValue(inner, secrets)]))
}

type Visitor = {
  readonly written: (path: Path, tree: Located) => void
  readonly fallback: (path: Path, value: unknown) => void
}

function visitDefaults(schema: Schema, tree: Located | null, path: Path, visitor: Visitor): void {
  const { inner, fallback } = factsOf(schema)
  const input = tree === null ? fallback : plain(tree)
  const object = objectSchemaFor(inner, input)
  if (object !== null && (tree === null ? isRecord(fallback) : tree.kind === 'map')) {
    const written = tree?.kind === 'map' ? [...tree.entries.keys()] : []
    const names = new Set([...Object.keys(object.shape), ...written])
    for (const name of names) {
      const child = object.shape[name] ?? object.def.catchall
      const value = tree === null ? null : valueAt(tree, [name])
      if (child !== undefined && !(child instanceof z.ZodNever)) visitMember(child, value, [...path, name], visitor)
    }
    return
  }
  if (tree?.kind === 'map' && inner instanceof z.ZodRecord) {
    for (const [name, entry] of tree.entries) visitDefaults(inner.def.valueType, entry.value, [...path, name], visitor)
    return
  }
  if (tree !== null) visitor.written(path, tree)
  else if (fallback !== undefined && !isEmpty(fallback)) visitor.fallback(path, fallback)
}

/** A member that is neither written nor has a default does not apply. */
function visitMember(schema: Schema, tree: Located | null, path: Path, visitor: Visitor): void {
  if (tree === null && factsOf(schema).fallback === undefined) return
  visitDefaults(schema, tree, path, visitor)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0
