import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { durationNs, instantNs, nsPerMs, nsPerUs } from '../../core/units.js'
import {
  type AdaptiveBatch,
  type AdaptiveBatchLimits,
  answered,
  join,
  left,
  newAdaptiveBatch,
  untilDue,
} from './adaptive-batch.js'
import { adaptiveBatchConfig } from './config.js'

const shipped = adaptiveBatchConfig.parse({})
const limits: AdaptiveBatchLimits = shipped === 'off' ? { window: durationNs(0), messagesMax: 1, steps: [] } : shipped
const at = (us: number) => instantNs(us * nsPerUs)
const one = { messages: 1, urgent: false }

/** A batch that gathers because a write is under way, at a rate that was measured before. */
function busy(ratePerSec: number): AdaptiveBatch {
  const batch = newAdaptiveBatch(at(0))
  batch.ratePerSec = ratePerSec
  expect(join(batch, at(0), limits, one)).toBe(true)
  left(batch)
  return batch
}

/** How many wait when the first of them makes all leave; they come at one instant. */
function enoughAt(ratePerSec: number): number {
  const batch = busy(ratePerSec)
  for (let waiting = 1; waiting <= 1_000; waiting += 1) if (join(batch, at(1), limits, one)) return waiting
  return 0
}

test('the shipped limits are those of the claim', () => {
  expect(limits).toEqual({
    window: 500 * nsPerUs,
    messagesMax: 100,
    steps: [
      { above: 100, messages: 20 },
      { above: 1_000, messages: 50 },
    ],
  })
})

test('nothing waits for an idle medium', () => {
  const batch = newAdaptiveBatch(at(0))
  for (let turn = 0; turn < 5; turn += 1) {
    expect(join(batch, at(turn * 10), limits, one)).toBe(true)
    left(batch)
    expect(answered(batch)).toBe(false)
  }
})

test.each([
  { ratePerSec: 99, messages: 100 },
  { ratePerSec: 100, messages: 100 },
  { ratePerSec: 101, messages: 20 },
  { ratePerSec: 1_000, messages: 20 },
  { ratePerSec: 1_001, messages: 50 },
  { ratePerSec: 50_000, messages: 50 },
])('at $ratePerSec messages/s $messages leave at once', ({ ratePerSec, messages }) => {
  expect(enoughAt(ratePerSec)).toBe(messages)
})

test('one that may not wait takes along what waits', () => {
  const batch = busy(5_000)
  expect(join(batch, at(1), limits, one)).toBe(false)
  expect(join(batch, at(2), limits, { messages: 1, urgent: true })).toBe(true)
})

test('what waits leaves with the answer to what is under way', () => {
  const batch = busy(5_000)
  expect(join(batch, at(10), limits, one)).toBe(false)
  expect(answered(batch)).toBe(true)
  left(batch)
  expect(answered(batch)).toBe(false)
})

test('the window begins with the first that waits', () => {
  const batch = busy(5_000)
  expect(untilDue(batch, at(5), limits)).toBeNull()
  expect(join(batch, at(10), limits, one)).toBe(false)
  expect(untilDue(batch, at(110), limits)).toBe(400 * nsPerUs)
  expect(join(batch, at(509), limits, one)).toBe(false)
  expect(untilDue(batch, at(600), limits)).toBe(0)
  expect(join(batch, at(510), limits, one)).toBe(true)
})

test('the rate is that of the last tenth of a second or more, and falls again', () => {
  const batch = newAdaptiveBatch(at(0))
  for (let us = 0; us <= 200_000; us += 500) join(batch, at(us), limits, one)
  expect(batch.ratePerSec).toBeCloseTo(2_000, -2)
  join(batch, at(10_200_000), limits, one)
  expect(batch.ratePerSec).toBeLessThan(25)
})

describe('whatever comes when', () => {
  const events = fc.array(
    fc.record({
      afterUs: fc.nat({ max: 700 }),
      messages: fc.nat({ max: 120 }),
      urgent: fc.boolean(),
      answers: fc.boolean(),
    }),
    { maxLength: 200 },
  )

  test('nobody waits beyond the window, no more gather than may, and all that came leaves', () => {
    fc.assert(
      fc.property(events, (steps) => {
        const batch = newAdaptiveBatch(at(0))
        let us = 0
        let gathered = 0
        let came = 0
        let gone = 0
        const leave = (): void => {
          left(batch)
          gone += gathered
          gathered = 0
        }
        for (const { afterUs, messages, urgent, answers } of steps) {
          // As the caller's timer has it.
          const dueNs = untilDue(batch, at(us), limits)
          if (dueNs !== null && dueNs <= afterUs * nsPerUs) leave()
          us += afterUs
          if (answers && batch.underWay > 0) {
            if (answered(batch)) leave()
            continue
          }
          gathered += messages
          came += messages
          if (join(batch, at(us), limits, { messages, urgent })) leave()
          expect(gathered).toBeLessThan(limits.messagesMax)
          expect(batch.openedAt === null || at(us) - batch.openedAt < 0.5 * nsPerMs).toBe(true)
        }
        while (batch.underWay > 0) if (answered(batch)) leave()
        expect(gone).toBe(came)
      }),
    )
  })
})
