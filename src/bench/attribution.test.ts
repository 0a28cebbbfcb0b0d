import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type InstantNs, instantNs } from '../core/units.js'
import type { Stamp } from '../platform/bus/envelope.js'
import { Histogram } from '../stats/histogram.js'
import { type Part, Splitter, type TickTimes } from './attribution.js'
import { BandSums } from './band.js'

const stamp = (engine: string, polled: number, received: number, started: number, done: number): Stamp => ({
  engine,
  polledAt: instantNs(polled),
  receivedAt: instantNs(received),
  startedAt: instantNs(started),
  doneAt: instantNs(done),
})
const times = (intended: number, sent: number, polled: number, received: number, done: number): TickTimes => ({
  intendedAt: instantNs(intended),
  sentAt: instantNs(sent),
  polledAt: instantNs(polled),
  receivedAt: instantNs(received),
  doneAt: instantNs(done),
})
const partsOf = (splitter: Splitter): Record<string, number | undefined> =>
  Object.fromEntries(
    Array.from({ length: splitter.count }, (_, index) => {
      const part = splitter.parts[splitter.ids[index] ?? 0] as Part
      return [`${part.stage} ${part.kind}`, splitter.values[index]]
    }),
  )

test('a tick is split into lateness, queues, processing and transits', () => {
  const splitter = new Splitter()
  const stamps = [stamp('market-data', 90, 130, 135, 150), stamp('risk', 170, 180, 200, 260)]
  expect(splitter.split(stamps, times(100, 110, 250, 300, 320))).toBe(true)
  expect(partsOf(splitter)).toEqual({
    'driver processing': 10,
    'driver->market-data transit': 20,
    'market-data queue': 5,
    'market-data processing': 15,
    // risk was busy until 170: 20 of the 30 between the engines are its queue, not the bus.
    'market-data->risk transit': 10,
    'risk queue': 20 + 20,
    'risk processing': 60,
    'risk->driver transit': 40,
    'driver queue': 20,
  })
})

test('the parts of any chain of stamps sum to the response time', () => {
  const gap = fc.integer({ min: 0, max: 1e9 })
  const hop = fc.record({ busy: gap, wait: gap, queue: gap, work: gap })
  fc.assert(
    fc.property(gap, fc.array(hop, { maxLength: 8 }), hop, (lateness, hops, last) => {
      let now = 1e15 + lateness
      const stamps = hops.map((each, index) => {
        const polled = now + each.busy - 5e8
        const received = Math.max(polled, now) + each.wait
        const started = received + each.queue
        now = started + each.work
        return stamp(`engine-${index}`, polled, received, started, now)
      })
      const polled = now + last.busy - 5e8
      const received = Math.max(polled, now) + last.wait
      const splitter = new Splitter()
      expect(splitter.split(stamps, times(1e15, 1e15 + lateness, polled, received, received + last.work))).toBe(true)
      expect(splitter.negativeDifferences).toBe(0)
      const sum = splitter.values.slice(0, splitter.count).reduce((total, value) => total + value, 0)
      expect(sum).toBe(received + last.work - 1e15)
    }),
  )
})

test('a stamp that arrives before it was sent is counted, and the sum still holds', () => {
  const splitter = new Splitter()
  expect(splitter.split([stamp('risk', 50, 99, 100, 120)], times(90, 100, 60, 130, 140))).toBe(true)
  expect(splitter.negativeDifferences).toBe(1)
})

test('an instant that is not a number is a mismatch, never a sample', () => {
  const splitter = new Splitter()
  expect(splitter.split([stamp('risk', 50, Number.NaN, 100, 120)], times(90, 100, 60, 130, 140))).toBe(false)
  expect(splitter.sumMismatches).toBe(1)
  expect(splitter.count).toBe(0)
})

test('more stamps than the bound are a mismatch', () => {
  const splitter = new Splitter()
  const stamps = Array.from({ length: 65 }, () => stamp('loop', 1, 2, 3, 4))
  expect(splitter.split(stamps, times(0, 1, 2, 3, 4))).toBe(false)
})

test('the band holds the mean parts of the ticks between p95 and p99, and their shares sum to one', () => {
  const splitter = new Splitter()
  const band = new BandSums()
  const distribution = new Histogram()
  for (let index = 1; index <= 1000; index += 1) {
    const workNs = index * 1000
    const doneAt = 100 + workNs + 50
    splitter.split([stamp('risk', 0, 100, 100, 100 + workNs)], times(0, 60, 0, doneAt, doneAt))
    band.add(doneAt as InstantNs, splitter)
    distribution.record(doneAt)
  }
  const result = band.attribution(distribution, splitter.parts, (part) =>
    part.kind === 'transit' ? 'bus' : part.stage,
  )
  expect(result?.count).toBeGreaterThanOrEqual(41)
  expect(result?.parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(1, 12)
  expect(result?.components.map(({ name }) => name).sort()).toEqual(['bus', 'driver', 'risk'])
  const risk = result?.components.find(({ name }) => name === 'risk')
  expect(risk?.meanNs).toBeGreaterThan(940_000)
  expect(risk?.meanNs).toBeLessThan(1_000_000)
})

test('without samples there is no attribution', () => {
  expect(new BandSums().attribution(new Histogram(), [], () => null)).toBeNull()
})
