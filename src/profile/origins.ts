import { z } from 'zod'
import { mapTexts } from '../core/map-texts.js'
import { mask, maskSecrets } from '../core/secrets.js'
import { catalog } from '../engines/catalog.js'
import type { Profile } from './load.js'
import { placeText } from './load.js'
import type { Located, Path, Place } from './located.js'
import { pathText, plain, valueAt, visitScalars } from './located.js'
import { profileSchema } from './schema.js'
import type { Schema } from './schema-walk.js'
import { factsOf, inputAt, isEmpty, objectSchemaFor } from './schema-walk.js'

/** One value of a profile and where it came from: `FILE:LINE:COL`, `--set ...` or `default`. Masked. */
type Origin = { readonly path: string; readonly value: string; readonly from: string }

/** Every value that applies, written or default, in the order of the schema. */
export function originsOf(profile: Profile, cwd: string): Origin[] {
  const origins: Origin[] = []
  visitValues(profile, (path, value, at) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const from = at === null ? 'default' : placeText(at, cwd)
    const shown = maskedText(text, profile.secrets)
    origins.push({ path: pathText(path), value: shown, from: maskSecrets(from, profile.secrets) })
  })
  return origins
}

/** Every value that applies, in the order of the schema, and where it was written; null of a default. Not masked. */
export function visitValues(profile: Profile, each: (path: Path, value: unknown, at: Place | null) => void): void {
  visitDefaults(
    { schema: profileSchema(catalog), tree: profile.tree, inherited: undefined, path: [] },
    {
      written: (path, tree) => visitScalars(tree, (scalar, inner) => each(inner, scalar.value, scalar.at), path),
      fallback: (path, value) => each(path, value, null),
    },
  )
}

/** The input of a profile with secrets masked: what a stored result may show. */
export function maskedInput(profile: Profile): Readonly<Record<string, unknown>> {
  const masked = mapTexts(profile.input, (text) => maskedText(text, profile.secrets))
  return isRecord(masked) ? masked : {}
}

const maskedText = (text: string, secrets: readonly string[]): string =>
  secrets.includes(text) ? mask : maskSecrets(text, secrets)

type Visitor = {
  readonly written: (path: Path, tree: Located) => void
  readonly fallback: (path: Path, value: unknown) => void
}

type Spot = {
  readonly schema: Schema
  readonly tree: Located | null
  /** What the default of a parent holds here. */
  readonly inherited: unknown
  readonly path: Path
}

function visitDefaults({ schema, tree, inherited, path }: Spot, visitor: Visitor): void {
  const { inner, fallback } = factsOf(schema)
  const input = tree === null ? (inherited ?? fallback) : plain(tree)
  // What is neither written nor has a default does not apply.
  if (input === undefined) return
  const object = isRecord(input) ? objectSchemaFor(inner, input) : null
  if (object !== null) {
    for (const name of new Set([...Object.keys(object.shape), ...Object.keys(Object(input))])) {
      const child = object.shape[name] ?? object.def.catchall
      if (child === undefined || child instanceof z.ZodNever) continue
      const below = tree === null ? null : valueAt(tree, [name])
      const given = tree === null ? inputAt(input, name) : undefined
      visitDefaults({ schema: child, tree: below, inherited: given, path: [...path, name] }, visitor)
    }
  } else if (tree?.kind === 'map' && inner instanceof z.ZodRecord) {
    for (const [name, { value }] of tree.entries) {
      visitDefaults({ schema: inner.def.valueType, tree: value, inherited: undefined, path: [...path, name] }, visitor)
    }
  } else if (tree !== null) {
    visitor.written(path, tree)
  } else if (!isEmpty(input)) {
    visitor.fallback(path, input)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
