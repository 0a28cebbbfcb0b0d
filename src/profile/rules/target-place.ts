import { nearNameHint } from '../../core/near-name.js'
import { topics } from '../../engines/model/messages.js'
import { keyPlaceOf, type Problem, placeOf, valueAt } from '../located.js'
import type { Rule, RuleContext } from './rule.js'

// Where a plain target is: at one address, which fits its kind, or at an engine, a service or the bus of the profile, which
// must be there.

export const targetPlaceRules: readonly Rule[] = [
  targetIsInOnePlace,
  targetUrlFitsItsKind,
  targetEngineExists,
  fanOutEnginesExist,
  targetServiceExists,
  busTargetHasABus,
  busTargetIsHeard,
]

const at = ['load', 'target']

/** By scenario. */
export const targetExamples: Readonly<Record<string, string>> = {
  http: '{ kind: http, url: http://127.0.0.1:3000/ }',
  websocket: '{ kind: websocket, url: ws://127.0.0.1:3000/ }',
  redis: '{ kind: redis, url: redis://127.0.0.1:6379, command: [GET, key] }',
  postgres: '{ kind: postgres, url: postgres://user@127.0.0.1:5432/db, query: select 1 }',
  bus: '{ kind: bus, topic: question, answers: answer }',
  'fan-out': '{ kind: fan-out, mode: parallel }',
  function: '{ kind: function, module: ./work.js }',
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
  const example = /(\w+:\/\/\S+?)[, ]/.exec(`${targetExamples[target.kind.replace('-stream', '')]}`)?.[1]
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

function busTargetHasABus({ parts, tree }: RuleContext): Problem[] {
  if (parts.load?.target?.kind !== 'bus' || parts.bus?.kind !== 'in-process') return []
  const text =
    'a bus target has its answers from other processes, and an in-process bus reaches none; set bus.kind to redis'
  return [{ at: placeOf(tree, at), text }]
}

/** Topics in shared memory are heard by the engines that ship, and by the load itself. */
function busTargetIsHeard({ parts, tree, shipped }: RuleContext): Problem[] {
  const target = parts.load?.target
  if (target?.kind !== 'bus' || parts.bus?.kind !== 'shared-memory' || target.topic === target.answers) return []
  const asked = Object.entries(parts.engines).some(
    ([name, { command, url }]) => shipped.includes(name) && command === undefined && url === undefined,
  )
  const stray = (['topic', 'answers'] as const).find((key) => !asked || !shippedTopics.includes(target[key]))
  if (stray === undefined) return []
  const text = `no shipped engine of the profile has to do with "${target[stray]}", and a program of your own cannot hear a bus in shared memory; set bus.kind to redis`
  return [{ at: placeOf(tree, [...at, stray]), text }]
}

const shippedTopics: readonly string[] = Object.values(topics)
