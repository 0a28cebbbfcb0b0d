import type { Random } from '../core/random.js'
import { activeOf, featuresOf, isAllowed, positionsOf, type Settings, type Space, settingsAt } from './space.js'

// Looks for the settings of the highest score in a space of numbers, choices and conditions, where there is no gradient
// to follow: many points everywhere and around the best that are known, then small random steps from the best of those.

type Scored = { readonly settings: Settings; readonly score: number }

type Point = Scored & { readonly positions: Float64Array }

const everywhereCount = 600
const aroundCount = 60
const climberCount = 4
const stepCount = 120

type Climb = {
  readonly score: (features: Float64Array) => number
  /** Known good settings, best first. */
  readonly known: readonly Settings[]
  /** Length scale of each parameter: a step far beyond it is a jump. */
  readonly reach: Float64Array
}

/** Null where no point that it drew is allowed. */
export function highest(space: Space, { score, known, reach }: Climb, random: Random): Scored | null {
  const scored = (positions: Float64Array): Point | null => {
    const settings = settingsAt(space, positions)
    return isAllowed(space, settings) ? { settings, positions, score: score(featuresOf(space, settings)) } : null
  }
  const points: Point[] = []
  const draw = (positions: Float64Array): void => {
    const point = scored(positions)
    if (point !== null) points.push(point)
  }
  for (let index = 0; index < everywhereCount; index += 1) {
    draw(Float64Array.from(space.parameters, () => random.float()))
  }
  for (const settings of known) {
    const from = positionsOf(space, activeOf(space, settings))
    draw(from)
    for (let index = 0; index < aroundCount; index += 1) {
      draw(stepped(space, from, { reach, size: 10 ** (-2.5 * random.float()), random }))
    }
  }
  const starts = points.toSorted((one, other) => other.score - one.score).slice(0, climberCount)
  let best: Point | null = null
  for (const start of starts) {
    let point = start
    let size = 0.3
    for (let step = 0; step < stepCount; step += 1) {
      const next = scored(stepped(space, point.positions, { reach, size, random }))
      const better = next !== null && next.score > point.score
      if (better) point = next
      // One success in five keeps the size (Rechenberg's rule).
      size = better ? Math.min(1, size * 1.5) : Math.max(1e-4, size * 0.9)
    }
    if (best === null || point.score > best.score) best = point
  }
  return best
}

type Step = { readonly reach: Float64Array; readonly size: number; readonly random: Random }

/** Moves one parameter at least: numbers by a share of their reach, choices anywhere. */
function stepped(space: Space, from: Float64Array, { reach, size, random }: Step): Float64Array {
  const count = space.parameters.length
  const certain = random.below(count)
  const share = random.float() < 0.5 ? 1 : Math.min(1, 2 / count)
  return from.map((position, index) => {
    if (index !== certain && random.float() >= share) return position
    if (space.parameters[index]?.kind === 'choice') {
      return index === certain || random.float() < 0.1 ? random.float() : position
    }
    const moved = position + size * Math.min(1, reach[index] ?? 1) * random.normal()
    // Reflected, not cut off: else a step at the edge would mostly stay there.
    const inside = moved < 0 ? -moved : moved > 1 ? 2 - moved : moved
    return Math.min(1, Math.max(0, inside))
  })
}
