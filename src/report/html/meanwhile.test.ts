import { expect, test } from 'vitest'
import type { RunResult } from '../../results/run-result.js'
import { meanwhile } from './meanwhile.js'
import { richRun } from './rich-run-fixture.js'

const request = {
  seq: 7,
  intendedNs: 300e6,
  responseNs: 100e6,
  ending: 'traded',
  parts: [
    { stage: 'driver->risk', kind: 'transit' as const, ns: 10e6 },
    { stage: 'risk', kind: 'queue' as const, ns: 90e6 },
  ],
}

type Told = { readonly runQueueNs?: number; readonly gcNs?: number; readonly eventLoopDelayNsMax?: number }

/** A run of one second whose processes did this in its second interval, and nothing in the others. */
function runOf(processes: Readonly<Record<string, Told>>): RunResult {
  const calm = { cpuNs: 0, runQueueNs: 0, gcNs: 0, eventLoopDelayNsMax: 0 }
  const activity = Object.entries(processes).map(([process, told]) => ({
    process,
    intervals: [0, 1, 2, 3].map((index) => ({ ...calm, startNs: index * 250e6, ...(index === 1 ? told : {}) })),
  }))
  return { ...richRun(), activity }
}

const findingOf = (run: RunResult): string | undefined =>
  /<p class="finding">(.*?)<\/p>/.exec(meanwhile(request, run)?.markup ?? '')?.[1]

test.each([
  {
    name: 'the process in which the time was spent comes before one that was hit harder',
    processes: { collector: { runQueueNs: 200e6 }, 'risk-1': { runQueueNs: 60e6 } },
    finding: 'risk-1 waited 60.0 ms for a core.',
  },
  {
    name: 'where that process was calm, another is named',
    processes: { collector: { eventLoopDelayNsMax: 80e6 }, risk: { gcNs: 1e6 } },
    finding: 'The event loop of collector was held for 80.0 ms.',
  },
  {
    name: 'a collection of garbage is named before the delay that it causes',
    processes: { risk: { gcNs: 50e6, eventLoopDelayNsMax: 70e6 } },
    finding: 'risk collected garbage for 50.0 ms.',
  },
  { name: 'nothing is named that took less than a tenth', processes: { risk: { gcNs: 9e6 } }, finding: undefined },
])('$name', ({ processes, finding }) => {
  expect(findingOf(runOf(processes))).toBe(finding)
})

test('the intervals that a request touches are told, and no others', () => {
  const text = meanwhile(request, runOf({ risk: { gcNs: 40e6 } }))?.markup ?? ''
  expect(text).toContain('What each process did in the 250 ms from 0.250 s')
  expect(text).toContain('<td class="figure">40.0 ms</td>')
  const later = meanwhile({ ...request, intendedNs: 600e6 }, runOf({ risk: { gcNs: 40e6 } }))?.markup ?? ''
  expect(later).not.toContain('40.0 ms')
  expect(meanwhile(request, runOf({}))).toBeNull()
})
