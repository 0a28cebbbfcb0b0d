import { NautilusError } from '../core/errors.js'
import { nearNameHint } from '../core/near-name.js'
import { type ChangePoint, changePoints } from '../stats/change-points.js'
import type { ProfileHistory } from './history.js'
import { kindOf, type Metric } from './metrics.js'

// The figures of a history over time: where they are, and where they took another level.

export type FollowedMetric = {
  readonly name: string
  readonly unit: Metric['unit']
  readonly count: number
  readonly median: number
  readonly least: number
  readonly most: number
  readonly latest: number
  /** Oldest first. */
  readonly values: readonly { readonly id: string; readonly startedAt: string; readonly value: number }[]
  readonly changes: readonly (ChangePoint & {
    readonly id: string
    readonly startedAt: string
    readonly commit: string | null
  })[]
}

/** A fixed seed: the same history tells the same changes. */
const seed = 1
/** Change points cost the square of the length: older runs are looked at no more. */
const runsMax = 200

/** The figures of a history whose name contains `filter`, of which there must be one. */
export function followedMetrics({ entries, profileName }: ProfileHistory, filter = ''): FollowedMetric[] {
  const known = [...new Set(entries.flatMap(({ metrics }) => Object.keys(metrics)))]
  const names = known.filter((name) => name.includes(filter))
  if (names.length > 0) return names.map((name) => followed(entries, name))
  throw new NautilusError('USAGE', `no figure of ${profileName} is called "${filter}"; ${nearNameHint(filter, known)}`)
}

function followed(entries: ProfileHistory['entries'], name: string): FollowedMetric {
  const having = entries.flatMap((entry) => {
    const value = entry.metrics[name]
    return value === undefined ? [] : [{ entry, value }]
  })
  const recent = having.slice(-runsMax)
  const values = recent.map(({ value }) => value)
  const sorted = values.toSorted((a, b) => a - b)
  const changes = changePoints(values, seed).flatMap((change) => {
    const at = recent[change.index]?.entry
    return at === undefined ? [] : [{ ...change, id: at.id, startedAt: at.startedAt, commit: at.commit }]
  })
  return {
    ...{ name, unit: kindOf(name).unit, count: values.length, changes },
    median: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    least: sorted[0] ?? 0,
    most: sorted.at(-1) ?? 0,
    latest: values.at(-1) ?? 0,
    values: recent.map(({ entry, value }) => ({ id: entry.id, startedAt: entry.startedAt, value })),
  }
}
