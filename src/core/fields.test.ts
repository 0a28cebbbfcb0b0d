import { expect, test } from 'vitest'
import { duration, positiveDuration } from './fields.js'

test('where a span of zero is no span, it is refused with the reason', () => {
  expect(duration.parse('0ms')).toBe(0)
  expect(positiveDuration.parse('5ms')).toBe(5_000_000)
  expect(() => positiveDuration.parse('0ms')).toThrow('must be above 0')
})
