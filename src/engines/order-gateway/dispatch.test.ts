import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationNs, instantNs, nsPerMs } from '../../core/units.js'
import { Dispatch } from './dispatch.js'

const at = (ms: number) => instantNs(ms * nsPerMs)
const batch = { window: durationNs(10 * nsPerMs), ordersMax: 3 }
const pacing = { rate: 100, burst: 2 }

test('off sends each order at once', () => {
  const dispatch = new Dispatch<number>({ batch: 'off', pacing: 'off', queueMax: 10 }, at(0))
  dispatch.offer(1, at(0))
  dispatch.offer(2, at(0))
  expect([dispatch.next(at(0)), dispatch.next(at(0)), dispatch.next(at(0))]).toEqual([[1], [2], null])
  expect(dispatch.untilNext(at(0))).toBeNull()
})

test('a batch leaves when it is full or its window has passed', () => {
  const dispatch = new Dispatch<number>({ batch, pacing: 'off', queueMax: 10 }, at(0))
  for (const item of [1, 2, 3, 4]) dispatch.offer(item, at(1))
  expect(dispatch.next(at(1))).toEqual([1, 2, 3])
  expect(dispatch.next(at(1))).toBeNull()
  expect(dispatch.untilNext(at(4))).toBe(7 * nsPerMs)
  dispatch.closeDue(at(11))
  expect(dispatch.next(at(11))).toEqual([4])
})

test('a call waits for its token, which is one a batch', () => {
  const dispatch = new Dispatch<number>({ batch, pacing, queueMax: 10 }, at(0))
  for (let item = 0; item < 12; item += 1) dispatch.offer(item, at(0))
  expect([dispatch.next(at(0)), dispatch.next(at(0)), dispatch.next(at(0))]).toEqual([[0, 1, 2], [3, 4, 5], null])
  expect(dispatch.waiting).toBe(2)
  expect(dispatch.untilNext(at(0))).toBe(10 * nsPerMs)
  expect(dispatch.next(at(10))).toEqual([6, 7, 8])
  expect(dispatch.next(at(10))).toBeNull()
})

test('what finds no room is returned and counted', () => {
  const dispatch = new Dispatch<number>({ batch: 'off', pacing, queueMax: 2 }, at(0))
  expect([1, 2, 3].map((item) => dispatch.offer(item, at(0)))).toEqual([[], [], [3]])
  expect(dispatch.overflowed).toBe(1)
})

test('every order leaves exactly once and in order, whatever the times', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 60 }), (gapsMs) => {
      const dispatch = new Dispatch<number>({ batch, pacing, queueMax: 100 }, at(0))
      const sent: number[] = []
      let nowMs = 0
      const pump = (): void => {
        dispatch.closeDue(at(nowMs))
        for (let call = dispatch.next(at(nowMs)); call !== null; call = dispatch.next(at(nowMs))) sent.push(...call)
      }
      gapsMs.forEach((gapMs, item) => {
        nowMs += gapMs
        pump()
        dispatch.offer(item, at(nowMs))
        pump()
      })
      sent.push(...dispatch.takeAll().flat())
      expect(sent).toEqual(gapsMs.map((_, item) => item))
    }),
  )
})
