import { expect, test } from 'vitest'
import { monotonicClock } from '../core/clock.js'
import { durationNs, instantNs, later, nsPerMs, nsPerSec } from '../core/units.js'
import { sharesBetween, UsageSampler } from './usage.js'

test('samples the time and memory of a process', () => {
  const sampler = new UsageSampler()
  const self = [{ name: 'self', pid: process.pid }]
  const [before] = sampler.sample(self)
  // Until the kernel says so: on a busy machine 150 ms of time may be 10 ms of a core.
  const until = later(monotonicClock.now(), durationNs(20 * nsPerSec))
  const used = process.cpuUsage()
  while (process.cpuUsage(used).user < 100_000 && monotonicClock.now() < until) Math.sqrt(2)
  const [after] = sampler.sample(self)
  if (before === undefined || after === undefined) throw new Error('this process was not sampled')
  expect(after.cpuNs - before.cpuNs).toBeGreaterThan(50 * nsPerMs)
  expect(after.rssBytes / process.memoryUsage.rss()).toBeGreaterThan(0.8)
  expect(after.rssBytes / process.memoryUsage.rss()).toBeLessThan(1.2)
  expect(after.runQueueNs).toBeGreaterThanOrEqual(before.runQueueNs)
  sampler.close()
})

test('leaves out what does not run', () => {
  const sampler = new UsageSampler()
  expect(sampler.sample([{ name: 'gone', pid: 2 ** 30 }])).toEqual([])
  sampler.close()
})

test('shares are of the time between two samples', () => {
  const first = { name: 'a', pid: 1, at: instantNs(0), cpuNs: 0, rssBytes: 1, runQueueNs: 0 }
  const last = { ...first, at: instantNs(nsPerSec), cpuNs: nsPerSec / 2, rssBytes: 7, runQueueNs: nsPerSec / 4 }
  expect(sharesBetween([first], [last])).toEqual([
    { name: 'a', pid: 1, cpuShare: 0.5, rssBytes: 7, runQueueShare: 0.25 },
  ])
  expect(sharesBetween([], [last])).toEqual([])
})
