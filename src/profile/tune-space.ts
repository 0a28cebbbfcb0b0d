import { z } from 'zod'
import { assert } from '../core/assert.js'
import { NautilusError } from '../core/errors.js'
import { nearNameHint } from '../core/near-name.js'
import { type Amount, amountText, parseAmount, roundedAmount } from '../tune/amount.js'
import type { TunedCondition, TunedSetting } from '../tune/config.js'
import type { Condition, Parameter, Settings, Space, Value } from '../tune/space.js'
import { settingsProblems, spaceProblems } from '../tune/space-problems.js'
import type { Profile } from './load.js'
import { type Path, pathText } from './located.js'
import { parsePath } from './overrides.js'
import { profileSchema } from './schema.js'
import { type Facts, factsOf, inputAt, keysOf, type Schema, schemaAt } from './schema-walk.js'

// From the `tune` section of a profile to the space of a search, and from settings of a search back to values of the profile. A
// search moves in base units; a profile holds what a person would write.

type Tuned = {
  readonly parameter: Parameter
  /** How its numbers are written; null of choices. */
  readonly quantity: Amount['quantity'] | null
  readonly schema: Schema
}

export type TuneSpace = {
  readonly space: Space
  /** What the profile holds now. */
  readonly current: Settings
  /** `path=value` for each setting, as `--set` takes them. */
  readonly overridesOf: (settings: Settings) => string[]
  /** Settings as a person would choose them: three digits of a number, where those are allowed. */
  readonly rounded: (settings: Settings) => Settings
}

/** What is wrong, and with which setting or forbidden combination; the place in the file is the caller's to find. */
type TuneProblem = { readonly path: Path; readonly text: string }

type Section = {
  readonly settings: Readonly<Record<string, TunedSetting>>
  readonly forbidden: readonly TunedCondition[]
}

/** The space of a profile that was checked, and says what may be tuned. */
export function tuneSpaceOf({ config, shownFile }: Profile): TuneSpace {
  if (config.tune === undefined || Object.keys(config.tune.settings).length === 0) {
    throw new NautilusError('PROFILE_INVALID', `profile ${shownFile} names no setting under tune`, {
      hint: whatToWrite,
    })
  }
  const read = readTuneSpace(config.tune, config)
  assert(!('problems' in read), 'a profile was checked before it is tuned')
  return read
}

const whatToWrite =
  'Write `tune: { settings: { engines.shop.env.POOL_SIZE: { min: 1, max: 64, scale: log } } }`, for one; `nautilus tune --profile P --list` shows what has a range.'

/** Either the space or all that is wrong with it. `profile` is the parsed one, defaults included, or as much of it as parsed. */
export function readTuneSpace(
  section: Section,
  profile: unknown,
): TuneSpace | { readonly problems: readonly TuneProblem[] } {
  const tuned: Tuned[] = []
  const unread: TuneProblem[] = []
  for (const [name, setting] of Object.entries(section.settings)) {
    const read = readSetting(name, setting, profile)
    if ('text' in read) unread.push({ path: ['settings', name], text: read.text })
    else tuned.push(read)
  }
  if (unread.length > 0) return { problems: unread }
  const space = spaceOf(section, tuned)
  const unsound = spaceProblems(space).map((found) => ({ path: placeOfProblem(found), text: found.message }))
  if (unsound.length > 0) return { problems: unsound }
  const current = currentOf(tuned, profile)
  const outside = settingsProblems(space, current).map((found) => ({
    path: placeOfProblem(found),
    text:
      found.parameter !== null && current[found.parameter] === undefined
        ? `${found.parameter} has no value in the profile; write the one that applies now, which a search begins from`
        : `${found.message} in the profile as it is; widen the range, or change the profile`,
  }))
  return outside.length > 0 ? { problems: outside } : joined(space, current, tuned)
}

function spaceOf({ settings, forbidden }: Section, tuned: readonly Tuned[]): Space {
  const kinds = new Map(tuned.map(({ parameter }) => [parameter.name, parameter.kind]))
  return {
    parameters: tuned.map(({ parameter }) => {
      const { when } = settings[parameter.name] ?? {}
      return when === undefined ? parameter : { ...parameter, when: conditionOf(when, kinds) }
    }),
    forbidden: forbidden.map((condition) => conditionOf(condition, kinds)),
  }
}

function currentOf(tuned: readonly Tuned[], profile: unknown): Settings {
  const current: Record<string, Value> = {}
  for (const { parameter } of tuned) {
    const value = currentValue(valueIn(profile, parsePath(parameter.name) ?? []), parameter)
    if (value !== undefined) current[parameter.name] = value
  }
  return current
}

function joined(space: Space, current: Settings, tuned: readonly Tuned[]): TuneSpace {
  const tunedBy = new Map(tuned.map((each) => [each.parameter.name, each]))
  return {
    space,
    current,
    overridesOf: (chosen) =>
      Object.entries(chosen).map(([name, value]) => {
        const found = tunedBy.get(name)
        return `${name}=${found === undefined ? value : valueText(found, value)}`
      }),
    rounded: (chosen) => {
      const entries = Object.entries(chosen).map(([name, value]) => [name, roundedValue(tunedBy.get(name), value)])
      const settings: Settings = Object.fromEntries(entries)
      return settingsProblems(space, settings).length === 0 ? settings : chosen
    },
  }
}

const placeOfProblem = ({ parameter, forbidden }: ReturnType<typeof spaceProblems>[number]): Path =>
  parameter !== null ? ['settings', parameter] : forbidden !== null ? ['forbidden', forbidden] : ['settings']

function readSetting(name: string, setting: TunedSetting, profile: unknown): Tuned | { readonly text: string } {
  const path = parsePath(name)
  if (path === null) return { text: `"${name}" is no path; write one such as engines.risk.settings.deadline` }
  if (!systemSections.includes(String(path[0]))) {
    return {
      text: `${name} is not of the system but of how it is measured; name settings of ${systemSections.join(', ')}`,
    }
  }
  const schema = schemaOf(path, profile)
  if ('text' in schema) return schema
  const facts = factsOf(schema.schema)
  const { min, max, scale, choices } = withMeta(setting, facts)
  if (choices !== undefined) {
    if (min !== undefined || max !== undefined) return { text: `${name} has both choices and a range; remove one` }
    const parameter: Parameter = { name, kind: 'choice', choices }
    const tuned: Tuned = { parameter, quantity: null, schema: schema.schema }
    const refused = choices.find((choice) => !takes(schema.schema, choice))
    return refused === undefined ? tuned : { text: `${name} cannot be ${JSON.stringify(refused)}, one of its choices` }
  }
  if (min === undefined || max === undefined) {
    return { text: `${name} has no range of its own; give it min and max, or choices` }
  }
  const [low, high] = [parseAmount(min), parseAmount(max)]
  if (low === null || high === null || low.quantity !== high.quantity) {
    return {
      text: `${name} ranges from ${min} to ${max}, which are not two amounts of one kind; write both in its unit`,
    }
  }
  const refused = [min, max].find((end) => !takes(schema.schema, end))
  if (refused !== undefined) return { text: `${name} cannot be ${refused}, an end of its range` }
  const whole = low.quantity === 'count' && Number.isInteger(low.value) && Number.isInteger(high.value)
  const kind = setting.type ?? (whole && !takesFractions(facts) ? 'int' : 'float')
  return {
    parameter: { name, kind, min: low.value, max: high.value, scale: scale ?? 'linear' },
    quantity: low.quantity,
    schema: schema.schema,
  }
}

/** What a search may change: another load or another limit would only make the figures better. */
const systemSections = ['engines', 'services', 'bus']

/** What a person wrote, else what the schema of the setting says. */
function withMeta(
  { min, max, scale, choices }: TunedSetting,
  { tune }: Facts,
): Pick<TunedSetting, 'min' | 'max' | 'scale' | 'choices'> {
  if (min !== undefined || max !== undefined || choices !== undefined || tune === null) {
    return { min, max, scale, choices }
  }
  return { min: tune.min, max: tune.max, scale: scale ?? tune.scale, choices: tune.choices }
}

/** A number that may have a fraction, as far as the schema tells; of an environment variable nothing is known. */
const takesFractions = ({ inner }: Facts): boolean => inner instanceof z.ZodNumber && inner.format !== 'safeint'

function schemaOf(path: Path, profile: unknown): { readonly schema: Schema } | { readonly text: string } {
  let schema: Schema = profileSchema()
  for (const [index, key] of path.entries()) {
    const below = schemaAt(profileSchema(), path.slice(0, index + 1), profile)
    if (below === null) {
      const above = path.slice(0, index)
      const here = index === 0 ? 'a profile' : pathText(above)
      const held = valueIn(profile, above)
      const known = keysOf(schema, held)
      // One of several forms, and the profile has another: `batch: off` has no window.
      const text = known.includes(String(key))
        ? `${here} is ${JSON.stringify(held) ?? 'not there'} in the profile, which has no "${key}"; write the form that has it`
        : `${here} has no "${key}"; ${nearNameHint(String(key), known)}`
      return { text }
    }
    schema = below
  }
  return { schema }
}

function valueIn(profile: unknown, path: Path): unknown {
  let value = profile
  for (const key of path) value = inputAt(value, key)
  return value
}

/** Whether a profile may hold it there. Variables and arguments are always text. */
const takes = (schema: Schema, value: Value): boolean => asInput(schema, value) !== null

function asInput(schema: Schema, value: Value): Value | null {
  if (z.safeParse(schema, value).success) return value
  return z.safeParse(schema, String(value)).success ? String(value) : null
}

/** An end of a range that has more digits is meant as it stands. */
function roundedValue(tuned: Tuned | undefined, value: Value): Value {
  if (tuned === undefined || typeof value !== 'number' || tuned.quantity === null) return value
  const rounded = roundedAmount({ quantity: tuned.quantity, value })
  const { parameter } = tuned
  if (parameter.kind === 'choice') return value
  return Math.min(parameter.max, Math.max(parameter.min, rounded))
}

/** As YAML, so that a text which looks like a number stays one. */
function valueText({ parameter, quantity, schema }: Tuned, value: Value): string {
  const isChoice = parameter.kind === 'choice' || quantity === null
  const written = isChoice ? value : amountText({ quantity, value: Number(value) })
  const plain = quantity === 'count' ? Number(written) : written
  const input = asInput(schema, plain) ?? plain
  return typeof input === 'string' && !isPlainText(input) ? JSON.stringify(input) : String(input)
}

/** Whether YAML reads it as the text that it is. */
const isPlainText = (text: string): boolean =>
  /^[A-Za-z0-9][\w./%-]*$/.test(text) && Number.isNaN(Number(text)) && !/^(true|false|null)$/i.test(text)

/** What the profile holds: one of the choices as they were written, or a number in its base unit. */
function currentValue(value: unknown, parameter: Parameter): Value | undefined {
  if (parameter.kind === 'choice') {
    return parameter.choices.find((choice) => choice === value || baseValue(choice) === value) ?? plainValue(value)
  }
  const held = plainValue(value)
  return held === undefined ? undefined : baseValue(held)
}

const plainValue = (value: unknown): Value | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined

const baseValue = (value: Value): Value => (typeof value === 'boolean' ? value : (parseAmount(value)?.value ?? value))

type Kinds = ReadonlyMap<string, Parameter['kind']>

/** Numbers are compared in their base units, choices as they were written. */
const conditionOf = (condition: TunedCondition, kinds: Kinds): Condition =>
  Object.fromEntries(
    Object.entries(condition).map(([name, match]) => [
      name,
      matchOf(match, (value) => (kinds.get(name) === 'choice' ? value : baseValue(value))),
    ]),
  )

function matchOf(match: TunedCondition[string], heldAs: (value: Value) => Value): Condition[string] {
  if (Array.isArray(match)) return match.map(heldAs)
  if (typeof match !== 'object') return [heldAs(match)]
  const bound = (end: string | number): number => parseAmount(end)?.value ?? Number.NaN
  const { min, max } = match
  return { ...(min !== undefined && { min: bound(min) }), ...(max !== undefined && { max: bound(max) }) }
}
