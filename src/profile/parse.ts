import { z } from 'zod'
import { explain } from './explain.js'
import type { Entry, Located, Path, Problem } from './located.js'
import { childOf, plain, valueAt } from './located.js'
import type { Catalog, EngineConfig, ProfileConfig } from './schema.js'
import { engineSchema, profileSchema } from './schema.js'
import type { Schema } from './schema-walk.js'
import { factsOf, schemaAt } from './schema-walk.js'

/** The sections that parsed: rules run on them, so that all problems come at once. */
export type Parts = {
  readonly [Section in Exclude<keyof ProfileConfig, 'engines' | 'services'>]?: ProfileConfig[Section] | undefined
} & {
  /** Those that parsed, by name. */
  readonly engines: Readonly<Record<string, EngineConfig>>
  readonly services: ProfileConfig['services']
  /** All that were written, also those that did not parse. */
  readonly engineNames: readonly string[]
  readonly serviceNames: readonly string[]
}

export type ParsedProfile = {
  /** The tree with text of the environment turned into the numbers that it stands for. */
  readonly tree: Located
  readonly config: ProfileConfig | null
  readonly parts: Parts
  readonly problems: readonly Problem[]
}

export function parseProfile(written: Located, engines: Catalog): ParsedProfile {
  const schema = profileSchema(engines)
  const tree = numbersFromEnvironment(written, [], schema, plain(written))
  const input = plain(tree)
  const parsed = schema.safeParse(input)
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => explain(issue, tree, schema))
  const config = parsed.success ? { ...parsed.data, engines: withoutGaps(parsed.data.engines) } : null
  return { tree, config, parts: partsOf(tree, engines), problems }
}

function withoutGaps<Value>(record: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
  const entries = Object.entries(record).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  return Object.fromEntries(entries)
}

/**
 * True where a value is a figure or one of a few words that the schema knows, so that it cannot be a secret. Limits stay
 * readable too: a gate reads them again from the stored profile.
 */
export function isFigure(tree: Located, path: Path, engines: Catalog): boolean {
  if (path[0] === 'sla' || path[0] === 'components' || path[0] === 'claims' || path[0] === 'tune') return true
  const here = schemaAt(profileSchema(engines), path, plain(tree))
  const value = valueAt(tree, path)
  if (here === null || value === null) return false
  if (factsOf(here).inner instanceof z.ZodString) return false
  return z.safeParse(here, plain(value)).success
}

function partsOf(tree: Located, engines: Catalog): Parts {
  const { shape } = profileSchema(engines)
  const section = <Part extends z.ZodType>(name: string, part: Part): z.output<Part> | undefined => {
    const found = childOf(tree, name)
    return part.safeParse(found === null ? undefined : plain(found)).data
  }
  const members = <Value>(name: string, schemaOf: (member: string) => z.ZodType<Value>): Record<string, Value> =>
    Object.fromEntries(
      namesIn(tree, name).flatMap((member) => {
        const found = valueAt(tree, [name, member])
        const parsed = schemaOf(member).safeParse(found === null ? undefined : plain(found))
        return parsed.success ? [[member, parsed.data] as const] : []
      }),
    )
  return {
    version: section('version', shape.version),
    name: section('name', shape.name),
    description: section('description', shape.description),
    bus: section('bus', shape.bus),
    load: section('load', shape.load),
    sla: section('sla', shape.sla),
    components: section('components', shape.components),
    claims: section('claims', shape.claims),
    tune: section('tune', shape.tune),
    engines: members('engines', (name) => engineSchema(name, engines)),
    services: members('services', () => shape.services.def.innerType.def.valueType),
    engineNames: namesIn(tree, 'engines'),
    serviceNames: namesIn(tree, 'services'),
  }
}

function namesIn(tree: Located, section: string): string[] {
  const found = childOf(tree, section)
  return found?.kind === 'map' ? [...found.entries.keys()] : []
}

/** A variable of the environment is always text; where the schema wants a number or a yes or no, it is read as one. */
function numbersFromEnvironment(tree: Located, path: Path, schema: Schema, input: unknown): Located {
  if (tree.kind === 'map') {
    const entries = new Map<string, Entry>()
    for (const [key, { keyAt, value }] of tree.entries) {
      entries.set(key, { keyAt, value: numbersFromEnvironment(value, [...path, key], schema, input) })
    }
    return { ...tree, entries }
  }
  if (tree.kind === 'list') {
    const items = tree.items.map((item, index) => numbersFromEnvironment(item, [...path, index], schema, input))
    return { ...tree, items }
  }
  if (tree.fromEnvironment === undefined || typeof tree.value !== 'string') return tree
  const here = schemaAt(schema, path, input)
  const inner = here === null ? null : factsOf(here).inner
  if (inner instanceof z.ZodNumber && /^-?\d+(\.\d+)?$/.test(tree.value)) return { ...tree, value: Number(tree.value) }
  if (inner instanceof z.ZodBoolean && /^(true|false)$/.test(tree.value))
    return { ...tree, value: tree.value === 'true' }
  return tree
}
