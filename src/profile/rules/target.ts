import { isPlain } from '../../bench/config.js'
import { expectedStatuses } from '../../bench/target/expect-status.js'
import { columnsIn, placeholdersIn, unclosedIn } from '../../bench/target/template.js'
import { nearNameHint } from '../../core/near-name.js'
import { keyPlaceOf, type Path, type Problem, pathText, placeOf, valueAt } from '../located.js'
import type { Rule, RuleContext } from './rule.js'

// What the load of a plain target must hold to: one that is no system of ours, driven by its protocol.

export const targetRules: readonly Rule[] = [
  scenarioHasItsTarget,
  targetIsInOnePlace,
  targetUrlFitsItsKind,
  targetEngineExists,
  fanOutEnginesExist,
  targetServiceExists,
  targetFilesExist,
  placeholdersHaveColumns,
  placeholdersAreClosed,
  placeholdersAreFilled,
  statusesAreStatuses,
  http2IsSpokenOverTls,
  busTargetHasABus,
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

const examples: Readonly<Record<string, string>> = {
  http: '{ kind: http, url: http://127.0.0.1:3000/ }',
  websocket: '{ kind: websocket, url: ws://127.0.0.1:3000/ }',
  redis: '{ kind: redis, url: redis://127.0.0.1:6379, command: [GET, key] }',
  postgres: '{ kind: postgres, url: postgres://user@127.0.0.1:5432/db, query: select 1 }',
  bus: '{ kind: bus, topic: question, answers: answer }',
  'fan-out': '{ kind: fan-out, mode: parallel }',
  function: '{ kind: function, module: ./work.js }',
}

function scenarioHasItsTarget({ parts, tree }: RuleContext): Problem[] {
  const scenario = parts.load?.scenario ?? 'pipeline'
  const kinds = kindsOf[scenario]
  if (kinds === undefined) return []
  const target = parts.load?.target
  if (target === undefined) {
    const text = `the scenario ${scenario} drives what load.target describes; add it, such as \`target: ${examples[scenario]}\``
    return [{ at: placeOf(tree, ['load', 'scenario']), text }]
  }
  if (kinds.includes(target.kind)) return []
  const text = `load.target is of the kind ${target.kind}, the scenario ${scenario} drives ${kinds.join(' or ')}; change one`
  return [{ at: placeOf(tree, [...at, 'kind']), text }]
}

/** By which keys a target of each kind says where it is: exactly one of them. */
const placesOf: Readonly<Record<string, readonly string[]>> = {
  http: ['url', 'engine'],
  websocket: ['url', 'engine'],
  redis: ['service', 'url'],
  'redis-stream': ['service', 'url'],
  postgres: ['service', 'url'],
}

function targetIsInOnePlace({ parts, tree }: RuleContext): Problem[] {
  const kind = parts.load?.target?.kind
  const keys = kind === undefined ? undefined : placesOf[kind]
  if (keys === undefined) return []
  const given = keys.filter((key) => valueAt(tree, [...at, key]) !== null)
  if (given.length === 1) {
    const stray = given[0] === 'url' && valueAt(tree, [...at, 'path']) !== null
    if (!stray) return []
    return [{ at: keyPlaceOf(tree, [...at, 'path']), text: 'load.target.path is for an engine; write it into the url' }]
  }
  if (given.length > 1) {
    return [{ at: keyPlaceOf(tree, at), text: `load.target has both ${given.join(' and ')}; keep one` }]
  }
  return [{ at: keyPlaceOf(tree, at), text: `load.target does not say where it is; add ${keys.join(' or ')}` }]
}

const schemes: Readonly<Record<string, RegExp>> = {
  http: /^https?:$/,
  websocket: /^wss?:$/,
  redis: /^rediss?:$/,
  'redis-stream': /^rediss?:$/,
  postgres: /^postgres(ql)?:$/,
}

function targetUrlFitsItsKind({ parts, tree }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target === undefined || !('url' in target) || target.url === undefined) return []
  if (/^unix:\//.test(target.url) && /^redis/.test(target.kind)) return []
  const url = URL.canParse(target.url) ? new URL(target.url) : null
  if (url !== null && schemes[target.kind]?.test(url.protocol) && !url.host.includes('{')) return []
  const example = /(\w+:\/\/\S+?)[, ]/.exec(`${examples[target.kind.replace('-stream', '')]}`)?.[1]
  const text = `load.target.url is not the address of a target of the kind ${target.kind}; write one such as ${example}`
  return [{ at: placeOf(tree, [...at, 'url']), text }]
}

function targetEngineExists({ parts, tree }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target === undefined || !('engine' in target) || target.engine === undefined) return []
  const path = [...at, 'engine']
  if (!parts.engineNames.includes(target.engine)) {
    const text = `load.target names the unknown engine "${target.engine}"; ${nearNameHint(target.engine, parts.engineNames)}`
    return [{ at: placeOf(tree, path), text }]
  }
  if (target.path.startsWith('/')) return []
  return [{ at: placeOf(tree, [...at, 'path']), text: `load.target.path is "${target.path}", must begin with /` }]
}

function fanOutEnginesExist({ parts, tree }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target?.kind !== 'fan-out') return []
  const unknown = (target.engines ?? []).flatMap((engine, index) => {
    if (parts.engineNames.includes(engine)) return []
    const text = `load.target names the unknown engine "${engine}"; ${nearNameHint(engine, parts.engineNames)}`
    return [{ at: placeOf(tree, [...at, 'engines', index]), text }]
  })
  if (target.engines === undefined && parts.engineNames.length === 0) {
    const text = 'a fan-out asks the engines of the profile, and there are none; add them under engines'
    return [{ at: placeOf(tree, at), text }]
  }
  if (target.path.startsWith('/')) return unknown
  const text = `load.target.path is "${target.path}", must begin with /`
  return [...unknown, { at: placeOf(tree, [...at, 'path']), text }]
}

function targetServiceExists({ parts, tree }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target === undefined || !('service' in target) || target.service === undefined) return []
  const wanted = target.kind === 'postgres' ? 'postgres' : 'redis'
  const path = [...at, 'service']
  if (!parts.serviceNames.includes(target.service)) {
    const add = `add \`${target.service}: { kind: ${wanted} }\` under services`
    return [{ at: placeOf(tree, path), text: `load.target names the unknown service "${target.service}"; ${add}` }]
  }
  const kind = parts.services[target.service]?.kind
  if (kind === undefined || kind === wanted) return []
  const text = `load.target needs a ${wanted}, the service ${target.service} is ${kind}; name another`
  return [{ at: placeOf(tree, path), text }]
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

function busTargetHasABus({ parts, tree }: RuleContext): Problem[] {
  if (parts.load?.target?.kind !== 'bus' || parts.bus?.kind !== 'in-process') return []
  const text =
    'a bus target has its answers from other processes, and an in-process bus reaches none; set bus.kind to redis'
  return [{ at: placeOf(tree, at), text }]
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
