import { expect, test } from 'vitest'
import { instantNs, nsPerMs } from '../core/units.js'
import type { ActivitySample } from '../platform/telemetry/activity.js'
import { activityOfRun } from './activity.js'

const startAt = instantNs(1e15)
const window = { startAt, windowNs: 1_000 * nsPerMs }

const sample = (fromMs: number, toMs: number, changes: Partial<ActivitySample> = {}): ActivitySample => ({
  fromAt: instantNs(startAt + fromMs * nsPerMs),
  toAt: instantNs(startAt + toMs * nsPerMs),
  ...{ cpuNs: 0, runQueueNs: 0, gcNs: 0, eventLoopDelayNsMax: 0 },
  ...changes,
})
const of = (samples: readonly ActivitySample[]) =>
  activityOfRun({ seen: [], told: [], threads: { sender: samples } }, window)[0]?.intervals

test('what a process did is divided over the intervals of the window by overlap', () => {
  const intervals = of([
    sample(-100, 100, { cpuNs: 20e6 }),
    sample(100, 350, { cpuNs: 25e6, runQueueNs: 5e6, gcNs: 10e6 }),
    sample(350, 1_050, { cpuNs: 70e6 }),
  ])
  expect(intervals?.map(({ startNs }) => startNs / nsPerMs)).toEqual([0, 250, 500, 750])
  expect(intervals?.map(({ cpuNs }) => Math.round(cpuNs))).toEqual([25e6, 10e6 + 15e6, 25e6, 25e6])
  expect(intervals?.map(({ runQueueNs }) => Math.round(runQueueNs))).toEqual([3e6, 2e6, 0, 0])
  expect(intervals?.map(({ gcNs }) => Math.round(gcNs ?? -1))).toEqual([6e6, 4e6, 0, 0])
})

test('a delay may have happened in any interval that its sample touches', () => {
  const intervals = of([sample(100, 350, { eventLoopDelayNsMax: 7e6 }), sample(350, 600, { eventLoopDelayNsMax: 2e6 })])
  expect(intervals?.map(({ eventLoopDelayNsMax }) => eventLoopDelayNsMax)).toEqual([7e6, 7e6, 2e6, null])
})

test('a process that tells of itself is believed before what was seen of it, and one that was never seen is left out', () => {
  const activity = activityOfRun(
    {
      seen: [
        { engine: 'risk', instance: 0, samples: [sample(0, 500, { cpuNs: 1, gcNs: null })] },
        { engine: 'risk', instance: 1, samples: [sample(0, 1_000, { cpuNs: 4, gcNs: null })] },
        { engine: 'pricer', instance: 0, samples: [] },
      ],
      told: [{ engine: 'risk', instance: 0, activity: [sample(0, 250, { cpuNs: 9, gcNs: 3 })] }],
      threads: { collector: [sample(2_000, 3_000)] },
    },
    window,
  )
  expect(activity.map(({ process }) => process)).toEqual(['risk', 'risk-2'])
  expect(activity[0]?.intervals[0]).toMatchObject({ cpuNs: 9, gcNs: 3 })
  expect(activity[1]?.intervals[3]).toMatchObject({ cpuNs: 1, gcNs: null })
})
