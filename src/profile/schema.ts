import { z } from 'zod'
import { claimsConfig, componentsConfig } from '../bench/components/config.js'
import { loadConfig, noLoad } from '../bench/config.js'
import type { CatalogEntry } from '../engines/catalog.js'
import { catalog } from '../engines/catalog.js'
import { busConfig } from '../platform/bus/config.js'
import { slaConfig } from '../sla/config.js'
import type { ProcessConfig } from '../supervisor/config.js'
import { processConfig, serviceConfig } from '../supervisor/config.js'
import { tuneConfig } from '../tune/config.js'
import { plainName } from './names.js'

// A profile, put together from the slices of those who obey them. Nothing below profile/ sees it whole.

export type Catalog = Readonly<Record<string, CatalogEntry>>
/** `settings` is there for shipped engines only; each engine's own schema has checked it. */
export type EngineConfig = ProcessConfig & { readonly settings?: unknown }

const foreignEngine = processConfig.describe(
  'How the process of an engine is run. One of your own has `command` or `url`; a shipped one has `settings` besides.',
)

const shippedEngine = (name: string, entry: CatalogEntry) =>
  z
    .strictObject({ settings: entry.config.prefault({}).describe(`Settings of ${name}.`), ...processConfig.shape })
    .describe(`The shipped engine \`${name}\`${portText(entry)}.`)

const portText = ({ port }: CatalogEntry): string =>
  port === undefined ? '' : `, on port ${port} unless \`port\` says otherwise`

/** Schema of one engine: a shipped one has settings, any other is a foreign process. */
export const engineSchema = (name: string, engines: Catalog): z.ZodType<EngineConfig> => {
  const entry = Object.hasOwn(engines, name) ? engines[name] : undefined
  return entry === undefined ? foreignEngine : shippedEngine(name, entry)
}

type ProfileSchema = ReturnType<typeof buildSchema>

const built = new WeakMap<Catalog, ProfileSchema>()

/** Building costs milliseconds and reading a profile asks often: one schema a catalog. */
export function profileSchema(engines: Catalog = catalog): ProfileSchema {
  const known = built.get(engines)
  if (known !== undefined) return known
  const schema = buildSchema(engines)
  built.set(engines, schema)
  return schema
}

const buildSchema = (engines: Catalog) =>
  z.strictObject({
    version: z.literal(1).describe('Version of this format.'),
    name: z
      .string()
      .regex(plainName, 'must begin with a letter or digit and hold only those, ".", "_" and "-"')
      .describe('Name of the profile, as reports and the list of runs show it.'),
    description: z
      .string()
      .optional()
      .describe('One sentence on what the profile is for; `nautilus check --list` shows it.'),
    extends: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .describe(
        'Profiles to begin from: files relative to this one, or names of shipped ones. Maps merge, lists replace.',
      ),
    services: z.record(z.string(), serviceConfig).default({}).describe('Backing services by name.'),
    bus: busConfig.prefault({ kind: 'redis' }).describe('How the engines talk to each other.'),
    engines: z
      .object(shapeOf(engines))
      .catchall(foreignEngine)
      .prefault({})
      .describe('Engines by name: shipped ones with their settings, and those of your own.'),
    load: loadConfig
      .prefault(noLoad)
      .describe('What is sent, when, and for how long. A profile of `components` alone has none.'),
    sla: slaConfig.prefault({ endToEnd: {} }).describe('What the system must achieve under this load.'),
    components: componentsConfig.default([]),
    claims: claimsConfig.default([]),
    tune: tuneConfig.optional().describe('What `nautilus tune` may change, and what is to get better.'),
  })

export type ProfileConfig = Readonly<
  Omit<z.output<ProfileSchema>, 'engines'> & { engines: Readonly<Record<string, EngineConfig>> }
>

function shapeOf(engines: Catalog) {
  return Object.fromEntries(
    Object.entries(engines).map(([name, entry]) => [name, shippedEngine(name, entry).optional()] as const),
  )
}
