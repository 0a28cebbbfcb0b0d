import { NautilusError } from '../core/errors.js'
import { parseFault } from '../core/fault.js'
import { nearNameHint } from '../core/near-name.js'
import { isBeside } from '../engines/catalog.js'
import { countedProblems } from './load.js'
import { enginesOf, runsInKit } from './plan.js'
import type { ProfileConfig } from './schema.js'

/** Reads the values of `--inject`, each `ENGINE:FAULT`, into faults by engine. Throws one error that lists all problems. */
export function parseInjections(options: readonly string[], config: ProfileConfig): Record<string, string[]> {
  const engines = enginesOf(config)
    .filter(([name, engine]) => runsInKit(name, engine) && !isBeside(name))
    .map(([name]) => name)
  const faults: Record<string, string[]> = {}
  const problems = options.flatMap((option) => {
    const colon = option.indexOf(':')
    const engine = option.slice(0, Math.max(colon, 0))
    const fault = option.slice(colon + 1)
    if (colon <= 0) return [`--inject ${option}  not of the form ENGINE:FAULT; write one such as risk:+7ms`]
    if (!engines.includes(engine)) {
      return [
        `--inject ${option}  the engine "${engine}" ${reasonAgainst(engine, config)}; ${nearNameHint(engine, engines)}`,
      ]
    }
    const parsed = parseFault(fault)
    if ('problem' in parsed) return [`--inject ${option}  ${parsed.problem}`]
    faults[engine] = [...(faults[engine] ?? []), fault]
    return []
  })
  if (problems.length === 0) return faults
  throw new NautilusError('USAGE', countedProblems(problems), { hint: 'Faults are +7ms, busy+2ms, error=1% and hang.' })
}

function reasonAgainst(name: string, { engines }: ProfileConfig): string {
  const engine = Object.hasOwn(engines, name) ? engines[name] : undefined
  if (engine === undefined) return 'is not in the profile'
  return runsInKit(name, engine) ? 'only observes, so that a fault in it changes nothing' : 'is not one of ours'
}
