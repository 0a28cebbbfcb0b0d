import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantNs } from '../../core/units.js'
import { EventQueue } from './event-queue.js'

test('events are taken in order of time, those of one instant in order of arrival, whatever is added between', () => {
  const step = fc.oneof(fc.constant('take' as const), fc.integer({ min: 0, max: 9 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new EventQueue<number>()
      const waiting: { readonly at: number; readonly number: number }[] = []
      steps.forEach((one, number) => {
        const first = waiting.toSorted((a, b) => a.at - b.at || a.number - b.number)[0]
        expect(queue.nextAt).toBe(first?.at ?? null)
        if (one !== 'take') {
          queue.add(instantNs(one), number)
          waiting.push({ at: one, number })
        } else {
          expect(queue.take()).toBe(first?.number ?? null)
          if (first !== undefined) waiting.splice(waiting.indexOf(first), 1)
        }
      })
    }),
  )
})
