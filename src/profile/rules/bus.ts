import { isPlain, loadConfig } from '../../bench/config.js'
import { nearNameHint } from '../../core/near-name.js'
import { topics } from '../../engines/model/messages.js'
import { sharedMemoryProblem } from '../../platform/bus/shared-memory/mapping.js'
import { keyPlaceOf, type Path, type Problem, placeOf, valueAt } from '../located.js'
import { timesFunctions } from './components.js'
import type { Rule, RuleContext } from './rule.js'

// What the bus of a profile must hold to: its servers are there, and its topics are some that travel.

export const busRules: readonly Rule[] = [
  busServiceIsRedis,
  sharedMemoryIsThere,
  otherBusesAreRedis,
  busListsAreTopics,
  busTopicsAreTopics,
  topicsHaveTheirBus,
  ordersArrive,
  listsAreCertain,
]

function busServiceIsRedis({ parts, tree, shipped }: RuleContext): Problem[] {
  if (parts.bus?.kind !== 'redis' || !usesBus({ parts, tree, shipped })) return []
  const remedy = 'or set bus to { kind: in-process }'
  return redisProblem(parts, parts.bus.service, { at: placeOf(tree, ['bus', 'service']), remedy })
}

/** A machine without shared memory needs the Redis that a profile names for it. */
function sharedMemoryIsThere({ parts, tree }: RuleContext): Problem[] {
  const { bus } = parts
  if (bus?.kind !== 'shared-memory') return []
  const { service, region } = bus
  const kind = parts.services[service]?.kind
  if (kind === 'redis') return []
  const at = placeOf(tree, ['bus', 'service'])
  if (kind !== undefined)
    return [{ at, text: `the bus needs a redis to fall back to, the service ${service} is ${kind}; name another` }]
  const problem = parts.serviceNames.includes(service) ? null : sharedMemoryProblem(region)
  if (problem === null) return []
  return [
    {
      at,
      text: `${problem}, and the bus has no redis to fall back to; add \`${service}: { kind: redis }\` under services`,
    },
  ]
}

function otherBusesAreRedis({ parts, tree }: RuleContext): Problem[] {
  if (parts.bus?.kind !== 'redis') return []
  const { service, others } = parts.bus
  return Object.keys(others).flatMap((name) => {
    const at = keyPlaceOf(tree, ['bus', 'others', name])
    if (name === service) return [{ at, text: `bus.others names "${name}", which is the first bus; remove it` }]
    return redisProblem(parts, name, { at, remedy: 'or remove it from bus.others' })
  })
}

/** What is wrong with a bus of this name. */
function redisProblem(
  parts: RuleContext['parts'],
  service: string,
  { at, remedy }: { readonly at: Problem['at']; readonly remedy: string },
): Problem[] {
  const kind = parts.services[service]?.kind
  if (kind === 'redis') return []
  if (!parts.serviceNames.includes(service)) {
    const near = nearNameHint(service, parts.serviceNames)
    const add = `add \`${service}: { kind: redis }\` under services`
    const how = near.startsWith('did you mean') ? near : `${add}, ${remedy}`
    return [{ at, text: `the bus has no service "${service}"; ${how}` }]
  }
  if (kind === undefined) return []
  return [{ at, text: `the bus needs a redis, the service ${service} is ${kind}; name another` }]
}

/** A profile that only drives a plain target, or only times functions, has nothing that meets on a bus. */
function usesBus({ parts, tree, shipped }: Pick<RuleContext, 'parts' | 'tree' | 'shipped'>): boolean {
  // As written: a load with another fault is still one without a bus.
  const scenario = valueAt(tree, ['load', 'scenario'])
  const driven = loadConfig.shape.scenario.safeParse(scenario?.kind === 'scalar' ? scenario.value : null).data
  const timesOnly = driven === 'component' || (valueAt(tree, ['load']) === null && timesFunctions(tree))
  if (!timesOnly && (driven === undefined || !isPlain(driven) || driven === 'bus')) return true
  const ownEngines = Object.entries(parts.engines).filter(([name, { command, url }]) => {
    return shipped.includes(name) && command === undefined && url === undefined
  })
  return ownEngines.length > 0 || valueAt(tree, ['bus']) !== null
}

const shippedTopics: readonly string[] = Object.values(topics)

function busListsAreTopics({ parts, tree }: RuleContext): Problem[] {
  if (parts.bus?.kind !== 'redis') return []
  return unknownTopics(tree, ['bus', 'lists'], Object.keys(parts.bus.lists), shippedTopics)
}

function busTopicsAreTopics({ parts, tree }: RuleContext): Problem[] {
  if (parts.bus?.kind !== 'redis') return []
  const target = parts.load?.target
  const own = target?.kind === 'bus' ? [target.topic, target.answers] : []
  return unknownTopics(tree, ['bus', 'topics'], Object.keys(parts.bus.topics), [...shippedTopics, ...own])
}

const unknownTopics = (
  tree: RuleContext['tree'],
  path: Path,
  written: readonly string[],
  known: readonly string[],
): Problem[] =>
  written
    .filter((topic) => !known.includes(topic))
    .map((topic) => ({
      at: keyPlaceOf(tree, [...path, topic]),
      text: `${path.join('.')} names the unknown topic "${topic}"; ${nearNameHint(topic, known)}`,
    }))

function topicsHaveTheirBus({ parts, tree }: RuleContext): Problem[] {
  if (parts.bus?.kind !== 'redis') return []
  const buses = [parts.bus.service, ...Object.keys(parts.bus.others)]
  return Object.entries(parts.bus.topics).flatMap(([topic, { bus }]) => {
    if (bus === undefined || buses.includes(bus)) return []
    const text = `the topic ${topic} goes to the unknown bus "${bus}"; ${nearNameHint(bus, buses)}`
    return [{ at: placeOf(tree, ['bus', 'topics', topic, 'bus']), text }]
  })
}

/** What orders, their answers, and the talk of the driver with the engines travel by: the accounting rests on them. */
const certainTopics: readonly string[] = [
  topics.orderIntent,
  topics.orderChecked,
  topics.orderPlaced,
  topics.executionReport,
  topics.outcome,
  topics.control,
  topics.flushed,
]

function ordersArrive({ parts, tree }: RuleContext): Problem[] {
  return latestTopics(parts)
    .filter((topic) => certainTopics.includes(topic))
    .map((topic) => ({
      at: placeOf(tree, ['bus', 'topics', topic, 'delivery']),
      text: `bus.topics.${topic}.delivery is latest, but orders and what answers them must arrive; set certain`,
    }))
}

function listsAreCertain({ parts, tree }: RuleContext): Problem[] {
  const lists = parts.bus?.kind === 'redis' ? parts.bus.lists : {}
  return latestTopics(parts)
    .filter((topic) => Object.hasOwn(lists, topic))
    .map((topic) => ({
      at: placeOf(tree, ['bus', 'topics', topic, 'delivery']),
      text: `the topic ${topic} travels by a list, which keeps every message; remove it from bus.lists, or set certain`,
    }))
}

function latestTopics({ bus }: RuleContext['parts']): string[] {
  const routed = bus?.kind === 'redis' ? Object.entries(bus.topics) : []
  return routed.flatMap(([topic, { delivery }]) => (delivery === 'latest' ? [topic] : []))
}
