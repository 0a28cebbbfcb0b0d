import { nearNameHint } from '../../core/near-name.js'
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
  timeoutIsBeyondTheLimits,
]

function budgetNamesExist({ parts, tree, shipped }: RuleContext) {
  const known = [...parts.engineNames.filter((name) => shipped.includes(name)), ...otherStages]
  return groupsOf({ parts }).flatMap(([group, { of }]) =>
    of.flatMap((stage, index) => {
      if (known.includes(stage)) return []
      const at = placeOf(tree, ['sla', 'budget', group, 'of', index])
      const text = parts.engineNames.includes(stage)
        ? `sla.budget.${group} names "${stage}", an engine of your own; only the time of shipped ones is measured, remove it`
        : `sla.budget.${group} names the unknown stage "${stage}"; ${nearNameHint(stage, known)}`
      return [{ at, text }]
    }),
  )
}

function budgetCoversEachStage({ parts, tree, shipped }: RuleContext) {
  const groups = groupsOf({ parts })
  if (groups.length === 0) return []
  const covered = new Set(groups.flatMap(([, { of }]) => of))
  const stages = [...shipped.filter((name) => parts.engineNames.includes(name)), ...otherStages]
  const missing = stages.filter((stage) => !covered.has(stage))
  if (missing.length === 0) return []
  const names = missing.join(', ')
  const text =
    missing.length === 1
      ? `the stage ${names} is in no group of sla.budget; add it to the \`of\` of one`
      : `the stages ${names} are in no group of sla.budget; add each to the \`of\` of one`
  return [{ at: keyPlaceOf(tree, ['sla', 'budget']), text }]
}

function budgetHasNoStageTwice({ parts, tree }: RuleContext) {
  const owners = new Map<string, string>()
  return groupsOf({ parts }).flatMap(([group, { of }]) =>
    of.flatMap((stage, index) => {
      const owner = owners.get(stage)
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

/** A tick without an answer enters the distribution at the timeout: below a limit it would count as held. */
function timeoutIsBeyondTheLimits({ parts, tree }: RuleContext) {
  const timeoutNs = parts.load?.timeout
  if (timeoutNs === undefined || parts.sla === undefined) return []
  const { p50, p95, p99, 'p99.9': p999, max } = parts.sla.endToEnd
  const largestNs = Math.max(0, ...[p50, p95, p99, p999, max].map((limit) => limit ?? 0))
  if (timeoutNs >= largestNs) return []
  const figures = `load.timeout is ${formatLimit(timeoutNs)}, must be at least ${formatLimit(largestNs)}`
  const text = `${figures}, the largest limit of sla.endToEnd; raise it`
  return [{ at: placeOf(tree, ['load', 'timeout']), text }]
}

const groupsOf = ({ parts }: Pick<RuleContext, 'parts'>) => Object.entries(parts.sla?.budget ?? {})
