import { plannedMax, plannedRequests, rateAtStart } from '../../bench/arrivals.js'
import { isPlain } from '../../bench/config.js'
import { nsPerSec } from '../../core/units.js'
import { formatCount, formatLimit } from '../../report/format.js'
import { keyPlaceOf, type Problem, pathText, placeOf, valueAt } from '../located.js'
import type { Rule, RuleContext } from './rule.js'

// What the load of a profile must hold to.

/** Engines without which a scenario has no way from its first message to its last. A plain target needs none. */
const enginesOf: Readonly<Record<string, readonly string[] | undefined>> = {
  pipeline: ['market-data', 'signals', 'strategy', 'risk', 'order-gateway', 'matching'],
  orders: ['order-gateway', 'matching'],
}

export const loadRules: readonly Rule[] = [
  scenarioHasItsEngines,
  spansAreAboveZero,
  rateIsAboveZero,
  stepsFillTheWindow,
  loadIsBounded,
  rateIsPossible,
  shippedScenariosHaveOneOpenLoop,
  recordedArrivalsHaveTimes,
  ordersAreGenerated,
  ordersHaveAGatewayToPostTo,
  replayFileExists,
]

function scenarioHasItsEngines({ parts, tree }: RuleContext) {
  if (parts.load === undefined) return []
  const { scenario } = parts.load
  const missing = (enginesOf[scenario] ?? []).filter((name) => !parts.engineNames.includes(name))
  if (missing.length === 0) return []
  const what = missing.length === 1 ? 'the engine' : 'the engines'
  const them = missing.length === 1 ? 'it' : 'them'
  const text = `the scenario ${scenario} needs ${what} ${missing.join(', ')}; add ${them} under engines, such as \`${missing[0]}: {}\``
  return [{ at: placeOf(tree, ['load', 'scenario']), text }]
}

function spansAreAboveZero({ parts, tree }: RuleContext) {
  if (parts.load === undefined) return []
  const { duration, timeout } = parts.load
  return Object.entries({ duration, timeout })
    .filter(([, spanNs]) => spanNs <= 0)
    .map(([key]) => {
      const path = ['load', key]
      return { at: placeOf(tree, path), text: `${pathText(path)} is 0, must be above 0; set a span such as 10s` }
    })
}

function rateIsAboveZero({ parts, tree }: RuleContext): Problem[] {
  const arrivals = parts.load?.arrivals
  const path = ['load', 'arrivals']
  switch (arrivals?.kind) {
    case 'constant':
    case 'poisson':
      return arrivals.rate > 0 ? [] : [zeroRate(tree, [...path, 'rate'])]
    case 'ramp':
      if (arrivals.from > 0 || arrivals.to > 0) return []
      return [
        { at: placeOf(tree, path), text: 'the ramp goes from 0 to 0; set load.arrivals.to to a rate such as 500/s' },
      ]
    case 'steps':
      return arrivals.phases.flatMap(({ rate }, index) =>
        rate > 0 ? [] : [zeroRate(tree, [...path, 'phases', index, 'rate'])],
      )
    default:
      return []
  }
}

const zeroRate = (tree: RuleContext['tree'], path: readonly (string | number)[]): Problem => ({
  at: placeOf(tree, path),
  text: `${pathText(path)} is 0, must be above 0; set a rate such as 500/s`,
})

function stepsFillTheWindow({ parts, tree }: RuleContext) {
  const arrivals = parts.load?.arrivals
  if (arrivals?.kind !== 'steps') return []
  const path = ['load', 'arrivals', 'phases']
  const names = arrivals.phases.map(({ name }) => name)
  const twice = names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [{ at: placeOf(tree, [...path, index, 'name']), text: `two phases are called "${name}"; rename one` }],
  )
  const sum = arrivals.phases.reduce((total, { duration }) => total + duration, 0)
  const whole = parts.load?.duration ?? sum
  if (sum === whole) return twice
  // As a person writes it: without the blank.
  const text = `the phases last ${formatLimit(sum)}, load.duration is ${formatLimit(whole)}; set load.duration to ${formatLimit(sum).replace(' ', '')}`
  return [...twice, { at: placeOf(tree, path), text }]
}

/** More than any worker sends: a slip of the finger, which would plan for minutes what nothing can do. */
const perWorkerPerSecMax = 5_000_000

function rateIsPossible({ parts, tree }: RuleContext) {
  const { load } = parts
  if (load === undefined || !isPlain(load.scenario)) return []
  const ratePerSec = ((plannedRequests(load.arrivals, load.duration) ?? 0) * nsPerSec) / load.duration
  if (ratePerSec <= perWorkerPerSecMax * load.workers) return []
  const text = `${formatCount(Math.round(ratePerSec))}/s are asked for, and a worker cannot send ${formatCount(perWorkerPerSecMax)}/s; lower the rate`
  return [{ at: placeOf(tree, ['load', 'arrivals', 'rate']), text }]
}

/** A schedule of a shipped scenario is made whole before it begins; that of a plain target is made as it goes. */
function loadIsBounded({ parts, tree }: RuleContext) {
  const { load } = parts
  if (load === undefined || isPlain(load.scenario)) return []
  const { arrivals, warmup, duration } = load
  const planned = (plannedRequests(arrivals, duration) ?? 0) + ((rateAtStart(arrivals) ?? 0) * warmup) / nsPerSec
  if (planned <= plannedMax) return []
  const figures = `${formatCount(planned)} requests with the warm-up, at most ${formatCount(plannedMax)} are possible`
  const text = `the load has ${figures}; lower the rate, or shorten load.duration`
  return [{ at: placeOf(tree, ['load', 'arrivals', 'rate']), text }]
}

function shippedScenariosHaveOneOpenLoop({ parts, tree }: RuleContext) {
  const { load } = parts
  if (load === undefined || isPlain(load.scenario)) return []
  const problems: Problem[] = []
  if (load.arrivals.kind === 'closed') {
    const text = `the scenario ${load.scenario} has no closed loop; choose constant or poisson arrivals with a rate`
    problems.push({ at: placeOf(tree, ['load', 'arrivals', 'kind']), text })
  }
  for (const path of [
    ['load', 'target'],
    ['load', 'workers'],
    ['load', 'arrivals', 'file'],
  ]) {
    if (valueAt(tree, path) === null) continue
    const text = `${pathText(path)} is for plain targets such as http; the scenario ${load.scenario} has none, remove it`
    problems.push({ at: keyPlaceOf(tree, path), text })
  }
  return problems
}

function recordedArrivalsHaveTimes({ parts, tree }: RuleContext) {
  if (parts.load?.arrivals.kind !== 'recorded' || parts.load.source.kind === 'replay') return []
  if (isPlain(parts.load.scenario)) return []
  const text = 'recorded arrivals take their times from a file; set load.source.kind to replay, or choose poisson'
  return [{ at: placeOf(tree, ['load', 'arrivals', 'kind']), text }]
}

function ordersAreGenerated({ parts, tree }: RuleContext) {
  if (parts.load?.scenario !== 'orders' || parts.load.source.kind === 'generated') return []
  const text =
    'the scenario orders makes its own orders and replays no market events; set load.source.kind to generated'
  return [{ at: placeOf(tree, ['load', 'source', 'kind']), text }]
}

function ordersHaveAGatewayToPostTo({ parts, tree }: RuleContext) {
  const gateway = parts.engines['order-gateway']
  if (parts.load?.scenario !== 'orders' || parts.bus?.kind !== 'in-process' || gateway === undefined) return []
  if (gateway.url !== undefined || gateway.command !== undefined) return []
  const text = 'the scenario orders posts by HTTP, and engines on an in-process bus have no port; set bus.kind to redis'
  return [{ at: placeOf(tree, ['load', 'scenario']), text }]
}

function replayFileExists({ parts, tree, fileExists }: RuleContext) {
  const source = parts.load?.source
  if (source?.kind !== 'replay') return []
  const path = ['load', 'source', 'file']
  if (fileExists(source.file, path)) return []
  const text = `there is no file ${source.file}; paths are relative to the file that names them`
  return [{ at: placeOf(tree, path), text }]
}
