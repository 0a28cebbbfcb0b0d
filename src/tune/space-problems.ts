import { type Condition, holds, isAllowed, isList, type Parameter, type Settings, type Space } from './space.js'

// What is wrong with a space, or with settings for it, all of it at once. Whoever read the space from a file knows the
// lines, so a problem names its parameter and leaves the place to the reader.

type SpaceProblem = {
  /** Null where it is a forbidden combination, which `forbidden` counts from 0. */
  readonly parameter: string | null
  readonly forbidden: number | null
  readonly message: string
}

export function spaceProblems(space: Space): SpaceProblem[] {
  const names = space.parameters.map(({ name }) => name)
  const own = space.parameters.flatMap((parameter, index) => {
    const { name, when } = parameter
    const messages = [
      ...(names.indexOf(name) < index ? [`${name} is declared twice`] : []),
      ...rangeProblems(parameter),
      ...(when === undefined ? [] : conditionProblems(space, when).map((text) => `the condition of ${name} ${text}`)),
      ...(dependsOnItself(space, name) ? [`${name} depends on itself by its conditions`] : []),
    ]
    return messages.map((message) => ({ parameter: name, forbidden: null, message }))
  })
  const forbidden = space.forbidden.flatMap((condition, index) =>
    conditionProblems(space, condition).map((text) => ({
      parameter: null,
      forbidden: index,
      message: `forbidden combination ${index + 1} ${text}`,
    })),
  )
  const none =
    space.parameters.length > 0 ? [] : [{ parameter: null, forbidden: null, message: 'the space has no parameters' }]
  return [...none, ...own, ...forbidden]
}

/** What keeps settings from being a point of the space; values of inactive parameters are no problem. */
export function settingsProblems(space: Space, settings: Settings): SpaceProblem[] {
  const unknown = Object.keys(settings)
    .filter((name) => !space.parameters.some((parameter) => parameter.name === name))
    .map((name) => ({ parameter: name, forbidden: null, message: `${name} is no parameter of the space` }))
  const active: Record<string, Settings[string]> = {}
  const values = inOrder(space).flatMap((parameter) => {
    const { name, when } = parameter
    if (when !== undefined && !holds(when, active)) return []
    const value = settings[name]
    if (value !== undefined) active[name] = value
    const message = valueProblem(parameter, value)
    return message === null ? [] : [{ parameter: name, forbidden: null, message }]
  })
  const combined = space.forbidden.flatMap((condition, index) =>
    isAllowed({ ...space, forbidden: [condition] }, active)
      ? []
      : [{ parameter: null, forbidden: index, message: `forbidden combination ${index + 1} holds` }],
  )
  return [...unknown, ...values, ...combined]
}

function rangeProblems(parameter: Parameter): string[] {
  const { name } = parameter
  if (parameter.kind === 'choice') {
    const { choices } = parameter
    if (choices.length === 0) return [`${name} has no choices`]
    return new Set(choices).size < choices.length ? [`${name} has a choice twice`] : []
  }
  const { kind, min, max, scale } = parameter
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [`${name} has no finite range`]
  const least = kind === 'int' ? 1 : Number.MIN_VALUE
  return [
    ...(min > max ? [`${name} ranges from ${min} to ${max}, which is backwards`] : []),
    ...(kind === 'int' && !(Number.isInteger(min) && Number.isInteger(max))
      ? [`${name} is a whole number and ranges from ${min} to ${max}`]
      : []),
    ...(scale === 'log' && min < least
      ? [`${name} has a logarithmic scale and begins at ${min}, must be ${kind === 'int' ? 'at least 1' : 'above 0'}`]
      : []),
  ]
}

function conditionProblems(space: Space, condition: Condition): string[] {
  if (Object.keys(condition).length === 0) return ['names no parameter']
  return Object.entries(condition).flatMap(([name, match]) => {
    const parameter = space.parameters.find((one) => one.name === name)
    if (parameter === undefined) return [`names ${name}, which is no parameter of the space`]
    if (!isList(match)) {
      if (parameter.kind === 'choice') return [`gives ${name} bounds, which has choices`]
      const { min = parameter.min, max = parameter.max } = match
      return min > max || max < parameter.min || min > parameter.max ? [`asks ${name} for what it cannot be`] : []
    }
    if (match.length === 0) return [`gives no value for ${name}`]
    return match
      .filter((value) => valueProblem(parameter, value) !== null)
      .map((value) => `asks whether ${name} is ${JSON.stringify(value)}, which it cannot be`)
  })
}

function valueProblem(parameter: Parameter, value: Settings[string] | undefined): string | null {
  const { name } = parameter
  if (value === undefined) return `${name} has no value`
  const shown = JSON.stringify(value)
  if (parameter.kind === 'choice') {
    return parameter.choices.includes(value)
      ? null
      : `${name} is ${shown}, must be one of ${parameter.choices.join(', ')}`
  }
  const { kind, min, max } = parameter
  if (typeof value !== 'number' || (kind === 'int' && !Number.isInteger(value))) {
    return `${name} is ${shown}, must be a ${kind === 'int' ? 'whole ' : ''}number`
  }
  return value >= min && value <= max ? null : `${name} is ${shown}, must be from ${min} to ${max}`
}

function dependsOnItself(space: Space, name: string): boolean {
  const seen = new Set<string>()
  const open = parentsOf(space, name)
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    if (parent === name) return true
    if (seen.has(parent)) continue
    seen.add(parent)
    open.push(...parentsOf(space, parent))
  }
  return false
}

const parentsOf = (space: Space, name: string): string[] =>
  Object.keys(space.parameters.find((one) => one.name === name)?.when ?? {})

/** Parameters after those that their conditions name. */
function inOrder(space: Space): Parameter[] {
  const sorted: Parameter[] = []
  const seen = new Set<Parameter>()
  const place = (parameter: Parameter): void => {
    if (seen.has(parameter)) return
    seen.add(parameter)
    for (const parent of parentsOf(space, parameter.name)) {
      const found = space.parameters.find(({ name }) => name === parent)
      if (found !== undefined) place(found)
    }
    sorted.push(parameter)
  }
  for (const parameter of space.parameters) place(parameter)
  return sorted
}
