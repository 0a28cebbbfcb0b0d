import { expect, test } from 'vitest'
import { durationNs, nsPerMs, nsPerSec } from '../core/units.js'
import type { ExecutionReport } from '../engines/model/messages.js'
import { type InstrumentFacts, judgeInstrument } from './fidelity.js'
import { IdSet, Tally } from './tally.js'

const good: InstrumentFacts = {
  planned: 1000,
  accounted: 1000,
  sent: 1000,
  windowNs: 10 * nsPerSec,
  durationNs: 10 * nsPerSec,
  latenessNsP99: 1 * nsPerMs,
  endToEndLimitNs: durationNs(20 * nsPerMs),
  endToEndNsP99: 8 * nsPerMs,
  samples: 1000,
  negativeDifferences: 0,
  sumMismatches: 0,
  unknownOutcomes: 0,
  trend: { share: 0.1, z: 5 },
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
  { name: 'latency drifts', facts: { trend: { share: 0.4, z: 4 } }, status: 'degraded', reason: /rose by 40 %/ },
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
