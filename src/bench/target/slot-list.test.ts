import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlotList } from './slot-list.js'

test('slots keep their order however they are put in front, put behind and taken out', () => {
  const step = fc.tuple(fc.constantFrom('push', 'unshift', 'shift', 'remove'), fc.nat(7))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const list = new SlotList(8)
      const model: number[] = []
      for (const [name, slot] of steps) {
        const listed = model.includes(slot)
        expect(list.has(slot)).toBe(listed)
        if (name === 'push' && !listed) {
          list.push(slot)
          model.push(slot)
        } else if (name === 'unshift' && !listed) {
          list.unshift(slot)
          model.unshift(slot)
        } else if (name === 'remove' && listed) {
          list.remove(slot)
          model.splice(model.indexOf(slot), 1)
        } else if (name === 'shift') {
          expect(list.shift()).toBe(model.shift() ?? -1)
        }
        expect(list.first).toBe(model[0] ?? -1)
        expect(list.empty).toBe(model.length === 0)
      }
    }),
  )
})
