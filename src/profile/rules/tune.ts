import { nearNameHint } from '../../core/near-name.js'
import { readGoal } from '../../tune/goal.js'
import { followedNames } from '../followed-names.js'
import { keyPlaceOf, placeOf } from '../located.js'
import { readTuneSpace } from '../tune-space.js'
import type { Rule, RuleContext } from './rule.js'

// What may be tuned must be there, have a range, and hold a value of that range now; what is to get better must be measured.

export const tuneRules: readonly Rule[] = [spaceFitsTheProfile, oneGoal, goalIsMeasured]

function spaceFitsTheProfile({ parts, tree }: RuleContext) {
  if (parts.tune === undefined) return []
  const read = readTuneSpace(parts.tune, parts)
  if (!('problems' in read)) return []
  return read.problems.map(({ path, text }) => ({ at: keyPlaceOf(tree, ['tune', ...path]), text }))
}

function oneGoal({ parts, tree }: RuleContext) {
  const count = parts.tune?.goals.length ?? 1
  if (count === 1) return []
  const text = `${count} goals, and a search has one; keep one, and write what the others must not exceed under sla`
  return [{ at: keyPlaceOf(tree, ['tune', 'goals']), text }]
}

function goalIsMeasured({ parts, tree }: RuleContext) {
  const { tune, sla, load, components, engineNames } = parts
  if (tune === undefined || sla === undefined || load === undefined || components === undefined) return []
  const engines = Object.fromEntries(engineNames.map((name) => [name, {}]))
  const known = followedNames({ config: { sla, load, components, engines } })
  return tune.goals.flatMap((goal, index) => {
    const at = placeOf(tree, ['tune', 'goals', index])
    const { metric, direction } = readGoal(goal)
    if (metric === 'errors.rate') {
      return [
        { at, text: 'errors.rate is none most of the time, so no setting improves it; limit it under sla.checks' },
      ]
    }
    if (!known.includes(metric)) {
      return [{ at, text: `no run of this profile has the metric "${metric}"; ${nearNameHint(metric, known)}` }]
    }
    const better = metric === 'throughput' ? 'maximise' : 'minimise'
    if (direction === better) return []
    return [{ at, text: `${goal} would make the system worse; write ${better} ${metric}` }]
  })
}
