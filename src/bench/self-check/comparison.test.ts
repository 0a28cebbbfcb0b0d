import { expect, test } from 'vitest'
import { nsPerMs, nsPerSec } from '../../core/units.js'
import { stalling } from './behaviour.js'
import { compareQuantiles, type Quantiles, unexplained } from './comparison.js'
import { driveServer } from './drive.js'
import type { SelfCheck } from './self-check.js'
import { selfCheckSummary } from './summary.js'

const quantiles = (p50: number, p95: number, p99: number, p999: number, max: number): Quantiles => ({
  p50: p50 * nsPerMs,
  p95: p95 * nsPerMs,
  p99: p99 * nsPerMs,
  'p99.9': p999 * nsPerMs,
  max: max * nsPerMs,
})
/** Of the server that freezes 200 ms every 2 s. */
const truth = quantiles(0.2, 100.2, 180.2, 198.2, 200.2)
const failing = (reported: Quantiles, floor: Quantiles | null = null): string[] =>
  compareQuantiles(truth, reported, floor).flatMap(({ name, holds }) => (holds ? [] : [name]))

test.each([
  { name: 'a generator that says what was', reported: quantiles(0.27, 101, 181, 199, 201), fails: [] },
  {
    name: 'one that waits for answers',
    reported: quantiles(0, 0, 1, 4, 12),
    fails: ['p50', 'p95', 'p99', 'p99.9', 'max'],
  },
  {
    name: 'one that fills in what it omitted',
    reported: quantiles(2, 180, 198, 202, 204),
    fails: ['p50', 'p95', 'p99'],
  },
  {
    name: 'one with a grain of a millisecond',
    reported: quantiles(1.05, 109.3, 185.7, 201.2, 202.1),
    fails: ['p50', 'p95', 'p99'],
  },
])('$name fails at $fails', ({ reported, fails }) => {
  // p99 of the last is 5.5 ms off, where 3 % are 5.4 ms.
  expect(failing(reported)).toEqual(fails)
})

test('what the machine adds to nothing at all is not held against the generator', () => {
  const reported = quantiles(0.5, 108, 181, 199, 201)
  expect(failing(reported)).toEqual(['p50', 'p95'])
  expect(failing(reported, quantiles(0.2, 4, 5, 6, 7))).toEqual([])
})

test('a server that is driven for real explains every sample, by its own log', async () => {
  const plan = { behaviour: stalling, ratePerSec: 200, connections: 60, workers: 1 }
  const driven = await driveServer(
    { ...plan, warmupNs: nsPerSec / 4, windowNs: 2 * nsPerSec },
    new AbortController().signal,
  )
  expect(unexplained(driven)).toEqual([])
  const { measurement, log } = driven
  expect(measurement.counts).toMatchObject({ planned: 400, completed: 400 })
  const overrun = { ...measurement, serverOverruns: 2 }
  expect(unexplained({ measurement: overrun, log })).toEqual(['2 samples with a part below zero'])
  // A log of another server explains nothing.
  const other = { ...log, answeredAt: log.answeredAt.map((at) => at + nsPerMs) }
  expect(unexplained({ measurement, log: other })).toEqual([expect.stringMatching(/^the server's part sums to/)])
})

const check = (changes: Partial<SelfCheck> = {}): SelfCheck => ({
  schema: 'nautilus.self-check/1',
  status: 'pass',
  floor: quantiles(0.05, 0.1, 0.2, 0.4, 0.9),
  problems: [],
  pacing: 'poll',
  servers: [
    {
      ...{
        name: 'frozen 200 ms every 2 s',
        problems: [],
        latenessNsP99: 30_000,
        intervals: { calm: 24, compared: 24, count: 24 },
        holds: true,
      },
      quantiles: compareQuantiles(truth, quantiles(0.27, 101, 181, 199, 201), null),
    },
  ],
  ...changes,
})

test('the summary says the verdict first and what to do last', () => {
  const text = selfCheckSummary(check())
  expect(text).toMatch(/^PASS {2}1 of 1 servers reported as they were\n/)
  expect(text).toMatch(/p95 +100 ms +101 ms/)
  expect(text).toMatch(/\nWhat nautilus reports on this machine is what was\.\n$/)
  const late = quantiles(40, 101, 181, 199, 201)
  const [server] = check().servers
  const servers =
    server === undefined ? [] : [{ ...server, quantiles: compareQuantiles(truth, late, null), holds: false }]
  const busy = check({ status: 'invalid', floor: quantiles(0.1, 5, 21, 30, 40), servers })
  expect(selfCheckSummary(busy)).not.toContain('FAIL')
  expect(selfCheckSummary({ ...busy, status: 'fail' })).toMatch(
    /^FAIL {2}0 of 1 [\s\S]*\nFAIL {2}frozen [\s\S]*p50 .* FAIL\n/,
  )
  expect(selfCheckSummary(busy)).toMatch(
    /^INVALID {2}too noisy to tell; 0 of 1 .*\n[\s\S]*too busy to tell: end other work on it and check again\.\n$/,
  )
  const coarse = check({ floor: quantiles(0.1, 1, 5, 10, 15) })
  expect(selfCheckSummary(coarse)).toMatch(/\nRight within twice the noise floor;/)
  expect(selfCheckSummary(check({ status: 'fail' }))).toMatch(/please report it with this table\.\n$/)
  expect(selfCheckSummary(check({ problems: ['3 of 9 requests have no answer'] }))).toContain('null server: 3 of 9')
  for (const line of `${text}${selfCheckSummary(busy)}`.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})
