import { isPlain } from '../../bench/config.js'
import { expectedStatuses } from '../../bench/target/expect-status.js'
import { columnsIn, placeholdersIn, unclosedIn } from '../../bench/target/template.js'
import { keyPlaceOf, type Path, type Problem, pathText, placeOf, valueAt } from '../located.js'
import type { Rule, RuleContext } from './rule.js'
import { targetExamples } from './target-place.js'

// What the load of a plain target must hold to: one that is no system of ours, driven by its protocol. Where it is, in
// target-place.ts.

export const targetRules: readonly Rule[] = [
  scenarioHasItsTarget,
  targetFilesExist,
  placeholdersHaveColumns,
  placeholdersAreClosed,
  placeholdersAreFilled,
  statusesAreStatuses,
  http2IsSpokenOverTls,
  plainTargetHasNoSource,
  workersShareConnections,
  closedLoopHasNoResponseTimes,
]

const at = ['load', 'target']

/** Kinds of target that a scenario drives; none for the shipped systems. */
const kindsOf: Readonly<Record<string, readonly string[] | undefined>> = {
  http: ['http'],
  websocket: ['websocket'],
  redis: ['redis', 'redis-stream'],
  postgres: ['postgres'],
  bus: ['bus'],
  'fan-out': ['fan-out'],
  function: ['function'],
}

function scenarioHasItsTarget({ parts, tree }: RuleContext): Problem[] {
  const scenario = parts.load?.scenario ?? 'pipeline'
  const kinds = kindsOf[scenario]
  if (kinds === undefined) return []
  const target = parts.load?.target
  if (target === undefined) {
    const text = `the scenario ${scenario} drives what load.target describes; add it, such as \`target: ${targetExamples[scenario]}\``
    return [{ at: placeOf(tree, ['load', 'scenario']), text }]
  }
  if (kinds.includes(target.kind)) return []
  const text = `load.target is of the kind ${target.kind}, the scenario ${scenario} drives ${kinds.join(' or ')}; change one`
  return [{ at: placeOf(tree, [...at, 'kind']), text }]
}

function targetFilesExist({ parts, tree, fileExists }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (parts.load === undefined || target === undefined) return []
  const { arrivals } = parts.load
  const named: [string, Path][] = []
  if (arrivals.kind === 'recorded' && arrivals.file !== undefined) {
    named.push([arrivals.file, ['load', 'arrivals', 'file']])
  }
  if ('data' in target && target.data !== undefined) named.push([target.data.file, [...at, 'data', 'file']])
  if ('module' in target) named.push([target.module, [...at, 'module']])
  if (target.kind === 'http' && target.bodyFile !== undefined) {
    const path = [...at, 'bodyFile']
    if (target.body !== undefined)
      return [{ at: keyPlaceOf(tree, path), text: 'load.target has both body and bodyFile; keep one' }]
    named.push([target.bodyFile, path])
  }
  return named
    .filter(([file, path]) => !fileExists(file, path.map(String)))
    .map(([file, path]) => ({
      at: placeOf(tree, path),
      text: `there is no file ${file}; paths are relative to the file that names them`,
    }))
}

/** The rows themselves are read, and the columns looked for in them, before the first request. */
function placeholdersHaveColumns({ parts, tree }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target === undefined || ('data' in target && target.data !== undefined)) return []
  return templatesIn(target).flatMap(([path, text]) =>
    columnsIn(text).map((name) => ({
      at: placeOf(tree, [...at, ...path]),
      text: `${pathText([...at, ...path])} names {{${name}}}, but there are no rows; add load.target.data, or write {{seq}}`,
    })),
  )
}

type Target = NonNullable<NonNullable<RuleContext['parts']['load']>['target']>

function templatesIn(target: Target): [Path, string][] {
  switch (target.kind) {
    case 'http':
      return [
        [['url'], target.url ?? ''],
        [['path'], target.path],
        [['body'], target.body ?? ''],
        ...Object.entries(target.headers).map(([name, value]): [Path, string] => [['headers', name], value]),
      ]
    case 'websocket':
      return [[['message'], target.message]]
    case 'fan-out':
      return [[['path'], target.path]]
    case 'redis':
      return target.command.map((text, index) => [['command', index], text])
    case 'postgres':
      return target.values.map((text, index) => [['values', index], text])
    case 'redis-stream':
    case 'bus':
      return [[['body'], target.body]]
    default:
      return []
  }
}

/** It would be sent as it stands. */
function placeholdersAreClosed({ parts, tree }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target === undefined) return []
  return [...templatesIn(target), ...constantsIn(target)].flatMap(([path, text]) => {
    const found = unclosedIn(text)
    if (found === null) return []
    const place = [...at, ...path]
    return [
      {
        at: placeOf(tree, place),
        text: `${pathText(place)} opens "${found}" and does not close it; write }} after the name`,
      },
    ]
  })
}

/** What all requests share is no template. */
function placeholdersAreFilled({ parts, tree }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target === undefined) return []
  return constantsIn(target).flatMap(([path, text]) => {
    const [found] = placeholdersIn(text)
    if (found === undefined) return []
    const place = [...at, ...path]
    const instead =
      target.kind === 'postgres'
        ? `the statement is prepared once; write $1 for it, and \`values: ["${found}"]\` into load.target of a profile`
        : 'it is the same for all requests; remove it'
    return [{ at: placeOf(tree, place), text: `${pathText(place)} has ${found}, but ${instead}` }]
  })
}

function constantsIn(target: Target): [Path, string][] {
  switch (target.kind) {
    case 'postgres':
      return [[['query'], target.query]]
    case 'websocket':
      return [
        [['url'], target.url ?? ''],
        [['path'], target.path],
        ...Object.entries(target.headers).map(([name, value]): [Path, string] => [['headers', name], value]),
      ]
    case 'redis-stream':
      return [
        [['stream'], target.stream],
        [['answers'], target.answers ?? ''],
      ]
    default:
      return []
  }
}

function statusesAreStatuses({ parts, tree }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target?.kind !== 'http' && target?.kind !== 'fan-out') return []
  return target.expectStatus.flatMap((status, index) => {
    const parsed = expectedStatuses([status])
    return 'problem' in parsed ? [{ at: placeOf(tree, [...at, 'expectStatus', index]), text: parsed.problem }] : []
  })
}

function http2IsSpokenOverTls({ parts, tree }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target?.kind !== 'http' || !target.http2) return []
  const problems: Problem[] = []
  if (target.url?.startsWith('http:') === true || target.engine !== undefined) {
    const text = 'HTTP/2 is agreed upon over TLS; write an https url, or remove load.target.http2'
    problems.push({ at: placeOf(tree, [...at, 'http2']), text })
  }
  if (target.pipelining > 1) {
    const text = 'pipelining is a matter of HTTP/1.1, over HTTP/2 all requests of a connection go at once; remove it'
    problems.push({ at: placeOf(tree, [...at, 'pipelining']), text })
  }
  return problems
}

function plainTargetHasNoSource({ parts, tree }: RuleContext): Problem[] {
  if (parts.load === undefined || !isPlain(parts.load.scenario)) return []
  const problems: Problem[] = []
  if (valueAt(tree, ['load', 'source']) !== null) {
    const text =
      'load.source is what the pipeline and orders send; a plain target is sent what load.target says, remove it'
    problems.push({ at: keyPlaceOf(tree, ['load', 'source']), text })
  }
  if (parts.load.arrivals.kind === 'recorded' && parts.load.arrivals.file === undefined) {
    const text = 'recorded arrivals of a plain target come from a file; add load.arrivals.file, or choose poisson'
    problems.push({ at: placeOf(tree, ['load', 'arrivals', 'kind']), text })
  }
  return problems
}

function workersShareConnections({ parts, tree }: RuleContext): Problem[] {
  const { load } = parts
  if (load?.target === undefined || load.target.kind === 'function') return []
  const { arrivals, workers, connections } = load
  const shared = arrivals.kind === 'closed' ? arrivals.users : connections
  if (workers <= shared) return []
  const what = arrivals.kind === 'closed' ? 'load.arrivals.users' : 'load.connections'
  const text = `load.workers is ${workers}, but ${what} is ${shared}; each worker needs one, lower or raise it`
  return [{ at: placeOf(tree, ['load', 'workers']), text }]
}

function closedLoopHasNoResponseTimes({ parts, tree }: RuleContext): Problem[] {
  if (parts.load?.arrivals.kind !== 'closed' || !isPlain(parts.load.scenario)) return []
  const text =
    'a closed loop sends only when it was answered, so it has no response times to limit; remove it, or choose open arrivals'
  return [['sla', 'endToEnd'] as const, ['sla', 'budget'] as const]
    .filter((path) => {
      const found = valueAt(tree, path)
      return found?.kind === 'map' && found.entries.size > 0
    })
    .map((path) => ({ at: keyPlaceOf(tree, path), text: `${pathText(path)}: ${text}` }))
}
