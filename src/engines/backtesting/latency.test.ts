import { expect, test } from 'vitest'
import { instantNs, nsPerUs } from '../../core/units.js'
import { topics } from '../model/messages.js'
import { Latency } from './latency.js'
import { backtestRequest } from './request.js'

const latencyOf = (jitter: number, seed = 1): Latency =>
  new Latency(backtestRequest.parse({ latency: { jitter }, seed }))

test('without jitter each way takes what the request says of it', () => {
  const latency = latencyOf(0)
  const us = [topics.marketEvent, topics.tick, topics.orderPlaced, topics.executionReport].map(
    (topic) => latency.of(topic, 'any', instantNs(0)) / nsPerUs,
  )
  expect(us).toEqual([200, 20, 500, 200])
})

test('with jitter times spread around their median by the seed, and no message overtakes one of its way', () => {
  const arrivals = (seed: number): number[] => {
    const latency = latencyOf(1, seed)
    return Array.from({ length: 2_000 }, (_, index) => {
      const sentAt = index * 10 * nsPerUs
      return sentAt + latency.of(topics.orderPlaced, 'matching', instantNs(sentAt))
    })
  }
  const times = arrivals(1)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(arrivals(1)).toEqual(times)
  expect(arrivals(2)).not.toEqual(times)
  const alone = latencyOf(1)
  // Each on a way of its own, so that none waits for another.
  const spans = Array.from({ length: 2_001 }, (_, index) => alone.of(topics.orderPlaced, `${index}`, instantNs(0)))
  const median = spans.toSorted((a, b) => a - b)[1_000] ?? 0
  expect(median / (500 * nsPerUs)).toBeGreaterThan(0.9)
  expect(median / (500 * nsPerUs)).toBeLessThan(1.1)
})
