import { plannedMax } from '../../bench/arrivals.js'
import { nsPerSec } from '../../core/units.js'
import { formatCount } from '../../report/format.js'
import { pathText, placeOf } from '../located.js'
import type { Rule, RuleContext } from './rule.js'

// What the load of a profile must hold to.

/** Engines without which a scenario has no way from its first message to its last. */
const enginesOf = {
  pipeline: ['market-data', 'signals', 'strategy', 'risk', 'order-gateway', 'matching'],
  orders: ['order-gateway', 'matching'],
} as const

export const loadRules: readonly Rule[] = [
  scenarioHasItsEngines,
  spansAreAboveZero,
  rateIsAboveZero,
  loadIsBounded,
  recordedArrivalsHaveTimes,
  ordersAreGenerated,
  ordersHaveAGatewayToPostTo,
  replayFileExists,
]

function scenarioHasItsEngines({ parts, tree }: RuleContext) {
  if (parts.load === undefined) return []
  const { scenario } = parts.load
  const missing = enginesOf[scenario].filter((name) => !parts.engineNames.includes(name))
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

function rateIsAboveZero({ parts, tree }: RuleContext) {
  const arrivals = parts.load?.arrivals
  if (arrivals === undefined || arrivals.kind === 'recorded' || arrivals.rate > 0) return []
  const path = ['load', 'arrivals', 'rate']
  return [{ at: placeOf(tree, path), text: 'load.arrivals.rate is 0, must be above 0; set a rate such as 500/s' }]
}

function loadIsBounded({ parts, tree }: RuleContext) {
  if (parts.load === undefined || parts.load.arrivals.kind === 'recorded') return []
  const { arrivals, warmup, duration } = parts.load
  const planned = (arrivals.rate * (warmup + duration)) / nsPerSec
  if (planned <= plannedMax) return []
  const figures = `${formatCount(planned)} requests with the warm-up, at most ${formatCount(plannedMax)} are possible`
  const text = `the load has ${figures}; lower the rate, or shorten load.duration`
  return [{ at: placeOf(tree, ['load', 'arrivals', 'rate']), text }]
}

function recordedArrivalsHaveTimes({ parts, tree }: RuleContext) {
  if (parts.load?.arrivals.kind !== 'recorded' || parts.load.source.kind === 'replay') return []
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
