import type { Problem } from './located.js'
import { busRules } from './rules/bus.js'
import { componentRules } from './rules/components.js'
import { loadRules } from './rules/load.js'
import type { RuleContext } from './rules/rule.js'
import { slaRules } from './rules/sla.js'
import { systemRules } from './rules/system.js'
import { targetRules } from './rules/target.js'
import { targetPlaceRules } from './rules/target-place.js'
import { tuneRules } from './rules/tune.js'

const rules = [
  ...componentRules,
  ...busRules,
  ...systemRules,
  ...loadRules,
  ...targetPlaceRules,
  ...targetRules,
  ...slaRules,
  ...tuneRules,
]

/** All that the sections of a profile do not agree on. */
export const crossCheck = (context: RuleContext): Problem[] => rules.flatMap((rule) => rule(context))
