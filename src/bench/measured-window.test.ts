import { expect, test } from 'vitest'
import { durationNs, nsPerMs } from '../core/units.js'
import { createControl, createLedger } from './ledger.js'
import { measuredWindow } from './measured-window.js'

const ms = (value: number) => durationNs(value * nsPerMs)

/** A warm-up of 100 ms with 10 ticks, a window of 200 ms, and as much that may follow: one tick each 10 ms. */
function prepared() {
  const offsetsNs = new Float64Array(new SharedArrayBuffer(50 * 8))
  for (let seq = 0; seq < 50; seq += 1) offsetsNs[seq] = ms(seq * 10)
  const schedule = { offsetsNs, warmupCount: 10, warmupNs: ms(100), windowNs: ms(200), windowNsMax: ms(400) }
  return { ...schedule, ledger: createLedger({ ...schedule, targetRatePerSec: 100 }, createControl()) }
}

test.each([
  { name: 'as long as planned', endSeq: 30, endMs: 300, ranMs: null, windowMs: 200, count: 20 },
  { name: 'ended early', endSeq: 16, endMs: 155, ranMs: null, windowMs: 55, count: 6 },
  { name: 'extended', endSeq: 41, endMs: 402, ranMs: null, windowMs: 302, count: 31 },
  { name: 'interrupted in the window', endSeq: 22, endMs: 300, ranMs: 221, windowMs: 121, count: 12 },
  { name: 'interrupted while a tick was held up', endSeq: 20, endMs: 300, ranMs: 235, windowMs: 135, count: 13 },
  { name: 'interrupted in the warm-up', endSeq: 5, endMs: 300, ranMs: 55, windowMs: 0, count: 0 },
  { name: 'interrupted in the drain', endSeq: 30, endMs: 300, ranMs: 900, windowMs: 200, count: 20 },
  { name: 'interrupted in the drain after an early end', endSeq: 16, endMs: 155, ranMs: 900, windowMs: 55, count: 6 },
  { name: 'interrupted while it was extended', endSeq: 36, endMs: 450, ranMs: 358, windowMs: 258, count: 26 },
])('the window of a run that was $name', ({ endSeq, endMs, ranMs, windowMs, count }) => {
  const window = measuredWindow(prepared(), { endSeq, endNs: ms(endMs) }, ranMs === null ? null : ms(ranMs))
  expect(window).toEqual({ windowNs: ms(windowMs), plannedCount: count })
})

test('a word that came too late leaves nothing out that was sent', () => {
  const sent = { endSeq: 18, endNs: ms(155) }
  expect(measuredWindow(prepared(), sent, null)).toEqual({ windowNs: ms(70) + 1, plannedCount: 8 })
  expect(measuredWindow(prepared(), sent, ms(500))).toEqual({ windowNs: ms(70) + 1, plannedCount: 8 })
})
