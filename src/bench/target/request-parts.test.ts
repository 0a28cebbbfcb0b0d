import { expect, test } from 'vitest'
import { durationNs } from '../../core/units.js'
import { groupOf, RequestSplitter, type RequestTimes, requestParts } from './request-parts.js'

const times: RequestTimes = { intendedAt: 100, issuedAt: 103, sentAt: 110, firstByteAt: 150, doneAt: 157, serverNs: 25 }

function split(changes: Partial<RequestTimes> = {}) {
  const splitter = new RequestSplitter()
  const sums = splitter.split({ ...times, ...changes })
  const parts = Array.from({ length: splitter.count }, (_, index) => [
    requestParts[splitter.ids[index] ?? 0]?.stage,
    splitter.values[index],
  ])
  return {
    sums,
    parts: Object.fromEntries(parts),
    negative: splitter.negativeDifferences,
    overruns: splitter.serverOverruns,
    wrong: splitter.sumMismatches,
  }
}

test('the parts of a request lie between its instants and sum to its response time', () => {
  const parts = { driver: 3, connection: 7, server: 25, wire: 15, body: 7 }
  expect(split()).toEqual({ sums: true, parts, negative: 0, overruns: 0, wrong: 0 })
})

test('a server that tells no time has no part of its own', () => {
  expect(split({ serverNs: -1 }).parts).toEqual({ driver: 3, connection: 7, wire: 40, body: 7 })
})

test('a client that tells neither send nor first byte charges the wire', () => {
  expect(split({ serverNs: -1, sentAt: 0, firstByteAt: 0 }).parts).toEqual({
    driver: 3,
    connection: 0,
    wire: 54,
    body: 0,
  })
})

test('a server that says it took longer than was waited is counted, and the parts still sum', () => {
  const parts = { server: 60, wire: -20 }
  expect(split({ serverNs: 60 })).toMatchObject({ sums: true, parts, negative: 0, overruns: 1, wrong: 0 })
})

test('of an answer with both, the instant that runs backwards is counted beside the word of the server', () => {
  expect(split({ issuedAt: 99, serverNs: 60 })).toMatchObject({ sums: true, negative: 1, overruns: 1 })
})

test('a time that runs backwards is no word of the server', () => {
  expect(split({ firstByteAt: 109 })).toMatchObject({ sums: true, negative: 1, overruns: 0 })
})

test('parts that do not sum are counted', () => {
  expect(split({ doneAt: Number.POSITIVE_INFINITY, firstByteAt: Number.POSITIVE_INFINITY })).toMatchObject({
    sums: false,
    wrong: 1,
  })
})

test('edges are the wire and the body, in groups that name them so', () => {
  const group = (name: string, ...of: readonly string[]) => ({ name, of, limitsNs: [durationNs(1)] })
  const groups = [group('network', 'edges'), group('rest', 'driver', 'connection')]
  expect(requestParts.map((part) => groupOf(part, groups))).toEqual(['rest', 'rest', null, 'network', 'network'])
  expect(requestParts.map((part) => groupOf(part, [group('wire', 'wire')]))).toEqual([null, null, null, 'wire', null])
})
