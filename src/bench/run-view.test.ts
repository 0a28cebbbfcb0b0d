import { expect, test } from 'vitest'
import { durationNs, instantNs } from '../core/units.js'
import { loadConfig } from './config.js'
import type { BenchPlan } from './plan.js'
import { RunView } from './run-view.js'
import type { RunSnapshot } from './snapshot.js'

const plan: BenchPlan = {
  runId: '7f3c',
  profileName: 'desk',
  quickCommand: null,
  load: loadConfig.parse({ scenario: 'orders', arrivals: { kind: 'constant', rate: '100/s' } }),
  baseFolder: '/',
  components: [{ name: 'bus', of: ['edges'], limitsNs: [durationNs(6e6), durationNs(9e6)] }],
  endToEndLimitsNs: [durationNs(20e6)],
  engines: [],
  faults: {},
}

test('the first snapshot has every row of the later ones, without a figure', () => {
  const shown: RunSnapshot[] = []
  const view = new RunView(plan, {
    clock: { now: () => instantNs(0) },
    onSnapshot: (snapshot) => shown.push(snapshot),
  })
  const bus = { name: 'bus', count: 0, p50Ns: 0, p95Ns: 0, p99Ns: 0, budgetNs: 6e6 }
  expect(shown).toHaveLength(1)
  expect(shown[0]).toMatchObject({
    phase: 'starting',
    outcomes: { traded: 0, noTrade: 0, rejected: 0, lost: 0 },
    endToEnd: { name: 'end to end', count: 0, budgetNs: 20e6 },
    components: [bus],
  })
  const told = { settledCount: 3, outcomes: { traded: 2 }, endToEnd: null, components: [{ ...bus, count: 2 }] }
  const ended = { ended: [], duplicates: 0 }
  view.progress({ ...told, ...ended, endToEnd: { ...bus, name: 'end to end', count: 2 } })
  expect(shown[1]).toMatchObject({ outcomes: { traded: 2 }, components: [{ name: 'bus', count: 2 }] })
})
