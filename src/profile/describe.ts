import { z } from 'zod'
import { catalog } from '../engines/catalog.js'
import { profileSchema } from './schema.js'
import { type Facts, factsOf, isEmpty, type Schema, variantsOf } from './schema-walk.js'

// The schema as documentation: a page of tables for people, JSON Schema for editors.

/** JSON Schema (draft 2020-12) of what a person writes; units are strings such as "10ms". */
export function profileJsonSchema(): Record<string, unknown> {
  return {
    title: 'nautilus profile',
    ...z.toJSONSchema(profileSchema(catalog), {
      io: 'input',
      target: 'draft-2020-12',
      override: ({ zodSchema, jsonSchema }) => {
        // Search ranges are ours: no validator knows the keyword.
        delete jsonSchema['tune']
        // zod leaves out the examples of what it transforms; ours are of what a person writes.
        const { examples } = factsOf(zodSchema)
        if (examples.length > 0) jsonSchema.examples = [...examples]
      },
    }),
  }
}

/** `docs/profile.md`: a section for each map of the profile, a row for each key. */
export function profileReference(): string {
  const sections = sectionsOf(profileSchema(catalog))
  const lines = [
    '# Profile reference',
    '',
    'Generated from the schema by `npm run docs`. A profile is a YAML file; `nautilus check PROFILE` lists every problem of',
    'one, `nautilus schema` prints this as JSON Schema for editors. Values bear their unit: durations `ns us ms s m h d`,',
    `sizes \`B KB KiB MB MiB GB GiB\`, rates \`/s /m /h\`, shares \`1%\` or \`0.01\`. \`\${NAME}\` and \`\${NAME:-default}\` take variables of`,
    'the environment, `--set path=value` overrides one value, `extends` begins from other profiles: maps merge (a map whose',
    '`kind` changes replaces the other), lists replace, an empty value takes a key away.',
    '',
    ...sections.flatMap(renderSection),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

/** Every leaf of the schema by its path; names of a user's choice stand as `NAME`. */
export function schemaLeaves(): { readonly path: string; readonly key: string; readonly description: string }[] {
  return sectionsOf(profileSchema(catalog)).flatMap(({ path, rows }) =>
    rows
      .filter(({ leaf }) => leaf)
      .map(({ key, facts }) => ({ path: joined(path, key), key, description: facts.description })),
  )
}

type Row = { readonly key: string; readonly type: string; readonly facts: Facts; readonly leaf: boolean }
type Section = {
  readonly path: string
  /** What sets this form of the map apart, such as `kind: redis`. */
  readonly variant: string
  readonly description: string
  readonly rows: readonly Row[]
}

function sectionsOf(schema: Schema): Section[] {
  const found: Section[] = []
  collect(schema, { path: '', variant: '', description: '' }, found)
  return found
}

function collect(schema: Schema, at: Omit<Section, 'rows'>, found: Section[]): void {
  const { inner, description } = factsOf(schema)
  const here = { ...at, description: description || at.description }
  if (inner instanceof z.ZodObject) {
    const fields = Object.entries(inner.shape).filter(([key]) => !isToldOnce(at.path, key))
    const rows = fields.map(([key, field]) => rowOf(key, field))
    const onlySettings = rows.length === 1 && rows[0]?.key === 'settings'
    if (rows.length > 0 && !onlySettings) found.push({ ...here, rows })
    for (const [key, field] of fields) {
      collect(field, { path: joined(at.path, key), variant: '', description: '' }, found)
    }
    const { catchall } = inner.def
    if (catchall !== undefined && !(catchall instanceof z.ZodNever)) {
      collect(catchall, { path: joined(at.path, 'NAME'), variant: '', description: '' }, found)
    }
  } else if (inner instanceof z.ZodDiscriminatedUnion) {
    for (const { value, member } of variantsOf(inner)) {
      collect(member, { ...here, variant: `${inner.def.discriminator}: ${value}` }, found)
    }
  } else if (inner instanceof z.ZodUnion) {
    collectUnion(inner, here, found)
  } else if (inner instanceof z.ZodRecord) {
    collect(inner.def.valueType, { ...here, path: joined(at.path, 'NAME') }, found)
  } else if (inner instanceof z.ZodArray) {
    collect(inner.def.element, { ...here, path: `${at.path}[]` }, found)
  }
}

/** Forms of a map that are told apart by their keys stand in one section. */
function collectUnion(union: z.ZodUnion, here: Omit<Section, 'rows'>, found: Section[]): void {
  const forms = union.options.map((option) => factsOf(option).inner).filter((inner) => inner instanceof z.ZodObject)
  if (forms.length < 2) {
    for (const option of union.options) collect(option, here, found)
    return
  }
  const rows = forms.flatMap((form) => Object.entries(form.shape).map(([key, field]) => rowOf(key, field)))
  const oneOf = rows.map((row) => ({ ...row, facts: { ...row.facts, optional: true } }))
  found.push({ ...here, description: `${here.description} One of these keys.`, rows: oneOf })
}

/** How a process is run is the same for every engine, and stands once, at `engines.NAME`. */
const isToldOnce = (path: string, key: string): boolean => {
  const [section, engine, ...rest] = path.split('.')
  const ofShipped = section === 'engines' && engine !== undefined && Object.hasOwn(catalog, engine)
  return ofShipped && rest.length === 0 && key !== 'settings'
}

function rowOf(key: string, schema: Schema): Row {
  const facts = factsOf(schema)
  return { key, facts, type: typeOf(facts.inner, facts), leaf: !holdsMap(facts.inner) }
}

/** True where a section of its own follows. */
function holdsMap(schema: Schema): boolean {
  const { inner } = factsOf(schema)
  if (inner instanceof z.ZodObject) return true
  if (inner instanceof z.ZodUnion) return inner.options.some(holdsMap)
  if (inner instanceof z.ZodRecord) return holdsMap(inner.def.valueType)
  return inner instanceof z.ZodArray && holdsMap(inner.def.element)
}

const quantities: Readonly<Record<string, string>> = {
  '10ms': 'duration',
  '64KiB': 'size',
  '1000/s': 'rate',
  '0.01%': 'share',
}

function typeOf(schema: Schema, facts: Facts): string {
  const { inner, examples } = schema === facts.inner ? facts : factsOf(schema)
  const quantity = quantities[String(examples[0])]
  if (quantity !== undefined) return quantity
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => `\`${option}\``).join(' or ')
  if (inner instanceof z.ZodLiteral) return [...inner.values].map((value) => `\`${String(value)}\``).join(' or ')
  if (inner instanceof z.ZodNumber) return numberType(inner)
  if (inner instanceof z.ZodBoolean) return 'true or false'
  if (inner instanceof z.ZodString) return 'text'
  if (inner instanceof z.ZodObject) return 'map'
  if (inner instanceof z.ZodArray) return `list of ${typeOf(inner.def.element, facts)}`
  if (inner instanceof z.ZodRecord) return `map of names to ${typeOf(inner.def.valueType, facts)}`
  if (inner instanceof z.ZodUnion)
    return [...new Set(inner.options.map((option) => typeOf(option, facts)))].join(' or ')
  return 'value'
}

function numberType({ minValue, maxValue, isInt }: z.ZodNumber): string {
  const word = isInt ? 'whole number' : 'number'
  const least = minValue !== null && minValue > Number.MIN_SAFE_INTEGER ? minValue : null
  const most = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER ? maxValue : null
  if (least !== null && most !== null) return `${word}, ${least} to ${most}`
  if (least !== null) return `${word}, at least ${least}`
  return most === null ? word : `${word}, at most ${most}`
}

function renderSection({ path, variant, description, rows }: Section): string[] {
  const title = path === '' ? 'Top level' : `\`${path}\``
  const searched = rows.some(({ facts }) => facts.tune !== null)
  const columns = ['key', 'type', 'default', 'meaning', ...(searched ? ['search range'] : [])]
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [
    `## ${title}${variant === '' ? '' : `, \`${variant}\``}`,
    '',
    ...(description === '' ? [] : [description, '']),
    line(columns),
    `|${'---|'.repeat(columns.length)}`,
    ...rows.map(({ key, type, facts }) => {
      const meaning =
        facts.description || (facts.inner instanceof z.ZodLiteral ? 'Says which form of the map this is.' : '')
      const cells = [`\`${key}\``, type, fallbackText(facts), meaning]
      return line(searched ? [...cells, tuneText(facts)] : cells)
    }),
    '',
  ]
}

function fallbackText({ fallback, optional }: Facts): string {
  if (isEmpty(fallback)) return ''
  if (fallback !== undefined) return `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``
  return optional ? '' : 'required'
}

function tuneText({ tune }: Facts): string {
  if (tune === null) return ''
  if (tune.choices !== undefined) return tune.choices.map((choice) => `\`${String(choice)}\``).join(', ')
  const scale = tune.scale === undefined ? '' : `, ${String(tune.scale)}`
  return `${String(tune.min)} to ${String(tune.max)}${scale}`
}

const joined = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)
