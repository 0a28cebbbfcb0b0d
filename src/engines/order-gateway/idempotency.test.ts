import { expect, test } from 'vitest'
import { durationNs, instantNs } from '../../core/units.js'
import { IdempotencyMemory } from './idempotency.js'

const limits = { keysMax: 2, ttl: durationNs(100) }

test('a key gives its first answer until its time has passed', () => {
  const memory = new IdempotencyMemory<string>(limits)
  expect(memory.recall('k', 'a', instantNs(0))).toBeNull()
  memory.remember('k', 'a', 'first', instantNs(0))
  expect(memory.recall('k', 'a', instantNs(99))).toBe('first')
  expect(memory.recall('k', 'b', instantNs(99))).toBe('conflict')
  expect(memory.recall('k', 'b', instantNs(100))).toBeNull()
  expect(memory.size).toBe(0)
})

test('the oldest key makes room, and it is counted', () => {
  const memory = new IdempotencyMemory<string>(limits)
  for (const key of ['a', 'b', 'c']) memory.remember(key, 'x', key, instantNs(0))
  expect(memory.recall('a', 'x', instantNs(1))).toBeNull()
  expect(memory.recall('c', 'x', instantNs(1))).toBe('c')
  expect(memory.evicted).toBe(1)
})
