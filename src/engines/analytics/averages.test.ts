import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type InstantNs, instantNs, nsPerSec } from '../../core/units.js'
import { TimeAverage, VolumeAverage } from './averages.js'

const second = (count: number): InstantNs => instantNs(count * nsPerSec)

test('prices are averaged by quantity', () => {
  const vwap = new VolumeAverage()
  vwap.add(100, 10)
  vwap.add(104, 30)
  expect([vwap.mean, vwap.volume]).toEqual([103, 40])
})

test('prices are averaged by the time for which they stood, and time without a price is left out', () => {
  const twap = new TimeAverage()
  expect(twap.until(second(5))).toBe(0)
  twap.move(second(10), 100)
  expect(twap.until(second(10))).toBe(100)
  twap.move(second(11), 110)
  expect(twap.until(second(14))).toBe(107.5)
  twap.move(second(14), 0)
  expect(twap.until(second(90))).toBe(107.5)
  twap.move(second(100), 90)
  // 100 for 1 s, 110 for 3 s, 90 for 4 s: 790 / 8.
  expect(twap.until(second(104))).toBeCloseTo(98.75, 12)
  // Asking changes nothing.
  expect(twap.until(second(104))).toBeCloseTo(98.75, 12)
})

test('both averages are those of a computation from scratch', () => {
  const steps = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 2_000_000_000 }), fc.integer({ min: 1, max: 1_000_000_000 })),
    { minLength: 1, maxLength: 100 },
  )
  fc.assert(
    fc.property(steps, (pairs) => {
      const [twap, vwap] = [new TimeAverage(), new VolumeAverage()]
      let at = 0
      for (const [price, weight] of pairs) {
        twap.move(instantNs(at), price)
        at += weight
        if (price > 0) vwap.add(price, weight)
      }
      const priced = pairs.filter(([price]) => price > 0)
      const weights = priced.reduce((sum, [, weight]) => sum + weight, 0)
      const expected = priced.reduce((sum, [price, weight]) => sum + price * (weight / weights), 0)
      // A mean that was far away once keeps the rounding of that distance.
      const highest = Math.max(1, ...priced.map(([price]) => price))
      expect((twap.until(instantNs(at)) - expected) / highest).toBeCloseTo(0, 12)
      expect((vwap.mean - expected) / highest).toBeCloseTo(0, 12)
      expect(vwap.volume).toBe(weights)
    }),
  )
})
