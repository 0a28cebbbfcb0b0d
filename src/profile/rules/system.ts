import { nearNameHint } from '../../core/near-name.js'
import { isBeside } from '../../engines/catalog.js'
import type { Path, Problem } from '../located.js'
import { keyPlaceOf, pathText, placeOf } from '../located.js'
import { instanceName, plainName } from '../names.js'
import type { Rule, RuleContext } from './rule.js'

// What services and engines of a profile must hold to; what the bus must, in bus.ts.

export const systemRules: readonly Rule[] = [
  namesArePlain,
  serviceUrlsFitTheirKind,
  enginesCanRun,
  replicasHaveABus,
  replicasShareNoState,
  replicaNamesAreFree,
  dependenciesExist,
  dependenciesHaveNoCycle,
  portsAreUnique,
]

/** Names become those of log files, keys and metrics. */
function namesArePlain({ parts, tree }: RuleContext): Problem[] {
  const named = [
    ...parts.serviceNames.map((name) => ['services', name]),
    ...parts.engineNames.map((name) => ['engines', name]),
  ]
  return named
    .filter(([, name]) => !plainName.test(name ?? ''))
    .map((path) => ({
      at: keyPlaceOf(tree, path),
      text: `${path[0]} has the name ${JSON.stringify(path[1])}; begin with a letter or digit, go on with those, ".", "_" or "-"`,
    }))
}

function serviceUrlsFitTheirKind({ parts, tree }: RuleContext): Problem[] {
  const schemes = { redis: /^(rediss?:\/\/|unix:)/, postgres: /^postgres(ql)?:\/\// }
  const examples = { redis: 'redis://host:6379', postgres: 'postgres://user@host:5432/database' }
  return Object.entries(parts.services)
    .filter(([, { kind, url }]) => url !== undefined && !schemes[kind].test(url))
    .map(([name, { kind }]) => ({
      at: placeOf(tree, ['services', name, 'url']),
      text: `services.${name}.url is not the address of a ${kind}; write one such as ${examples[kind]}`,
    }))
}

function enginesCanRun({ parts, tree, shipped }: RuleContext): Problem[] {
  return Object.entries(parts.engines).flatMap(([name, { command, url }]) => {
    const at = keyPlaceOf(tree, ['engines', name])
    if (command !== undefined && url !== undefined) {
      return [{ at, text: `the engine ${name} has both command and url; keep one` }]
    }
    if (command !== undefined || url !== undefined || shipped.includes(name)) return []
    const hint = nearNameHint(name, shipped)
    const remedy = hint.startsWith('did you mean') ? hint : 'add command or url'
    return [{ at, text: `the engine ${name} does not ship with nautilus and has neither command nor url; ${remedy}` }]
  })
}

function replicasHaveABus({ parts, tree }: RuleContext): Problem[] {
  if (parts.bus?.kind !== 'in-process') return []
  return Object.entries(parts.engines)
    .filter(([, { replicas }]) => replicas > 1)
    .map(([name, { replicas }]) => ({
      at: placeOf(tree, ['engines', name, 'replicas']),
      text: `engines.${name}.replicas is ${replicas}, but an in-process bus holds one of each; set 1, or bus.kind to redis`,
    }))
}

/** Engines of the pipeline of which each instance would know a part only, and why that is wrong. */
const oneOfEach: Readonly<Record<string, string>> = {
  'market-data': 'each instance would rebuild its books from a part of the events',
  signals: 'each instance would see a part of the cross-section',
  strategy: 'each instance would lean against the inventory of its own orders only',
  risk: 'each instance would know only the orders that it approved itself',
  matching: 'each instance would hold an order book of its own, and the sides of a trade would miss each other',
}

const reasonForOne = (engine: string): string | undefined =>
  isBeside(engine) ? 'each instance would tell the same figures again' : oneOfEach[engine]

function replicasShareNoState({ parts, tree }: RuleContext): Problem[] {
  // An in-process bus has said so already.
  if (parts.bus?.kind === 'in-process') return []
  return Object.entries(parts.engines).flatMap(([name, { replicas, command, url }]) => {
    const reason = reasonForOne(name)
    if (reason === undefined || replicas === 1 || command !== undefined || url !== undefined) return []
    return [
      {
        at: placeOf(tree, ['engines', name, 'replicas']),
        text: `engines.${name}.replicas is ${replicas}, must be 1: ${reason}`,
      },
    ]
  })
}

function replicaNamesAreFree({ parts, tree }: RuleContext): Problem[] {
  return Object.entries(parts.engines).flatMap(([name, { replicas }]) => {
    const names = Array.from({ length: replicas - 1 }, (_, index) => instanceName(name, index + 1))
    const taken = names.find((instance) => parts.engineNames.includes(instance))
    if (taken === undefined) return []
    return [{ at: keyPlaceOf(tree, ['engines', taken]), text: `${taken} is a replica of ${name} already; rename one` }]
  })
}

function dependenciesExist({ parts, tree }: RuleContext): Problem[] {
  const known = [...parts.serviceNames, ...parts.engineNames]
  return Object.entries(parts.engines).flatMap(([name, { dependsOn }]) =>
    Object.keys(dependsOn)
      .filter((other) => !known.includes(other))
      .map((other) => ({
        at: keyPlaceOf(tree, ['engines', name, 'dependsOn', other]),
        text: `engines.${name} depends on the unknown "${other}"; ${nearNameHint(other, known)}`,
      })),
  )
}

function dependenciesHaveNoCycle({ parts, tree }: RuleContext): Problem[] {
  const done = new Set<string>()
  const problems: Problem[] = []
  const follow = (name: string, way: readonly string[]): void => {
    if (way.includes(name)) {
      const circle = [...way.slice(way.indexOf(name)), name].join(' -> ')
      const last = way.at(-1) ?? name
      const at = keyPlaceOf(tree, ['engines', last, 'dependsOn', name])
      problems.push({ at, text: `engines wait for each other: ${circle}; remove one dependency` })
      return
    }
    if (done.has(name)) return
    for (const other of Object.keys(parts.engines[name]?.dependsOn ?? {})) follow(other, [...way, name])
    done.add(name)
  }
  for (const name of Object.keys(parts.engines)) follow(name, [])
  return problems
}

function portsAreUnique({ parts, tree }: RuleContext): Problem[] {
  const owners = new Map<number, Path>()
  const fixed = [
    ...Object.entries(parts.services).map(([name, { port }]) => ({ path: ['services', name, 'port'], port })),
    ...Object.entries(parts.engines).map(([name, { port }]) => ({ path: ['engines', name, 'port'], port })),
  ]
  return fixed.flatMap(({ path, port }) => {
    if (port === undefined || port === 0) return []
    const owner = owners.get(port)
    if (owner === undefined) {
      owners.set(port, path)
      return []
    }
    const text = `the port ${port} is taken by ${pathText(owner.slice(0, -1))} already; set another`
    return [{ at: placeOf(tree, path), text }]
  })
}
