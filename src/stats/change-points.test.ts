import { expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { changePoints } from './change-points.js'

/** Levels in percent of the first, with noise of `deviation` and a value for each entry. */
function history(levels: readonly { level: number; length: number }[], deviation: number, seed: number): number[] {
  const random = new Random(seed)
  return levels.flatMap(({ level, length }) =>
    Array.from({ length }, () => level * Math.exp(deviation * random.normal())),
  )
}

test('a step is found where it is, with its levels', () => {
  const [found, ...others] = changePoints(
    history(
      [
        { level: 100, length: 25 },
        { level: 110, length: 15 },
      ],
      0.02,
      1,
    ),
    7,
  )
  expect(others).toEqual([])
  expect(found?.index).toBe(25)
  expect(found?.p).toBeLessThanOrEqual(0.01)
  expect(found?.before).toBeCloseTo(100, -0.5)
  expect(found?.after).toBeCloseTo(110, -0.5)
})

test('a level that comes back is found at both ends', () => {
  const values = history(
    [
      { level: 100, length: 20 },
      { level: 120, length: 12 },
      { level: 100, length: 20 },
    ],
    0.03,
    2,
  )
  expect(changePoints(values, 7).map(({ index }) => index)).toEqual([20, 32])
})

test.each([
  { name: 'a single wild run', values: history([{ level: 100, length: 40 }], 0.02, 3).with(20, 900) },
  {
    name: 'two wild runs in a row',
    values: history([{ level: 100, length: 40 }], 0.02, 3)
      .with(20, 900)
      .with(21, 800),
  },
  { name: 'a wild last run', values: history([{ level: 100, length: 40 }], 0.02, 3).with(39, 900) },
  { name: 'equal values', values: Array.from({ length: 30 }, () => 5) },
  { name: 'five values', values: [1, 1, 9, 9, 9] },
  { name: 'nothing', values: [] },
])('$name is no change', ({ values }) => expect(changePoints(values, 7)).toEqual([]))

test('a wild run hides no step', () => {
  const values = history(
    [
      { level: 100, length: 20 },
      { level: 115, length: 20 },
    ],
    0.02,
    4,
  ).with(8, 5000)
  expect(changePoints(values, 7).map(({ index }) => index)).toEqual([20])
})

test('noise is called a change in at most one of fifty histories, whatever its distribution', () => {
  const random = new Random(6)
  for (const draw of [() => random.normal(), () => random.exponential(1) ** 3]) {
    let found = 0
    for (let seed = 0; seed < 300; seed += 1) {
      if (changePoints(Array.from({ length: 30 }, draw), seed).length > 0) found += 1
    }
    expect(found / 300).toBeLessThanOrEqual(0.02)
  }
})

test('the same history and seed give the same answer', () => {
  const values = history([{ level: 1, length: 60 }], 0.5, 9)
  expect(changePoints(values, 3)).toEqual(changePoints(values, 3))
})

test('of a long history the last 500 values are looked at', () => {
  const values = history(
    [
      { level: 50, length: 300 },
      { level: 100, length: 450 },
      { level: 120, length: 20 },
    ],
    0.02,
    5,
  )
  expect(changePoints([...values.slice(0, 250), ...values], 7).map(({ index }) => index)).toEqual([550, 1000])
})
