import { z } from 'zod'
import type { Path } from './located.js'

// Reads a zod schema as data: what stands at a path, which keys it knows, what its leaves are.

export type Schema = z.core.$ZodType

type Tune = {
  readonly min?: string | number
  readonly max?: string | number
  readonly scale?: 'linear' | 'log'
  readonly choices?: (string | number | boolean)[]
}

export type Facts = {
  /** The schema without what only wraps it. */
  readonly inner: Schema
  readonly optional: boolean
  /** As a person would write it; undefined where there is none. */
  readonly fallback: unknown
  readonly description: string
  readonly examples: readonly unknown[]
  /** Search range: from `min` to `max`, or among `choices`. */
  readonly tune: Tune | null
}

/** Takes off optional, default and the like, gathering what they say; the outermost word counts. */
export function factsOf(schema: Schema): Facts {
  let inner = schema
  let optional = false
  let fallback: unknown
  let meta: Record<string, unknown> = {}
  for (;;) {
    meta = { ...z.globalRegistry.get(inner), ...meta }
    if (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
      fallback ??= inner.def.defaultValue
      optional = true
      inner = inner.def.innerType
    } else if (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) {
      optional = true
      inner = inner.def.innerType
    } else if (inner instanceof z.ZodReadonly || inner instanceof z.ZodNonOptional) {
      inner = inner.def.innerType
    } else {
      break
    }
  }
  const { description, examples, tune } = meta
  return {
    inner,
    optional,
    fallback,
    description: typeof description === 'string' ? description : '',
    examples: Array.isArray(examples) ? examples : [],
    tune: typeof tune === 'object' ? tune : null,
  }
}

/** The schema at a path; `value` is the input, which says which member of a union is meant. Null where there is none. */
export function schemaAt(schema: Schema, path: Path, value: unknown): Schema | null {
  let current: Schema | null = schema
  let input = value
  for (const key of path) {
    if (current === null) return null
    current = childSchema(current, key, input)
    input = inputAt(input, key)
  }
  return current
}

/** The object schema that is meant here, unions resolved by the input; null where no object is due. */
export function objectSchemaFor(schema: Schema, value: unknown): z.ZodObject | null {
  const { inner } = factsOf(schema)
  if (inner instanceof z.ZodObject) return inner
  if (!(inner instanceof z.ZodUnion)) return null
  const members = inner.options.map((option) => factsOf(option).inner).filter((member) => member instanceof z.ZodObject)
  return members.find((member) => matches(member, value)) ?? null
}

export function keysOf(schema: Schema, value: unknown): string[] {
  const found = objectSchemaFor(schema, value)
  if (found !== null) return Object.keys(found.shape)
  const { inner } = factsOf(schema)
  if (!(inner instanceof z.ZodUnion)) return []
  return [...new Set(inner.options.flatMap((option) => keysOf(option, undefined)))]
}

/** The fixed values that a discriminated union tells apart by: `kind` -> redis, postgres. */
export function variantsOf(schema: z.ZodDiscriminatedUnion): { value: string; member: z.ZodObject }[] {
  return schema.options.flatMap((option) => {
    const { inner } = factsOf(option)
    if (!(inner instanceof z.ZodObject)) return []
    const tag = inner.shape[schema.def.discriminator]
    const values = tag instanceof z.ZodLiteral ? [...tag.values] : []
    return values.map((value) => ({ value: String(value), member: inner }))
  })
}

function childSchema(schema: Schema, key: string | number, value: unknown): Schema | null {
  const { inner } = factsOf(schema)
  if (inner instanceof z.ZodRecord) return inner.def.valueType
  if (inner instanceof z.ZodArray) return inner.def.element
  const found = objectSchemaFor(inner, value)
  if (found === null) return null
  const own = Object.hasOwn(found.shape, key) ? found.shape[String(key)] : undefined
  const named = own ?? found.def.catchall ?? null
  return named instanceof z.ZodNever ? null : named
}

function matches(member: z.ZodObject, value: unknown): boolean {
  const fields = Object.entries(member.shape)
  const tags = fields.filter(([, field]) => field instanceof z.ZodLiteral && typeof field.value === 'string')
  const tagged = tags.map(([key, field]) => field instanceof z.ZodLiteral && field.value === inputAt(value, key))
  if (tagged.length > 0) return tagged.every(Boolean)
  return fields.some(([key]) => inputAt(value, key) !== undefined)
}

export function inputAt(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return Object.entries(value).find(([name]) => name === String(key))?.[1]
}

/** True of a map or list that holds nothing. */
export const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0
