import { isPlain } from '../../bench/config.js'
import { targetStages } from '../../bench/target/stages.js'
import { nearNameHint } from '../../core/near-name.js'
import { isBeside } from '../../engines/catalog.js'
import { formatLimit } from '../../report/format.js'
import { boundOf } from '../../sla/checks.js'
import { keyPlaceOf, pathText, placeOf } from '../located.js'
import type { Rule, RuleContext } from './rule.js'

// What the limits of a profile must hold to: each stage is paid for once, and the parts make the whole.

/** Stages besides the engines: every transit between stages, and the driver itself. */
const otherStages = ['edges', 'driver']

export const slaRules: readonly Rule[] = [
  budgetNamesExist,
  budgetCoversEachStage,
  budgetHasNoStageTwice,
  budgetSumsToTheWhole,
  checksHaveBounds,
  windowsNameWhatThereIs,
  windowsFitTheRun,
  timeoutIsBeyondTheLimits,
]

function budgetNamesExist({ parts, tree, shipped }: RuleContext) {
  const { known } = stagesOf({ parts, shipped })
  const unmeasured = hasPlainTarget({ parts })
    ? 'an engine of your own; write `server`, the time that a target tells by Server-Timing'
    : 'an engine of your own; only the time of shipped ones is measured, remove it'
  return groupsOf({ parts }).flatMap(([group, { of }]) =>
    of.flatMap((stage, index) => {
      if (known.includes(stage)) return []
      const at = placeOf(tree, ['sla', 'budget', group, 'of', index])
      const text = parts.engineNames.includes(stage)
        ? `sla.budget.${group} names "${stage}", ${isBeside(stage) ? besideWay : unmeasured}`
        : `sla.budget.${group} names the unknown stage "${stage}"; ${nearNameHint(stage, known)}`
      return [{ at, text }]
    }),
  )
}

function budgetCoversEachStage({ parts, tree, shipped }: RuleContext) {
  const groups = groupsOf({ parts })
  if (groups.length === 0) return []
  const covered = new Set(groups.flatMap(([, { of }]) => of))
  const missing = stagesOf({ parts, shipped }).due.filter((stages) => !stages.some((stage) => covered.has(stage)))
  if (missing.length === 0) return []
  const names = missing.map(([stage]) => stage).join(', ')
  const text =
    missing.length === 1
      ? `the stage ${names} is in no group of sla.budget; add it to the \`of\` of one`
      : `the stages ${names} are in no group of sla.budget; add each to the \`of\` of one`
  return [{ at: keyPlaceOf(tree, ['sla', 'budget']), text }]
}

type Stages = {
  readonly known: readonly string[]
  /** What must be in a group, each by one of its names. */
  readonly due: readonly (readonly string[])[]
}

const besideWay = 'an engine beside the pipeline; no message waits for it, remove it'

/** Of the shipped engines that a message meets, or of a request to a plain target. */
function stagesOf({ parts, shipped }: Pick<RuleContext, 'parts' | 'shipped'>): Stages {
  if (!hasPlainTarget({ parts })) {
    const met = shipped.filter((name) => parts.engineNames.includes(name) && !isBeside(name))
    const known = [...met, ...otherStages]
    return { known, due: known.map((stage) => [stage]) }
  }
  const { always, sometimes, edges } = targetStages
  return {
    known: [...always, ...sometimes, 'edges'],
    due: always.map((stage) => (isOneOf(edges, stage) ? [stage, 'edges'] : [stage])),
  }
}

const hasPlainTarget = ({ parts }: Pick<RuleContext, 'parts'>): boolean =>
  parts.load !== undefined && isPlain(parts.load.scenario)

const isOneOf = (names: readonly string[], name: string): boolean => names.includes(name)

function budgetHasNoStageTwice({ parts, tree }: RuleContext) {
  const plain = hasPlainTarget({ parts })
  const owners = new Map<string, string>()
  return groupsOf({ parts }).flatMap(([group, { of }]) =>
    of.flatMap((stage, index) => {
      // The sum of the edges holds each of them.
      const owner = owners.get(stage) ?? (plain && isOneOf(targetStages.edges, stage) ? owners.get('edges') : undefined)
      owners.set(stage, owner ?? group)
      if (owner === undefined) return []
      const at = placeOf(tree, ['sla', 'budget', group, 'of', index])
      const first = owner === group ? 'the same group' : `the group ${owner}`
      return [{ at, text: `the stage ${stage} is in ${first} already; its time would count twice, remove one` }]
    }),
  )
}

function budgetSumsToTheWhole({ parts, tree }: RuleContext) {
  const whole = parts.sla?.endToEnd.p95
  const groups = groupsOf({ parts })
  const limited = groups.filter(([, group]) => group.p95 !== undefined)
  if (whole === undefined || limited.length === 0) return []
  const sum = limited.reduce((total, [, group]) => total + (group.p95 ?? 0), 0)
  if (sum === whole) return []
  const without = groups.filter(([, group]) => group.p95 === undefined).map(([name]) => name)
  const gap = without.length === 0 ? '' : ` (${without.join(', ')} has none)`
  const figures = `the p95 budgets sum to ${formatLimit(sum)}${gap}, sla.endToEnd.p95 is ${formatLimit(whole)}`
  const difference = formatLimit(Math.abs(whole - sum))
  const remedy = sum < whole ? `give out ${difference} more` : `take back ${difference}`
  return [{ at: keyPlaceOf(tree, ['sla', 'budget']), text: `${figures}; ${remedy}` }]
}

function checksHaveBounds({ parts, tree }: RuleContext) {
  return (parts.sla?.checks ?? []).flatMap((check, index) => {
    const path = ['sla', 'checks', index]
    if (check.min === undefined && check.max === undefined) {
      return [{ at: placeOf(tree, path), text: `${pathText(path)} has no bound; add max or min` }]
    }
    const bounds = { min: check.min, max: check.max }
    return Object.entries(bounds).flatMap(([bound, text]) => {
      const parsed = text === undefined ? { value: 0 } : boundOf(check.metric, text)
      return 'value' in parsed
        ? []
        : [{ at: placeOf(tree, [...path, bound]), text: `${check.metric}: ${parsed.problem}` }]
    })
  })
}

function windowsNameWhatThereIs({ parts, tree }: RuleContext) {
  const components = ['endToEnd', ...groupsOf({ parts }).map(([group]) => group)]
  const arrivals = parts.load?.arrivals
  const phases = arrivals?.kind === 'steps' ? arrivals.phases.map(({ name }) => name) : []
  return windowsOf({ parts }).flatMap(({ component, phase }, index) => {
    const path = ['sla', 'windows', index]
    const at = placeOf(tree, path)
    if (!components.includes(component)) {
      const text = `${pathText(path)} names the unknown component "${component}"; ${nearNameHint(component, components)}`
      return [{ at, text }]
    }
    if (phase === null || arrivals === undefined || phases.includes(phase)) return []
    return [
      {
        at,
        text: `${pathText(path)} names the unknown phase "${phase}" of load.arrivals; ${nearNameHint(phase, phases)}`,
      },
    ]
  })
}

function windowsFitTheRun({ parts, tree }: RuleContext) {
  const { load } = parts
  if (load === undefined) return []
  const { arrivals, duration } = load
  return windowsOf({ parts }).flatMap(({ spanNs, phase }, index) => {
    const path = ['sla', 'windows', index]
    const named = arrivals.kind === 'steps' ? arrivals.phases.find(({ name }) => name === phase) : undefined
    const roomNs = named?.duration ?? duration
    if (spanNs <= roomNs) return []
    const room = named === undefined ? 'load.duration' : `the phase ${named.name}`
    const figures = `${pathText(path)} looks at spans of ${formatLimit(spanNs)}, ${room} is ${formatLimit(roomNs)}`
    return [{ at: placeOf(tree, path), text: `${figures}; shorten the span or measure longer` }]
  })
}

/** A tick without an answer enters the distribution at the timeout: below a limit it would count as held. */
function timeoutIsBeyondTheLimits({ parts, tree }: RuleContext) {
  const timeoutNs = parts.load?.timeout
  if (timeoutNs === undefined || parts.sla === undefined) return []
  const { p50, p95, p99, 'p99.9': p999, max } = parts.sla.endToEnd
  const windows = windowsOf({ parts }).filter(({ component }) => component === 'endToEnd')
  const limits = [p50, p95, p99, p999, max, ...windows.map(({ limitNs }) => limitNs)]
  const largestNs = Math.max(0, ...limits.map((limit) => limit ?? 0))
  if (timeoutNs >= largestNs) return []
  const figures = `load.timeout is ${formatLimit(timeoutNs)}, must be at least ${formatLimit(largestNs)}`
  const text = `${figures}, the largest end-to-end limit; raise it`
  return [{ at: placeOf(tree, ['load', 'timeout']), text }]
}

const groupsOf = ({ parts }: Pick<RuleContext, 'parts'>) => Object.entries(parts.sla?.budget ?? {})
const windowsOf = ({ parts }: Pick<RuleContext, 'parts'>) => parts.sla?.windows ?? []
