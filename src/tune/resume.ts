import type { StudyHeader } from '../results/study.js'

type Compared = Pick<StudyHeader, 'machineClass' | 'profileName' | 'input' | 'goal' | 'seed' | 'space' | 'current'>

const namedMax = 5

/** What keeps a study from being gone on with, a sentence each: its figures would be compared with those of something else. */
export function differencesOf(kept: Compared, now: Compared): string[] {
  const changed = [...changesIn(kept.input, plainOf(now.input), '')]
  const more = changed.length > namedMax ? [`and ${changed.length - namedMax} more settings of the profile`] : []
  return [
    ...(kept.machineClass === now.machineClass
      ? []
      : [`the machine is ${now.machineClass}, the study is from ${kept.machineClass}`]),
    ...(kept.goal === now.goal ? [] : [`the goal is "${now.goal}", that of the study "${kept.goal}"`]),
    ...(kept.seed === now.seed ? [] : [`the seed is ${now.seed}, that of the study ${kept.seed}`]),
    ...changed.slice(0, namedMax),
    ...more,
    ...[...changesIn(kept.space, plainOf(now.space), 'the space: ')].slice(0, namedMax),
  ]
}

/** As a file holds it. */
const plainOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

function* changesIn(kept: unknown, now: unknown, path: string): Generator<string> {
  if (isMap(kept) && isMap(now)) {
    for (const key of new Set([...Object.keys(kept), ...Object.keys(now)])) {
      yield* changesIn(kept[key], now[key], /(^|: )$/.test(path) ? `${path}${key}` : `${path}.${key}`)
    }
  } else if (JSON.stringify(kept) !== JSON.stringify(now)) {
    yield `${path} is ${shown(now)}, in the study ${shown(kept)}`
  }
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const shown = (value: unknown): string => (value === undefined ? 'not there' : JSON.stringify(value).slice(0, 60))
