import { isPlain } from '../bench/config.js'
import { NautilusError } from '../core/errors.js'
import { type DurationNs, durationNs, parseDuration } from '../core/units.js'
import type { Profile } from './load.js'

/** Without a figure a run may become three times as long. */
const timesMax = 3

/** `--until-decided [max]`: how long the window may become. */
export function longestWindow(given: string | true | undefined, { config }: Profile): DurationNs | null {
  if (given === undefined) return null
  const { scenario, duration, arrivals } = config.load
  if (!isPlain(scenario) || arrivals.kind === 'closed') {
    throw new NautilusError('USAGE', '--until-decided is for a plain target that is sent to on schedule', {
      hint: `Leave it out, or use --runs: ${isPlain(scenario) ? 'a closed loop has no response times to judge' : `the schedule of the scenario ${scenario} is made whole before it begins`}.`,
    })
  }
  if (given === true) return durationNs(timesMax * duration)
  const parsed = parseDuration(given)
  if ('problem' in parsed) throw new NautilusError('USAGE', `--until-decided ${given}: ${parsed.problem}`)
  if (parsed.value >= duration) return durationNs(parsed.value)
  throw new NautilusError('USAGE', `--until-decided ${given} is shorter than the window itself`, {
    hint: 'Name how long the run may become at most, or leave the figure out for three times its length.',
  })
}
