import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { monotonicClock } from '../../core/clock.js'
import { instantNs } from '../../core/units.js'
import { ActivityWatch } from './activity.js'

test('of a long watch the last samples are kept, without a gap, and the sums are of all', async () => {
  const watch = new ActivityWatch(monotonicClock, 'thread')
  const garbage: number[][] = []
  while (watch.totals().gcNs === 0) {
    garbage.push(new Array<number>(100_000).fill(0))
    if (garbage.length > 100) garbage.length = 0
    await turn()
  }
  const { gcNs } = watch.totals()
  for (let round = 0; round < 2_400; round += 1) watch.totals()
  const samples = watch.since(instantNs(0))
  expect(samples).toHaveLength(2_400)
  expect(samples.slice(1).every(({ fromAt }, index) => fromAt === samples[index]?.toAt)).toBe(true)
  expect(watch.totals().gcNs).toBeGreaterThanOrEqual(gcNs)
  watch.stop()
})

test('the CPU time of what keeps a thread busy is in its samples', () => {
  const watch = new ActivityWatch(monotonicClock, 'process')
  const from = monotonicClock.now()
  const before = process.cpuUsage()
  while (process.cpuUsage(before).user < 20_000) Math.sqrt(monotonicClock.now())
  const samples = watch.since(from)
  watch.stop()
  expect(samples.reduce((sum, { cpuNs }) => sum + cpuNs, 0)).toBeGreaterThanOrEqual(20e6)
})
