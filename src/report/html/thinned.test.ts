import { expect, test } from 'vitest'
import { richRun } from './rich-run-fixture.js'
import { spansOf } from './thinned.js'

test('a short run is shown by interval, the last of which ends with the window', () => {
  const run = richRun()
  const spans = spansOf({ ...run, load: { ...run.load, durationNs: 5.9e9 } })
  expect(spans.length).toBe(24)
  expect(spans.every(({ joined }) => joined === 1)).toBe(true)
  expect(spans.at(-1)?.endNs).toBe(5.9e9)
})

test('a long run is thinned to what a page can show, but no spike and no count is lost', () => {
  const run = richRun({ seconds: 600 })
  const [first, ...others] = run.endToEnd.intervals
  if (first === undefined) throw new Error('the sample has intervals')
  const intervals = [
    ...others.slice(0, 1_001),
    { ...first, startNs: 1_001 * 250e6, maxNs: 9e9 },
    ...others.slice(1_001),
  ]
  const spans = spansOf({ ...run, endToEnd: { ...run.endToEnd, intervals } })
  expect(spans.length).toBeLessThanOrEqual(240)
  expect(Math.max(...spans.map(({ maxNs }) => maxNs))).toBe(9e9)
  const sum = (counts: readonly { readonly count: number }[]) => counts.reduce((all, { count }) => all + count, 0)
  expect(sum(spans)).toBe(sum(intervals))
})
