import { beforeAll, describe, expect, test } from 'vitest'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerMs } from '../../core/units.js'
import { runResult } from '../../results/run-result.js'
import { commandLineOf, listProcesses } from '../../supervisor/process-table.js'
import { componentResult, withComponents } from './assemble.js'
import { type PlannedVariant, variantsNamed } from './plan.js'
import { type MeasuredComponents, runComponents } from './run.js'

// Real processes, measured for a moment: how they take turns, what is kept of them, and that none is left.

const spanNs = durationNs(80 * nsPerMs)
const never = new AbortController().signal

const planOf = (...groups: readonly (readonly PlannedVariant[])[]) => ({
  groups: groups.map((variants) => ({ variants, durationNs: spanNs })),
})

const lru = variantsNamed('lru.get').map((variant) => ({ ...variant, limitsNs: [1_000_000_000] }))
const tokens = variantsNamed('token-bucket.take.admitted')

const measure = (
  plan: ReturnType<typeof planOf>,
  hooks: { readonly stop?: AbortSignal; readonly onProgress?: (text: string) => void } = {},
): Promise<MeasuredComponents> =>
  runComponents(plan, { clock: monotonicClock, stop: never, onProgress: () => undefined, ...hooks })

const children = (): number[] =>
  listProcesses()
    .filter(({ pid, parent }) => parent === process.pid && commandLineOf(pid).includes('components/child.js'))
    .map(({ pid }) => pid)

describe('variants of a case', () => {
  let measured: MeasuredComponents
  beforeAll(async () => {
    measured = await measure(planOf(lru))
  })

  test('are measured in turns, and the order of the turns is turned round each time', () => {
    const [first = [], second = []] = measured.series.map(({ intervals }) => intervals.map(({ startNs }) => startNs))
    expect(first.length).toBe(40)
    expect(second.length).toBe(40)
    const turns = [...first.map((at) => ({ at, who: 'A' })), ...second.map((at) => ({ at, who: 'B' }))]
    const order = turns.toSorted((a, b) => a.at - b.at).map(({ who }) => who)
    expect(order.join('')).toBe('ABBA'.repeat(20))
  })

  test('have as many calls a sample in each process, and every sample is counted', () => {
    for (const [index, { callsPerSample, callCount, of, roundsPerProcess }] of measured.cases.entries()) {
      const series = measured.series[index]
      expect(of).toBe('lru.get')
      expect(roundsPerProcess).toBe(8)
      expect(callsPerSample).toBeGreaterThan(1)
      expect(callCount).toBe(callsPerSample * (series?.summary.count ?? 0))
      expect(series?.intervals.every(({ count }) => count > 0)).toBe(true)
      expect(series?.over).toEqual([{ limitNs: 1_000_000_000, count: 0 }])
    }
  })

  test('make a result of their own, or a part of one', () => {
    const alone = componentResult({
      ...{ measured, runId: '0a1b', profileName: 'components', startedAt: '2026-11-20T12:00:00.000Z', profile: {} },
      ...{ git: null, version: '0.1.0' },
      machine: {
        ...{ hostnameHash: '00000000', cpuModel: 'x', coresUsable: 2, memoryBytes: 1, kernel: 'x', node: 'v20' },
        ...{ platform: 'linux', governor: null, cgroupCpuMax: null, loadAverage1m: 0 },
        ...{ pressureCpuSome10: null, stealShare: null },
      },
    })
    expect(alone).toMatchObject({ load: { scenario: 'component', unit: 'calls' }, interrupted: null })
    expect(alone.accounting.completed).toBe(measured.cases.reduce((sum, { callCount }) => sum + callCount, 0))
    const both = runResult.parse(withComponents({ ...alone, components: [], cases: [] }, measured))
    expect(both.components.map(({ name }) => name)).toEqual(['lru.get.entries-1000', 'lru.get.entries-10000'])
    expect(both.cases).toEqual(measured.cases)
  })
})

test('a stop keeps whole rounds of all variants, and starts no other case', async () => {
  let looks = 0
  // Seen at the first look after a few rounds, in the middle of one.
  const stop = new Proxy(never, {
    get: (signal, key) => {
      if (key === 'reason') return 'SIGINT'
      if (key !== 'aborted') return Reflect.get(signal, key)
      looks += 1
      return looks > 13
    },
  })
  const progress: string[] = []
  const measured = await measure(planOf(lru, tokens), { stop, onProgress: (text) => progress.push(text) })
  expect(measured.interrupted).toBe('SIGINT')
  expect(progress).toEqual(['component 1 of 2: lru.get.entries-1000, lru.get.entries-10000'])
  const counts = measured.cases.map(({ roundCount }) => roundCount)
  expect(counts.length).toBe(2)
  expect(new Set(counts).size).toBe(1)
  expect(counts[0]).toBeGreaterThan(0)
  expect(counts[0]).toBeLessThan(8)
  expect(children()).toEqual([])
})

test('a stop before anything was measured leaves nothing', async () => {
  const measured = await measure(planOf(lru), { stop: AbortSignal.abort('SIGINT') })
  expect(measured).toMatchObject({ series: [], cases: [], interrupted: 'SIGINT' })
})

test('a case that cannot be prepared fails by name, and no process is left', async () => {
  const broken = { name: 'lru.get.huge', caseName: 'lru.get', variant: 'huge', limitsNs: [] }
  await expect(measure(planOf([...lru, broken]))).rejects.toMatchObject({
    code: 'COMPONENT_FAILED',
    message: 'the component case lru.get.huge failed: the variant is one of its case',
  })
  expect(children()).toEqual([])
})
