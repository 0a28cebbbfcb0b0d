import { plannedMax } from '../bench/arrivals.js'
import { type LoadConfig, unitOf } from '../bench/config.js'
import { eventsBeyond } from '../bench/schedule-extension.js'
import { NautilusError } from '../core/errors.js'
import { type DurationNs, durationNs, parseDuration } from '../core/units.js'
import type { Profile } from './load.js'

/** Without a figure a run may become three times as long. */
const timesMax = 3

/** `--until-decided [max]`: how long the window may become. */
export function longestWindow(given: string | true | undefined, { config }: Profile): DurationNs | null {
  if (given === undefined) return null
  const reason = notDecidable(config.load)
  if (reason !== null) {
    throw new NautilusError('USAGE', '--until-decided is for a load that is sent on schedule', {
      hint: `Leave it out: ${reason}.`,
    })
  }
  const { duration } = config.load
  if (given === true) return durationNs(timesMax * duration)
  const parsed = parseDuration(given)
  if ('problem' in parsed) throw new NautilusError('USAGE', `--until-decided ${given}: ${parsed.problem}`)
  if (parsed.value < duration) {
    throw new NautilusError('USAGE', `--until-decided ${given} is shorter than the window itself`, {
      hint: 'Name how long the run may become at most, or leave the figure out for three times its length.',
    })
  }
  refuseTooMany(given, parsed.value, config.load)
  return durationNs(parsed.value)
}

function notDecidable({ scenario, arrivals }: LoadConfig): string | null {
  if (scenario === 'component') return 'a profile of components alone sends nothing'
  return arrivals.kind === 'closed' ? 'a closed loop has no response times to judge' : null
}

/** What a pipeline or orders are sent is planned before it begins; a plain target is sent to by a schedule that takes no memory. */
function refuseTooMany(given: string, windowNs: number, { scenario, arrivals, duration }: LoadConfig): void {
  if (scenario !== 'pipeline' && scenario !== 'orders') return
  const count = eventsBeyond(arrivals, windowNs)
  if (count <= plannedMax || windowNs <= duration) return
  const [asked, possible] = [count, plannedMax].map((each) => each.toLocaleString('en-US'))
  const problem = `--until-decided ${given} plans ${asked} ${unitOf(scenario)}, at most ${possible} are possible`
  throw new NautilusError('USAGE', problem, {
    hint: 'Name a shorter time, or leave the figure out for three times the length of the window.',
  })
}
