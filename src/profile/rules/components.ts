import { componentNames } from '../../bench/components/plan.js'
import { nearNameHint } from '../../core/near-name.js'
import { keyPlaceOf, type Path, type Problem, placeOf, valueAt } from '../located.js'
import type { Rule, RuleContext } from './rule.js'

// What the components and claims of a profile must hold to; and that a profile measures something at all.

export const componentRules: readonly Rule[] = [
  somethingIsMeasured,
  loadHasLimits,
  casesExist,
  groupsAreNotCases,
  claimsHaveNamesOfTheirOwn,
]

const has = (tree: RuleContext['tree'], section: string): boolean => valueAt(tree, [section]) !== null

export const timesFunctions = (tree: RuleContext['tree']): boolean => has(tree, 'components') || has(tree, 'claims')

function somethingIsMeasured({ parts, tree }: RuleContext): Problem[] {
  if (has(tree, 'load') || timesFunctions(tree)) {
    const none = parts.components?.length === 0 && parts.claims?.length === 0
    if (parts.load?.scenario !== 'component' || !none) return []
    const text = 'the profile sends nothing and names no component; add components such as [risk.check], or a load'
    return [{ at: placeOf(tree, [has(tree, 'load') ? 'load' : 'components']), text }]
  }
  const text =
    'the profile has no "load"; add a map with keys such as scenario, source, arrivals, or a list of components'
  return [{ at: tree.at, text }]
}

function loadHasLimits({ tree }: RuleContext): Problem[] {
  if (has(tree, 'sla') || (!has(tree, 'load') && timesFunctions(tree))) return []
  return [{ at: tree.at, text: 'the profile has no "sla"; add a map with keys such as endToEnd, budget, checks' }]
}

/** Looked for in what was written, so that a wrong name is told beside whatever else is wrong with its entry. */
function casesExist({ tree }: RuleContext): Problem[] {
  const known = componentNames()
  const places = [
    ...itemsAt(tree, ['components']).flatMap((path) => [path, [...path, 'case']]),
    ...itemsAt(tree, ['claims']).flatMap((path) => itemsAt(tree, [...path, 'compare'])),
  ]
  return places.flatMap((path) => {
    const found = valueAt(tree, path)
    if (found?.kind !== 'scalar' || typeof found.value !== 'string' || known.includes(found.value)) return []
    return [{ at: found.at, text: `there is no component "${found.value}"; ${nearNameHint(found.value, known)}` }]
  })
}

function itemsAt(tree: RuleContext['tree'], path: Path): Path[] {
  const list = valueAt(tree, path)
  return list?.kind === 'list' ? list.items.map((_, index) => [...path, index]) : []
}

/** Both are components of the result, and are told apart by their names. */
function groupsAreNotCases({ parts, tree }: RuleContext): Problem[] {
  const known = componentNames()
  return Object.keys(parts.sla?.budget ?? {})
    .filter((group) => known.includes(group))
    .map((group) => ({
      at: keyPlaceOf(tree, ['sla', 'budget', group]),
      text: `the budget group ${group} has the name of a component; rename it, or set its limit under components`,
    }))
}

function claimsHaveNamesOfTheirOwn({ tree }: RuleContext): Problem[] {
  const seen = new Set<unknown>()
  return itemsAt(tree, ['claims']).flatMap((path) => {
    const id = valueAt(tree, [...path, 'id'])
    if (id?.kind !== 'scalar' || id.value === null) return []
    if (!seen.has(id.value)) {
      seen.add(id.value)
      return []
    }
    return [{ at: id.at, text: `there is a claim ${id.value} already; give this one another id` }]
  })
}
