import { present } from '../core/assert.js'

// What a search may choose. A setting is a plain value by its parameter's name; parameters whose condition does not hold
// are inactive and have no value. Two maps lead out of settings: *positions*, one number in [0, 1] for each parameter, in
// which samplers and local steps move, and *features*, what the model sees.

export type Value = number | string | boolean
export type Settings = Readonly<Record<string, Value>>

/** One of these values, or a number within bounds. */
type Match = readonly Value[] | { readonly min?: number; readonly max?: number }

/** Holds where every named parameter is active and matches. */
export type Condition = Readonly<Record<string, Match>>

type Named = { readonly name: string; readonly when?: Condition }
type Numeric = Named & {
  readonly kind: 'int' | 'float'
  readonly min: number
  readonly max: number
  readonly scale: 'linear' | 'log'
}
type Choice = Named & { readonly kind: 'choice'; readonly choices: readonly Value[] }
export type Parameter = Numeric | Choice

export type Space = { readonly parameters: readonly Parameter[]; readonly forbidden: readonly Condition[] }

/** Where the model sees a parameter that is inactive: the middle, as far as can be from telling it what is not there. */
const inactivePosition = 0.5

/** The settings at a position, with those parameters alone that are active. */
export function settingsAt(space: Space, positions: ArrayLike<number>): Settings {
  const all = Object.fromEntries(
    space.parameters.map((parameter, index) => [
      parameter.name,
      valueAt(parameter, positions[index] ?? inactivePosition),
    ]),
  )
  return activeOf(space, all)
}

/** Settings without the values of inactive parameters, in the order of the space. */
export function activeOf(space: Space, settings: Settings): Settings {
  const active: Record<string, Value> = {}
  // A condition may name a parameter that stands further down: then another pass finds it.
  for (let found = -1; found < Object.keys(active).length; ) {
    found = Object.keys(active).length
    for (const { name, when } of space.parameters) {
      const value = settings[name]
      if (value !== undefined && (when === undefined || holds(when, active))) active[name] = value
    }
  }
  return Object.fromEntries(
    space.parameters.flatMap(({ name }) => (active[name] === undefined ? [] : [[name, active[name]]])),
  )
}

/** Whether no forbidden combination holds of settings that have active values alone. */
export const isAllowed = (space: Space, active: Settings): boolean =>
  !space.forbidden.some((condition) => holds(condition, active))

/** The inverse of `settingsAt`: whole numbers and choices lie in the middle of their cell. */
export function positionsOf(space: Space, settings: Settings): Float64Array {
  return Float64Array.from(space.parameters, (parameter) => {
    const value = settings[parameter.name]
    return value === undefined ? inactivePosition : positionOf(parameter, value)
  })
}

/** How many numbers the model sees of each parameter; those of one parameter share a length scale. */
export const featureGroups = (space: Space): readonly number[] =>
  space.parameters.flatMap((parameter, index) =>
    parameter.kind === 'choice' ? parameter.choices.map(() => index) : [index],
  )

/**
 * What the model sees of settings: positions of numbers, and of a choice a one where it is, so that all choices are
 * equally far apart (at distance 1). Rounded before the model sees them, as Garrido-Merchán and Hernández-Lobato advise
 * ("Dealing with categorical and integer-valued variables in Bayesian optimization", 2020): between two whole numbers
 * the model would learn what nobody can measure.
 */
export function featuresOf(space: Space, settings: Settings): Float64Array {
  const features: number[] = []
  for (const parameter of space.parameters) {
    const value = settings[parameter.name]
    if (parameter.kind !== 'choice') {
      features.push(value === undefined ? inactivePosition : positionOf(parameter, value))
      continue
    }
    const share = 1 / parameter.choices.length
    for (const choice of parameter.choices) {
      features.push((value === undefined ? share : value === choice ? 1 : 0) * Math.SQRT1_2)
    }
  }
  return Float64Array.from(features)
}

/** A text that two trials share exactly where they are replications of each other. */
export const keyOf = (space: Space, settings: Settings): string => {
  const active = activeOf(space, settings)
  return JSON.stringify(space.parameters.map(({ name }) => active[name] ?? null))
}

export const holds = (condition: Condition, active: Settings): boolean =>
  Object.entries(condition).every(([name, match]) => {
    const value = active[name]
    return value !== undefined && matches(match, value)
  })

function matches(match: Match, value: Value): boolean {
  if (isList(match)) return match.includes(value)
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = match
  return typeof value === 'number' && value >= min && value <= max
}

/** `Array.isArray` does not narrow read-only arrays. */
export const isList = (match: Match): match is readonly Value[] => Array.isArray(match)

function valueAt(parameter: Parameter, position: number): Value {
  if (parameter.kind === 'choice') {
    const { choices } = parameter
    const index = Math.min(choices.length - 1, Math.max(0, Math.floor(position * choices.length)))
    return present(choices[index], 'a choice has choices')
  }
  const { min, max, kind } = parameter
  const [low, high] = endsOf(parameter)
  const value = fromScale(parameter, low + (high - low) * position)
  return Math.min(max, Math.max(min, kind === 'int' ? Math.round(value) : value))
}

function positionOf(parameter: Parameter, value: Value): number {
  if (parameter.kind === 'choice') return (parameter.choices.indexOf(value) + 0.5) / parameter.choices.length
  const [low, high] = endsOf(parameter)
  if (!(high > low)) return inactivePosition
  return Math.min(1, Math.max(0, (toScale(parameter, Number(value)) - low) / (high - low)))
}

/** A whole number owns half the way to its neighbours, the first and the last as well. */
function endsOf(parameter: Numeric): readonly [number, number] {
  const half = parameter.kind === 'int' ? 0.5 : 0
  return [toScale(parameter, parameter.min - half), toScale(parameter, parameter.max + half)]
}

const toScale = ({ scale }: Numeric, value: number): number => (scale === 'log' ? Math.log(value) : value)
const fromScale = ({ scale }: Numeric, value: number): number => (scale === 'log' ? Math.exp(value) : value)
