import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult, type Series } from '../results/run-result.js'
import { judge } from '../sla/verdict.js'
import { type InstrumentFacts, judgeInstrument } from './fidelity.js'

// What goes wrong with a measurement must never look like a pass: a good run is broken in one way, and judged again.

const good = runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')))

const emptied = (series: Series): Series => ({
  ...series,
  summary: { count: 0, minNs: 0, meanNs: 0, p50Ns: 0, p90Ns: 0, p95Ns: 0, p99Ns: 0, p999Ns: 0, maxNs: 0 },
  over: series.over.map(({ limitNs }) => ({ limitNs, count: 0 })),
  intervals: [],
  histogram: [],
})

/** The run as its own instrument would have judged it, had these facts been so. */
function withFacts(
  { fidelity, accounting, load, endToEnd, ...rest }: RunResult,
  facts: Partial<InstrumentFacts>,
): RunResult {
  const { status, reasons } = judgeInstrument({
    ...{ planned: accounting.planned, accounted: accounting.planned, sent: accounting.sent },
    ...{ windowNs: load.durationNs, durationNs: load.durationNs, warmupNs: load.warmupNs },
    latenessNsP99: fidelity.lateness.p99Ns,
    endToEndLimitNs: null,
    ...{ endToEndNsP99: endToEnd.summary.p99Ns, samples: accounting.sent },
    ...{
      negativeDifferences: 0,
      serverOverruns: 0,
      sumMismatches: 0,
      unknownOutcomes: 0,
      trend: { share: null, z: 0 },
    },
    disturbance: {
      ...{ runQueueShare: 0, gcShare: 0, eventLoopDelayNsP99: 0 },
      ...{ throttledNs: null, clockReadNs: 40, noiseFloorNsP99: null },
    },
    ...facts,
  })
  return { ...rest, accounting, load, endToEnd, fidelity: { ...fidelity, status, reasons: [...reasons] } }
}

const { planned } = good.accounting

test('the run that is broken below is a pass', () => {
  expect(judge(good).exit).toBe(0)
  expect(judge(withFacts(good, {})).exit).toBe(0)
})

test.each<{ name: string; broken: RunResult }>([
  { name: 'an engine ended during the run', broken: { ...good, interrupted: 'risk ended with SIGKILL' } },
  { name: 'no response time was recorded', broken: { ...good, endToEnd: emptied(good.endToEnd) } },
  { name: 'a component recorded nothing', broken: { ...good, components: good.components.map(emptied) } },
  { name: 'a rate was held to less than 99 %', broken: withFacts(good, { sent: Math.floor(planned * 0.989) }) },
  {
    name: 'the generator was starved of its core',
    broken: withFacts(good, { latenessNsP99: good.endToEnd.summary.p99Ns * 0.51 }),
  },
  { name: 'requests are missing', broken: withFacts(good, { accounted: planned - 1 }) },
  { name: 'the parts of a sample do not sum', broken: withFacts(good, { sumMismatches: 1 }) },
])('it is never a pass when $name', ({ broken }) => {
  expect(judge(broken).exit).not.toBe(0)
  expect(judge(broken).status).not.toBe('pass')
})
