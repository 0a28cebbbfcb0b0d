import { assert } from '../core/assert.js'
import { goalForm } from './config.js'

// What a search is after, as `tune.goals` has it: `minimise endToEnd.p95`. A search only knows less as better, so what is to
// grow counts by its inverse: twice the throughput is worth as much as half the latency.

export type Goal = { readonly direction: 'minimise' | 'maximise'; readonly metric: string }

/** Of a text that the schema of the section has let through. */
export function readGoal(text: string): Goal {
  const [, direction, metric = ''] = goalForm.exec(text) ?? []
  assert(direction === 'minimise' || direction === 'maximise', 'a goal has the form that its schema asks for')
  return { direction, metric }
}

/** The less the better, and above zero, as the value of the metric has to be. */
export function objectiveOf({ direction }: Goal, value: number): number {
  assert(value > 0, 'a goal is measured by a value above zero')
  return direction === 'minimise' ? value : 1 / value
}

/** The value of the metric with this objective; the inverse of `objectiveOf`. */
export const metricValueOf = ({ direction }: Goal, objective: number): number =>
  direction === 'minimise' ? objective : 1 / objective
