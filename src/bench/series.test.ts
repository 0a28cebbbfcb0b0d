import { expect, test } from 'vitest'
import { intervalNs } from '../results/run-result.js'
import { SeriesRecorder } from './series.js'

const windowOf = (valuesMs: readonly (readonly number[])[]): SeriesRecorder => {
  const series = new SeriesRecorder('endToEnd', [5e6], valuesMs.length)
  valuesMs.forEach((values, interval) => {
    for (const value of values) series.record(value * 1e6, interval)
  })
  return series
}

const calm = Array.from({ length: 95 }, (_, index) => 1 + index / 1000)

test('each interval says how many of its samples lie above the quantiles of the whole window', () => {
  // Ten of 200 samples are slow, all in the second interval: the whole tail above the p95.
  const slow = Array.from({ length: 10 }, (_, index) => 10 + index)
  const { intervals } = windowOf([calm, [...calm, ...slow]]).toSeries(2)
  expect(intervals.map(({ startNs, count }) => [startNs, count])).toEqual([
    [0, 95],
    [intervalNs, 105],
  ])
  expect(intervals.map(({ aboveQuantiles }) => aboveQuantiles.slice(1))).toEqual([
    [0, 0, 0],
    [10, 2, 1],
  ])
})

test('a tail of timeouts that all stand at one figure is above the quantile that lies among them', () => {
  const timeouts = Array.from({ length: 20 }, () => 1000)
  const { intervals } = windowOf([calm, [...calm, ...timeouts]]).toSeries(2)
  expect(intervals.map(({ aboveQuantiles }) => aboveQuantiles[1])).toEqual([0, 20])
})

test('many samples in one interval are counted as few are', () => {
  // The highest of the calm values has a bucket of its own.
  const many = Array.from({ length: 400 }, () => calm).flat()
  const { intervals } = windowOf([many, [...many, 50, 50]]).toSeries(2)
  expect(intervals.map(({ aboveQuantiles }) => aboveQuantiles[3])).toEqual([400, 402])
})

test('a window without samples has nothing above its quantiles', () => {
  expect(
    windowOf([[], []])
      .toSeries(2)
      .intervals.map(({ aboveQuantiles }) => aboveQuantiles),
  ).toEqual([
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ])
})
