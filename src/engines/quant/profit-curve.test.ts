import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationNs, type InstantNs, instantNs, nsPerSec } from '../../core/units.js'
import { ProfitCurve } from './profit-curve.js'

const second = (count: number): InstantNs => instantNs(Math.round(count * nsPerSec))
const curveOf = (moves: readonly (readonly [atSec: number, profit: number])[]): ProfitCurve => {
  const curve = new ProfitCurve(durationNs(nsPerSec))
  for (const [at, profit] of moves) curve.move(second(at), profit)
  return curve
}

test.each([
  { name: 'nothing lost', profits: [0, 5, 5, 9], drawdown: 0 },
  { name: 'a fall below the start', profits: [-3, -7, -1], drawdown: 7 },
  { name: 'the deeper of two falls', profits: [10, -5, 20, 3, 30, 18], drawdown: 17 },
  { name: 'a fall that goes on after a rise that reached no new height', profits: [10, 4, 8, 2], drawdown: 8 },
])('the largest drawdown, $name', ({ profits, drawdown }) => {
  expect(curveOf(profits.map((profit, index) => [index, profit])).drawdownMax).toBe(drawdown)
})

test('the Sharpe ratio follows by hand from the profits of the periods', () => {
  // The first fill at 0 s; changes of 1, 2 and 3 in the three seconds after it: mean 2, standard deviation 1.
  const curve = curveOf([
    [0, 0],
    [0.5, 1],
    [1.2, 7],
    [1.9, 3],
    [2.5, 6],
  ])
  expect(curve.sharpe(second(2.99), 1)).toBeCloseTo(1.5 / Math.sqrt(0.5), 12)
  expect(curve.sharpe(second(3), 1)).toBeCloseTo(2, 12)
  expect(curve.sharpe(second(3), 252)).toBeCloseTo(2 * Math.sqrt(252), 12)
  // A fourth second without a change: changes 1, 2, 3, 0 have mean 1.5 and variance 5 / 3.
  expect(curve.sharpe(second(4), 1)).toBeCloseTo(1.5 / Math.sqrt(5 / 3), 12)
  // Asking has changed nothing.
  expect(curve.sharpe(second(3), 1)).toBeCloseTo(2, 12)
})

test('there is no ratio before two periods, nor where their profits do not differ', () => {
  expect(new ProfitCurve(durationNs(1)).sharpe(second(9), 252)).toBeNull()
  expect(curveOf([[0, 5]]).sharpe(second(1.5), 252)).toBeNull()
  const steady = curveOf([
    [0, 1],
    [1, 2],
    [2, 3],
  ])
  expect(steady.sharpe(second(3), 252)).toBeNull()
})

test('drawdown and ratio are those of a computation from scratch, however long nothing happened', () => {
  const moves = fc.array(
    fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 2_500 }), fc.integer({ min: 0, max: 40_000 })),
      fc.integer({ min: -500, max: 500 }),
    ),
    { minLength: 1, maxLength: 60 },
  )
  fc.assert(
    fc.property(moves, fc.integer({ min: 0, max: 5_000 }), (steps, restMs) => {
      let atMs = 0
      const course = steps.map(([gapMs, profit], index): readonly [number, number] => {
        atMs += index === 0 ? 700 : gapMs
        return [atMs / 1_000, profit]
      })
      const curve = curveOf(course)
      const endSec = (atMs + restMs) / 1_000
      expect(curve.drawdownMax).toBe(drawdownFromScratch(course.map(([, profit]) => profit)))
      const expected = sharpeFromScratch(course, endSec)
      const found = curve.sharpe(second(endSec), 100)
      if (expected === null) expect(found).toBeNull()
      else expect(found).toBeCloseTo(expected * 10, 8)
    }),
  )
})

function drawdownFromScratch(profits: readonly number[]): number {
  const whole = [0, ...profits]
  return Math.max(...whole.map((peak, index) => peak - Math.min(...whole.slice(index))))
}

/** The profit at the end of each second since the first fill, then mean and deviation of its changes in two passes. */
function sharpeFromScratch(course: readonly (readonly [number, number])[], endSec: number): number | null {
  const start = course[0]?.[0] ?? 0
  const changes: number[] = []
  let before = 0
  for (let period = 1; Math.round((start + period) * 1_000) <= Math.round(endSec * 1_000); period += 1) {
    // What happens at the very end of a period belongs to the next.
    const passed = course.filter(([at]) => Math.round(at * 1_000) < Math.round((start + period) * 1_000))
    const profit = passed.at(-1)?.[1] ?? 0
    changes.push(profit - before)
    before = profit
  }
  const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length
  const squares = changes.reduce((sum, change) => sum + (change - mean) ** 2, 0)
  return changes.length < 2 || new Set(changes).size === 1 ? null : mean / Math.sqrt(squares / (changes.length - 1))
}
