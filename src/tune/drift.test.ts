import { describe, expect, test } from 'vitest'
import { Random } from '../core/random.js'
import { driftOf } from './drift.js'

type Machine = (index: number) => number

/** A study of 60 runs of settings between 0 and 1 apart: run 0, and every fourth one after it, is of the same settings. */
function studyOn(machine: Machine, seed: number) {
  const random = Random.stream(seed, 'study')
  return Array.from({ length: 60 }, (_, index) => {
    const isAgain = index % 4 === 0
    const level = isAgain ? 0 : random.float()
    const objectiveLn = level + machine(index) + 0.1 * random.normal()
    return { index, key: isAgain ? 'best' : `run ${index}`, objectiveLn }
  })
}

/** Root of the mean square of what is left of the machine's change. Its level belongs to the settings and does not count. */
function leftOf(machine: Machine, drift: Float64Array): number {
  const left = Array.from(drift, (value, index) => machine(index) - value)
  const mean = left.reduce((sum, value) => sum + value, 0) / left.length
  return Math.sqrt(left.reduce((sum, value) => sum + (value - mean) ** 2, 0) / left.length)
}

const middleLeft = (machine: Machine): number => {
  const all = Array.from({ length: 31 }, (_, seed) => leftOf(machine, driftOf(studyOn(machine, seed), 60)))
  return all.toSorted((a, b) => a - b)[15] ?? Number.NaN
}

describe('of a noise of 10 % a run', () => {
  test.each([
    { name: 'a calm machine is left alone', machine: () => 0, leftMax: 0.012 },
    { name: 'one that gets slower by half is followed', machine: (index: number) => index * 0.007, leftMax: 0.045 },
    {
      name: 'one that is slower by a third from run 30 on, too',
      machine: (index: number) => (index < 30 ? 0 : 0.3),
      leftMax: 0.065,
    },
  ])('$name', ({ machine, leftMax }) => {
    expect(middleLeft(machine)).toBeLessThan(leftMax)
  })
})

test('nothing is told from fewer than two repetitions, and nothing of settings that were measured once', () => {
  const once = Array.from({ length: 10 }, (_, index) => ({ index, key: `${index}`, objectiveLn: index }))
  expect([...driftOf(once, 10)]).toEqual(Array(10).fill(0))
  expect([...driftOf([...once, { index: 10, key: '0', objectiveLn: 9 }], 11)]).toEqual(Array(11).fill(0))
  expect([...driftOf([], 0)]).toEqual([])
})

test('a best that changes is no break: the new one was measured before the old one was left', () => {
  const machine = (index: number) => 0.02 * index
  const first = [0, 4, 8, 12, 16]
  const second = [14, 20, 24, 28, 32, 36, 40]
  const runs = [...first, ...second]
    .toSorted((a, b) => a - b)
    .map((index) => ({
      index,
      key: first.includes(index) ? 'first' : 'second',
      objectiveLn: (first.includes(index) ? 1 : 0.3) + machine(index),
    }))
  expect(leftOf(machine, driftOf(runs, 41))).toBeLessThan(leftOf(machine, new Float64Array(41)) / 4)
})

test('runs that agree to the last digit are no drift', () => {
  const runs = [0, 4, 8, 12].map((index) => ({ index, key: 'same', objectiveLn: 2 }))
  expect(Math.max(...driftOf(runs, 13).map(Math.abs))).toBeLessThan(1e-9)
})
