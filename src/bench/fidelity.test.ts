import { expect, test } from 'vitest'
import { durationNs, nsPerMs, nsPerSec } from '../core/units.js'
import type { ExecutionReport } from '../engines/model/messages.js'
import { type InstrumentFacts, judgeInstrument } from './fidelity.js'
import { IdSet, Tally } from './tally.js'

const quiet: InstrumentFacts['disturbance'] = {
  runQueueShare: 0.02,
  gcShare: 0.01,
  eventLoopDelayNsP99: 1 * nsPerMs,
  throttledNs: null,
  clockReadNs: 40,
  noiseFloorNsP99: 1 * nsPerMs,
}

const good: InstrumentFacts = {
  planned: 1000,
  accounted: 1000,
  sent: 1000,
  windowNs: 10 * nsPerSec,
  durationNs: 10 * nsPerSec,
  warmupNs: 2 * nsPerSec,
  latenessNsP99: 1 * nsPerMs,
  endToEndLimitNs: durationNs(20 * nsPerMs),
  endToEndNsP99: 8 * nsPerMs,
  samples: 1000,
  negativeDifferences: 0,
  serverOverruns: 0,
  sumMismatches: 0,
  unknownOutcomes: 0,
  trend: { share: 0.1, z: 5 },
  disturbance: quiet,
}

test.each<{ name: string; facts: Partial<InstrumentFacts>; status: string; reason: RegExp | null }>([
  { name: 'nothing is wrong', facts: {}, status: 'valid', reason: null },
  { name: 'lateness is a tenth of the limit', facts: { latenessNsP99: 2e6 }, status: 'valid', reason: null },
  {
    name: 'lateness is above a tenth',
    facts: { latenessNsP99: 2.1e6 },
    status: 'degraded',
    reason: /lateness p99 2.10 ms/,
  },
  {
    name: 'lateness is above half',
    facts: { latenessNsP99: 10.1e6 },
    status: 'invalid',
    reason: /51 % of the end-to-end/,
  },
  {
    name: 'there is no limit and lateness is half the measured p99',
    facts: { endToEndLimitNs: null, latenessNsP99: 4.1e6 },
    status: 'invalid',
    reason: /of the measured p99 of 8.00 ms/,
  },
  { name: 'a few were not sent', facts: { sent: 995 }, status: 'degraded', reason: /sent 995 of 1000/ },
  { name: 'many were not sent', facts: { sent: 989 }, status: 'invalid', reason: /sent 989 of 1000/ },
  { name: 'the source ends a little early', facts: { windowNs: 9.5 * nsPerSec }, status: 'valid', reason: null },
  {
    name: 'the source ends long before',
    facts: { windowNs: 17 * nsPerMs },
    status: 'degraded',
    reason: /the source ended after 0.017 s of 10 s/,
  },
  {
    name: 'nothing was planned',
    facts: { planned: 0, accounted: 0, sent: 0 },
    status: 'invalid',
    reason: /nothing was due/,
  },
  { name: 'ticks are missing', facts: { accounted: 999 }, status: 'invalid', reason: /1000 planned but 999/ },
  { name: 'a sum does not hold', facts: { sumMismatches: 1 }, status: 'invalid', reason: /do not sum/ },
  { name: 'outcomes are unknown', facts: { unknownOutcomes: 2 }, status: 'degraded', reason: /not sent/ },
  { name: 'clocks disagree', facts: { negativeDifferences: 11 }, status: 'degraded', reason: /earlier/ },
  {
    name: 'a server says that it took longer than its answers did',
    facts: { serverOverruns: 720 },
    status: 'degraded',
    reason: /^Server-Timing of 720 answers exceeds their time$/,
  },
  {
    name: 'a few differences are the word of a server, and a few are not',
    facts: { negativeDifferences: 10, serverOverruns: 10 },
    status: 'valid',
    reason: null,
  },
  {
    name: 'latency rises',
    facts: { trend: { share: 0.4, z: 4 } },
    status: 'degraded',
    reason: /rose by 40 % .*; warm up for 6 s instead of 2 s, or lower the rate where it rises still$/,
  },
  {
    name: 'latency falls',
    facts: { trend: { share: -0.4, z: -4 }, warmupNs: 0 },
    status: 'degraded',
    reason: /fell by 40 % .*; warm up for 4 s instead of 0 s$/,
  },
  ...[
    { name: 'the generator waits for a core', disturbed: { runQueueShare: 0.11 }, reason: /core during 11 % of/ },
    { name: 'the generator collects garbage', disturbed: { gcShare: 0.06 }, reason: /garbage during 6 % of/ },
    { name: 'the cgroup throttles a little', disturbed: { throttledNs: 99e6 }, reason: null },
    { name: 'the cgroup throttles', disturbed: { throttledNs: 101e6 }, reason: /throttled this process for 101 ms/ },
    { name: 'answers are read late', disturbed: { eventLoopDelayNsP99: 2.1e6 }, reason: /answers p99 2.10 ms is 11 %/ },
    { name: 'the noise floor is high', disturbed: { noiseFloorNsP99: 3e6 }, reason: /noise floor p99 3.00 ms is 15 %/ },
    { name: 'the noise floor is beyond all', disturbed: { noiseFloorNsP99: 1.13e9 }, reason: /p99 1.13 s is 5650 %/ },
    { name: 'there is no noise floor', disturbed: { noiseFloorNsP99: null }, reason: null },
    { name: 'the clock is slow', disturbed: { clockReadNs: 1_100 }, reason: /read of the clock costs 1100 ns/ },
  ].map(({ name, disturbed, reason }) => ({
    name,
    facts: { disturbance: { ...quiet, ...disturbed } },
    status: reason === null ? 'valid' : 'degraded',
    reason,
  })),
  {
    name: 'the noise floor is high but nothing is limited',
    facts: { endToEndLimitNs: null, latenessNsP99: 1e5, disturbance: { ...quiet, noiseFloorNsP99: 3e6 } },
    status: 'valid',
    reason: null,
  },
  { name: 'one third is noisy only', facts: { trend: { share: 0.4, z: 2 } }, status: 'valid', reason: null },
])('the instrument is $status when $name', ({ facts, status, reason }) => {
  const verdict = judgeInstrument({ ...good, ...facts })
  expect(verdict.status).toBe(status)
  if (reason === null) expect(verdict.reasons).toEqual([])
  else expect(verdict.reasons.join('; ')).toMatch(reason)
})

const fill = (execId: number, account: string, side: 'buy' | 'sell', lastQty: number): ExecutionReport => ({
  execId,
  orderId: execId * 10,
  account,
  symbol: 'BTC-USD',
  side,
  execType: 'trade',
  ordStatus: 'filled',
  lastQty,
  lastPrice: 100,
  cumQty: lastQty,
  leavesQty: 0,
  cumNotional: 100 * lastQty,
  revision: 0,
  reason: '',
  final: false,
})

test('a report that comes twice is counted once, and positions net to zero over accounts', () => {
  const tally = new Tally()
  for (const report of [fill(1, 'desk', 'buy', 5), fill(2, 'house', 'sell', 5), fill(1, 'desk', 'buy', 5)])
    tally.add(report)
  expect(tally.counts()).toEqual({ orders: 1, reports: 2, positions: { 'desk BTC-USD': 5, 'house BTC-USD': -5 } })
  tally.add(fill(3, 'desk', 'sell', 5))
  expect(tally.counts()).toMatchObject({ orders: 2, reports: 3, positions: { 'house BTC-USD': -5 } })
})

test('a set of ids holds small, large and negative ones', () => {
  const ids = new IdSet()
  for (const id of [0, 31, 32, 32_767, 32_768, 2 ** 40, -1, -40_000]) {
    expect(ids.add(id)).toBe(true)
    expect(ids.add(id)).toBe(false)
  }
  expect(ids.size).toBe(8)
})
