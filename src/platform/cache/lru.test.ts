import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationNs, instantNs } from '../../core/units.js'
import { Lru } from './lru.js'

const at = instantNs

test('what was used least recently goes first', () => {
  const lru = new Lru<string, number>({ entriesMax: 2, ttl: durationNs(100) })
  lru.set('a', 1, at(0))
  lru.set('b', 2, at(0))
  lru.get('a', at(1))
  lru.set('c', 3, at(2))
  expect([lru.get('a', at(3)), lru.get('b', at(3)), lru.get('c', at(3))]).toEqual([1, undefined, 3])
  expect({ size: lru.size, evicted: lru.evicted, hits: lru.hits, misses: lru.misses }).toEqual({
    size: 2,
    evicted: 1,
    hits: 3,
    misses: 1,
  })
})

test('an entry lives from its last set, however often it is read', () => {
  const lru = new Lru<string, number>({ entriesMax: 2, ttl: durationNs(100) })
  lru.set('a', 1, at(0))
  expect(lru.get('a', at(99))).toBe(1)
  expect(lru.get('a', at(100))).toBeUndefined()
  expect(lru.size).toBe(0)
  lru.set('a', 2, at(100))
  lru.set('a', 3, at(150))
  expect(lru.get('a', at(240))).toBe(3)
})

test('it agrees with a list that is searched', () => {
  const step = fc.record({ key: fc.nat({ max: 6 }), write: fc.boolean(), gap: fc.nat({ max: 40 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const lru = new Lru<number, number>({ entriesMax: 3, ttl: durationNs(100) })
      let model: { key: number; value: number; expiresAt: number }[] = []
      let now = 0
      steps.forEach(({ key, write, gap }, value) => {
        now += gap
        const found = model.find((entry) => entry.key === key)
        const live = found !== undefined && now < found.expiresAt ? found : undefined
        model = model.filter((entry) => entry.key !== key)
        if (write) {
          lru.set(key, value, at(now))
          if (found === undefined && model.length === 3) model.shift()
          model.push({ key, value, expiresAt: now + 100 })
          return
        }
        expect(lru.get(key, at(now))).toBe(live?.value)
        if (live !== undefined) model.push(live)
      })
    }),
  )
})
