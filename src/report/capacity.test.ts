import { expect, test } from 'vitest'
import { type Capacity, capacity, capacitySchemaId, type Rung } from '../results/capacity.js'
import { renderCapacity } from './capacity.js'

const rung = (ratePerSec: number, change: Partial<Rung> = {}): Rung => ({
  ...{ purpose: 'rung', ratePerSec, achievedRatePerSec: ratePerSec, durationNs: 5e9, answer: 'holds' },
  ...{ p50Ns: 1.2e6, p95Ns: 8.1e6, p99Ns: 12e6, count: 1000, unanswered: 0, broken: null, mostOf: null, reasons: [] },
  ...change,
})
const broken = { check: 'risk.p95', component: 'risk', observed: 41.2e6, limit: 5e6, kind: 'latency' } as const
const breaks = rung(1050, {
  ...{ answer: 'breaks', p95Ns: 71e6, unanswered: 3, broken },
  mostOf: { stage: 'risk', kind: 'queue', share: 0.81 },
})

const found: Capacity = {
  ...{ schema: capacitySchemaId, id: 'm-7f3c', nautilusVersion: '0.1.0', profileName: 'desk', unit: 'ticks' },
  ...{ startedAt: '2026-11-20T10:00:00.000Z', interrupted: null, target: null, precision: 0.05, status: 'found' },
  probes: [
    { tool: 'nautilus', connections: 10, durationNs: 3e9, completedPerSec: 1204.2, problem: null },
    { tool: 'autocannon', connections: 10, durationNs: 3e9, completedPerSec: null, problem: 'refused' },
  ],
  rungs: [
    rung(1000, { answer: 'undecided', broken }),
    rung(1000),
    breaks,
    rung(2000, { answer: 'breaks', broken }),
    rung(1000, { purpose: 'confirmation' }),
  ],
  ...{ holdsPerSec: 1000, breaksPerSec: 1050, confirmed: true, runId: 'ab12' },
}

test('the rate stands first, then what breaks above it, then every rate that was tried', () => {
  expect(renderCapacity('terminal', found).split('\n')).toEqual([
    'desk  search m-7f3c  5 runs',
    'HOLDS  1,000/s, confirmed at full length; 1,050/s does not, 5 % above (searched',
    '       to 5 %)',
    '       breaks first, at 1,050/s: risk p95 41.2 ms, limit 5 ms',
    '       slow requests there: 81 % risk queue',
    '',
    '   rate  for      p50      p95      p99  lost  limits               first',
    '1,000/s  5 s  1.20 ms  8.10 ms  12.0 ms     0  undecided            risk',
    '1,000/s  5 s  1.20 ms  8.10 ms  12.0 ms     0  holds',
    '1,050/s  5 s  1.20 ms  71.0 ms  12.0 ms     3  breaks               risk',
    '2,000/s  5 s  1.20 ms  8.10 ms  12.0 ms     0  breaks               risk',
    '1,000/s  5 s  1.20 ms  8.10 ms  12.0 ms     0  holds (full length)',
    '',
    'closed loop of 10: nautilus 1,204/s, autocannon - (refused); throughput only',
    '',
    'Look at:  nautilus report ab12',
    '',
  ])
})

test('a rate that the data could not tell of is not said to break', () => {
  const rungs = [rung(1000), rung(1050, { answer: 'undecided', broken }), rung(2000, { answer: 'breaks', broken })]
  const text = renderCapacity('terminal', { ...found, rungs })
  expect(text).toMatch(/1,050\/s is undecided, 5 % above\s+\(searched to 5 %\)\n/)
  expect(text).toContain('breaks first, at 2,000/s')
})

test.each([
  {
    change: { status: 'unbounded', breaksPerSec: null },
    text: 'HOLDS  1,000/s, confirmed at full length; that is the highest rate',
  },
  {
    change: { status: 'none', holdsPerSec: null },
    text: 'FAIL  the limits hold with confidence at no rate that was tried',
  },
  {
    change: {
      status: 'generator',
      confirmed: false,
      breaksPerSec: null,
      rungs: [rung(900, { answer: 'instrument', reasons: ['late'] })],
    },
    text: 'INVALID  limit of the generator, not of the system; 1,000/s held, unconfirmed\n       at 900/s: late',
  },
  { change: { status: 'unconfirmed' }, text: 'INCONCLUSIVE  what held for short did not hold at full length' },
  {
    change: { status: 'unrecovered' },
    text: 'FAIL  the system did not come back to rest; 1,000/s held at full length, 1,050/s\n       did not',
  },
  {
    change: { status: 'interrupted', interrupted: 'SIGINT', rungs: [], holdsPerSec: null, breaksPerSec: null },
    text: 'INTERRUPTED  SIGINT; no rate has held so far\n\nno rate was measured to its end',
  },
] satisfies readonly { change: Partial<Capacity>; text: string }[])(
  'a search that ended as $change.status',
  ({ change, text }) => {
    expect(renderCapacity('terminal', { ...found, ...change })).toContain(text)
  },
)

test('the JSON is what its schema says', () => {
  expect(capacity.parse(JSON.parse(renderCapacity('json', found)))).toEqual(found)
})
