import { expect, test } from 'vitest'
import { instantNs } from '../core/units.js'
import { Splitter } from './attribution.js'
import { Slowest } from './slowest.js'

/** A splitter that holds a tick of one engine which took `responseNs`. */
function split(splitter: Splitter, responseNs: number, engine = 'risk'): Splitter {
  const at = instantNs
  const stamp = { engine, polledAt: at(0), receivedAt: at(2), startedAt: at(2), doneAt: at(responseNs) }
  const times = {
    intendedAt: at(0),
    sentAt: at(1),
    polledAt: at(0),
    receivedAt: at(responseNs),
    doneAt: at(responseNs),
  }
  expect(splitter.split([stamp], times)).toBe(true)
  return splitter
}

test('of many requests the twenty slowest are kept, slowest first, with parts that sum to their time', () => {
  const slowest = new Slowest()
  const splitter = new Splitter()
  // A permutation: each response time from 100 up comes once.
  for (let seq = 0; seq < 1_000; seq += 1) {
    const responseNs = 100 + ((seq * 7) % 1_000)
    slowest.offer(seq, { offsetNs: seq * 10, responseNs, ending: 'traded' }, split(splitter, responseNs))
  }
  const requests = slowest.toRequests(splitter.parts)
  expect(requests.map(({ responseNs }) => responseNs)).toEqual(Array.from({ length: 20 }, (_, index) => 1_099 - index))
  for (const { seq, intendedNs, responseNs, parts } of requests) {
    expect(intendedNs).toBe(seq * 10)
    expect(100 + ((seq * 7) % 1_000)).toBe(responseNs)
    expect(parts.reduce((sum, part) => sum + part.ns, 0)).toBe(responseNs)
  }
  expect(requests[0]?.parts.map(({ stage, kind }) => `${stage} ${kind}`)).toEqual([
    'driver processing',
    'driver->risk transit',
    'risk queue',
    'risk processing',
    'risk->driver transit',
    'driver queue',
  ])
})

test('a request without parts takes the place of one with parts, and the other way round', () => {
  const slowest = new Slowest()
  const splitter = new Splitter()
  const offer = (seq: number, responseNs: number, told: boolean): void =>
    slowest.offer(seq, { offsetNs: 0, responseNs, ending: 'lost' }, told ? split(splitter, responseNs) : null)
  for (let seq = 0; seq < 20; seq += 1) offer(seq, 10 + seq, false)
  for (let seq = 20; seq < 40; seq += 1) offer(seq, 100 + seq, true)
  const told = slowest.toRequests(splitter.parts)
  expect(told.every(({ parts }) => parts.length === 6)).toBe(true)
  for (let seq = 40; seq < 60; seq += 1) offer(seq, 200 + seq, false)
  const untold = slowest.toRequests(splitter.parts)
  expect(untold).toHaveLength(20)
  expect(untold.every(({ parts, seq }) => parts.length === 0 && seq >= 40)).toBe(true)
})

test('fewer than twenty requests are all told', () => {
  const slowest = new Slowest()
  expect(slowest.toRequests([])).toEqual([])
  slowest.offer(3, { offsetNs: 1, responseNs: 0, ending: 'traded' }, null)
  expect(slowest.toRequests([])).toEqual([{ seq: 3, intendedNs: 1, responseNs: 0, ending: 'traded', parts: [] }])
})
