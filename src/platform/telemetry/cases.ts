import { monotonicClock } from '../../core/clock.js'
import type { ComponentCase } from '../../core/component-case.js'
import { elapsed } from '../../core/units.js'
import { DurationSummary } from './registry.js'

/** AL3: what it costs to time one operation and to keep its duration. */
export const telemetryTime: ComponentCase = {
  name: 'telemetry.time',
  description: 'Read the clock before and after an operation, and record the difference in its summary.',
  variants: {
    '': () => {
      const summary = new DurationSummary()
      return {
        call: () => {
          const from = monotonicClock.now()
          const tookNs = elapsed(from, monotonicClock.now())
          summary.record(tookNs)
          return tookNs
        },
      }
    },
  },
}
