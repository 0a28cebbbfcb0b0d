import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../core/paths.js'
import { Random } from '../../core/random.js'
import { type Comparison, comparison, comparisonSchemaId } from '../../results/comparison.js'
import { type Activity, intervalNs, type RunResult, runResult } from '../../results/run-result.js'

// For tests: a run that fills every part of a report, made from a kept result and a seed.

const random = (): Random => new Random(20_261_120)

export const keptSample = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results', `${name}.json`), 'utf8')))

/** `seconds` stretches the window by repeating what was measured, as a longer run would have it. */
export function richRun({ seconds = 6 }: { readonly seconds?: number } = {}): RunResult {
  const base = keptSample('risk-fail')
  const chance = random()
  const count = Math.round((seconds * 1e9) / intervalNs)
  const intervals = Array.from({ length: count }, (_, index) => {
    const known = base.endToEnd.intervals[index % base.endToEnd.intervals.length]
    if (known === undefined) throw new Error('the sample has intervals')
    const stall = index % 9 === 5 ? 3 : 1
    return {
      ...known,
      startNs: index * intervalNs,
      unanswered: index % 11 === 7 ? Math.round(known.count / 8) : 0,
      p50Ns: known.p50Ns * (0.9 + 0.2 * chance.float()),
      p95Ns: known.p95Ns * stall * (0.9 + 0.2 * chance.float()),
      p99Ns: known.p99Ns * stall * 1.3,
      maxNs: known.maxNs * stall * 1.6,
    }
  })
  const { histogram, summary } = base.endToEnd
  return {
    ...base,
    endToEnd: { ...base.endToEnd, intervals },
    service: {
      ...base.endToEnd,
      name: 'service',
      summary,
      // Half of the tail waits for its turn, which the service time does not see.
      histogram: histogram.map(([index, count]): [number, number] => [index > 2_400 ? index - 60 : index - 4, count]),
    },
    load: { ...base.load, durationNs: seconds * 1e9, workers: 2, connections: 16 },
    phases: [
      { name: 'steady', startNs: 0, endNs: seconds * 0.5e9, targetRatePerSec: 900 },
      { name: 'peak', startNs: seconds * 0.5e9, endNs: seconds * 1e9, targetRatePerSec: 1100 },
    ],
    slowest: slowestOf(base, chance),
    activity: ['market-data', 'signals', 'risk', 'order-gateway', 'matching', 'sender', 'collector'].map((process) =>
      activityOf(process, count, chance),
    ),
    cpuProfiles: [{ process: 'risk', file: 'profiles/risk 1.cpuprofile' }],
    components: [
      ...base.components,
      ...['cached', 'uncached'].map((variant) => ({ ...base.endToEnd, name: `risk.check.${variant}` })),
    ],
    cases: ['cached', 'uncached'].map((variant) => ({
      name: `risk.check.${variant}`,
      of: 'risk.check',
      callsPerSample: 64,
      callCount: 640_000,
      roundCount: 20,
      roundsPerProcess: 5,
      overheadNs: 3,
    })),
    profile: {
      ...base.profile,
      components: [{ case: 'risk.check', p95: '10us' }],
      claims: [
        {
          id: 'AL6.check',
          compare: ['risk.check.uncached', 'risk.check'],
          claimed: { before: '2-5ms', after: '50us' },
        },
      ],
    },
    fidelity: {
      ...base.fidelity,
      noiseFloor: { count: 5_000, p50Ns: 41e3, p95Ns: 88e3, p99Ns: 143e3, maxNs: 1.2e6, target: 'null server' },
      idleState: 'C1, 2 us to wake',
    },
  }
}

function slowestOf({ attribution }: RunResult, chance: Random): RunResult['slowest'] {
  const parts = attribution?.parts ?? []
  return Array.from({ length: 20 }, (_, rank) => {
    const own = parts.map(({ stage, kind, meanNs }) => ({
      stage,
      kind,
      ns: Math.round(meanNs * (4 - rank / 7) * (0.3 + 1.4 * chance.float())),
    }))
    const answered = rank !== 3
    return {
      seq: 1_000 + Math.floor(chance.float() * 5_000),
      intendedNs: Math.floor(chance.float() * 5.9e9),
      responseNs: answered ? own.reduce((sum, { ns }) => sum + ns, 0) : 1e9,
      ending: answered ? 'traded' : 'timed out',
      parts: answered ? own : [],
    }
  }).toSorted((a, b) => b.responseNs - a.responseNs)
}

const activityOf = (process: string, count: number, chance: Random): Activity => ({
  process,
  intervals: Array.from({ length: count }, (_, index) => ({
    startNs: index * intervalNs,
    cpuNs: Math.round(90e6 * chance.float()),
    runQueueNs: Math.round(4e6 * chance.float()),
    gcNs: process === 'matching' ? null : index % 9 === 5 ? Math.round(28e6 * chance.float()) : 0,
    eventLoopDelayNsMax: process === 'matching' ? null : Math.round(12e6 * chance.float()),
  })),
})

/** Seven rounds, in which B is a fifth slower at risk and end to end. */
export function comparisonSample(): Comparison {
  const chance = random()
  const pair = (value: number, factor: number, unit: 'ns' | 'perSec' | 'share') => ({
    a: value * (0.98 + 0.04 * chance.float()),
    b: value * factor * (0.98 + 0.04 * chance.float()),
    unit,
    better: unit === 'perSec' ? ('higher' as const) : ('lower' as const),
  })
  const run = (runId: string) => ({
    runId,
    startedAt: '2026-11-20T08:30:01.000Z',
    fidelity: 'valid',
    failure: null,
    cause: null,
  })
  const side = { profileName: 'algo-200ms', git: null, faults: {} }
  return comparison.parse({
    schema: comparisonSchemaId,
    id: 'c-3f2a',
    nautilusVersion: '0.1.0',
    startedAt: '2026-11-20T08:30:01.000Z',
    interrupted: null,
    kind: 'ab',
    a: { ...side, label: 'git:main' },
    b: { ...side, label: 'git:faster-risk' },
    marginShare: 0.05,
    controls: ['market-data.p50'],
    seed: 1,
    machine: keptSample('pass').machine,
    deciding: ['endToEnd.p95', 'throughput'],
    rounds: Array.from({ length: 7 }, (_, index) => ({
      index,
      order: index % 2 === 0 ? 'AB' : 'BA',
      seed: index,
      a: run(`a${index}`),
      b: run(`b${index}`),
      metrics: {
        'endToEnd.p95': pair(19.6e6, 1.21, 'ns'),
        'endToEnd.p50': pair(8.4e6, 1.02, 'ns'),
        'risk.p95': pair(7.1e6, 1.4, 'ns'),
        'market-data.p50': pair(12e3, 1, 'ns'),
        throughput: pair(1_000, 1, 'perSec'),
        'errors.rate': pair(0.0002, 1, 'share'),
      },
    })),
  })
}
