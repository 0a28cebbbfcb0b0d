import { expect, test } from 'vitest'
import { durationNs, type InstantNs, instantNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { Placements } from './core.js'

const limits = {
  placementTimeout: durationNs(100 * nsPerMs),
  inFlightMax: 10,
  rememberedOrders: 1_000,
  breaker: { failures: 5, openFor: durationNs(60 * nsPerSec), trials: 3 },
}
const at = (ms: number): InstantNs => instantNs(ms * nsPerMs)

test('an order is accepted once', () => {
  const placements = new Placements<string>(limits)
  expect(placements.accept(1, 'a', at(0))).toBeNull()
  expect(placements.accept(1, 'a', at(1))).toBe('duplicate')
  placements.placed([1], at(2))
  expect(placements.answered(1, at(3))).toBe('a')
  expect(placements.accept(1, 'a', at(4))).toBe('duplicate')
  expect(placements.inFlight).toBe(0)
})

test('an order that was dropped before it was placed may come again', () => {
  const placements = new Placements<string>(limits)
  placements.accept(1, 'a', at(0))
  placements.dropped(1)
  expect(placements.accept(1, 'a', at(1))).toBeNull()
})

test('the oldest id makes room for a new one, and one that was dropped and came again is remembered once', () => {
  const placements = new Placements<string>({ ...limits, rememberedOrders: 2 })
  placements.accept(1, 'a', at(0))
  placements.dropped(1)
  expect(placements.accept(1, 'a', at(0))).toBeNull()
  expect(placements.accept(2, 'b', at(0))).toBeNull()
  expect([1, 2].map((id) => placements.accept(id, 'again', at(0)))).toEqual(['duplicate', 'duplicate'])
  expect(placements.accept(3, 'c', at(0))).toBeNull()
  expect([2, 3].map((id) => placements.accept(id, 'again', at(0)))).toEqual(['duplicate', 'duplicate'])
  expect(placements.accept(1, 'a', at(0))).toBeNull()
})

test('the timeout runs from the placement, not from the acceptance', () => {
  const placements = new Placements<string>(limits)
  placements.accept(1, 'a', at(0))
  expect(placements.untilOverdue(at(500))).toBeNull()
  placements.placed([1], at(500))
  expect(placements.untilOverdue(at(520))).toBe(80 * nsPerMs)
  expect(placements.takeOverdue(at(599))).toEqual([])
  expect(placements.takeOverdue(at(600))).toEqual(['a'])
})

test('a late report is counted once and answers nobody; a stranger is not counted', () => {
  const placements = new Placements<string>(limits)
  placements.accept(1, 'a', at(0))
  placements.placed([1], at(0))
  placements.takeOverdue(at(100))
  expect(placements.answered(1, at(101))).toBeNull()
  expect(placements.answered(1, at(102))).toBeNull()
  expect(placements.answered(77, at(103))).toBeNull()
  expect(placements.late).toBe(1)
})

test('five timeouts in a row open the breaker; three answered trials close it', () => {
  const placements = new Placements<number>(limits)
  for (let id = 1; id <= 5; id += 1) {
    placements.accept(id, id, at(0))
    placements.placed([id], at(0))
  }
  expect(placements.takeOverdue(at(100))).toEqual([1, 2, 3, 4, 5])
  expect(placements.breaker).toBe('open')
  expect(placements.accept(6, 6, at(59_000))).toBe('breaker open')
  const trial = at(60_200)
  expect([7, 8, 9, 10].map((id) => placements.accept(id, id, trial))).toEqual([null, null, null, 'breaker open'])
  for (const id of [7, 8, 9]) {
    placements.placed([id], trial)
    placements.answered(id, trial)
  }
  expect(placements.breaker).toBe('closed')
})

test('the orders of one call fail as one', () => {
  const placements = new Placements<number>(limits)
  const ids = [1, 2, 3, 4, 5, 6]
  for (const id of ids) placements.accept(id, id, at(0))
  placements.placed(ids, at(0))
  expect(placements.takeOverdue(at(100))).toEqual(ids)
  expect(placements.breaker).toBe('closed')
})

test('an answer between timeouts keeps the breaker closed', () => {
  const placements = new Placements<number>(limits)
  for (let id = 1; id <= 20; id += 1) {
    placements.accept(id, id, at(id * 1_000))
    placements.placed([id], at(id * 1_000))
    if (id % 5 === 0) placements.answered(id, at(id * 1_000 + 1))
    else placements.takeOverdue(at(id * 1_000 + 100))
  }
  expect(placements.breaker).toBe('closed')
})

test('orders in flight and remembered ids are bounded', () => {
  const placements = new Placements<number>(limits)
  for (let id = 0; id < 10; id += 1) expect(placements.accept(id, id, at(0))).toBeNull()
  expect(placements.accept(10, 10, at(0))).toBe('too many in flight')
  for (let id = 0; id < 2_000; id += 1) {
    placements.placed([id], at(1))
    placements.answered(id, at(1))
    placements.accept(id + 10, 0, at(1))
  }
  expect(placements.accept(2_000 - 1, 0, at(2))).toBe('duplicate')
  for (let id = 2_000; id < 2_010; id += 1) {
    placements.placed([id], at(3))
    placements.answered(id, at(3))
  }
  expect(placements.accept(5, 5, at(3))).toBeNull()
})

test('a cancel follows an order that was placed, one at a time', () => {
  const placements = new Placements<string>(limits)
  placements.accept(1, 'order', at(0))
  expect(placements.acceptChange(1, 'cancel', at(0))).toBe('duplicate')
  placements.placed([1], at(0))
  placements.answered(1, at(1))
  expect(placements.acceptChange(1, 'cancel', at(2))).toBeNull()
  placements.placed([1], at(2))
  expect(placements.answered(1, at(3))).toBe('cancel')
})

test('a change that was dropped leaves its order known, and another may follow', () => {
  const placements = new Placements<string>(limits)
  placements.accept(1, 'order', at(0))
  placements.placed([1], at(0))
  placements.answered(1, at(1))
  placements.acceptChange(1, 'replacement', at(2))
  placements.changeDropped(1)
  expect(placements.accept(1, 'order again', at(3))).toBe('duplicate')
  expect(placements.acceptChange(1, 'cancel', at(3))).toBeNull()
  expect(placements.waiting(1)).toBeNull()
  placements.placed([1], at(4))
  expect(placements.waiting(1)).toBe('cancel')
})
