import { expect, test } from 'vitest'
import type { EngineResult, RunResult } from '../results/run-result.js'
import { metricOf } from '../sla/checks.js'
import { deliverySentence, engineRows, engineSentence } from './engine-rows.js'
import { keptSample } from './html/rich-run-fixture.js'

const engine = (name: string, changes: Partial<EngineResult> = {}): EngineResult => ({
  ...{ name, instance: 0, cpuNs: 2e9, rssBytesMax: 80 * 1024 ** 2, runQueueNs: 1e8, restartCount: 0 },
  ...{ recoveryNsMax: null, readyShare: 1, processing: { count: 30_000, meanNs: 41_000, p95Ns: 90_000 }, counters: {} },
  ...changes,
})
const run = (...engines: EngineResult[]): RunResult => ({ ...keptSample('pass'), engines })

test('all engines that were ready throughout, their memory, and which works longest', () => {
  const result = run(engine('signals', { processing: { count: 9, meanNs: 95_000, p95Ns: 1e6 } }), engine('risk'))
  expect(engineSentence(result)).toBe('2/2 ready throughout; memory 160 MiB; processing mean at most 95.0 us (signals)')
  expect(engineRows(result)[1]).toEqual(
    ['risk', '100 %', '41.0 us', '90.0 us', '30,000', '2.00 s', '80.0 MiB', '100 ms', '0', '-'], //
  )
})

test('an engine that was away is named with the share in which it was ready', () => {
  const away = engine('ml', { readyShare: 0.979, restartCount: 1, recoveryNsMax: 610_000_000 })
  const result = run(engine('risk'), away)
  expect(engineSentence(result)).toContain('1/2 ready throughout, ml 97.9 %;')
  expect(metricOf(result, 'ready.share')).toBe(0.979)
  expect(metricOf(result, 'processing.mean')).toBe(41_000)
})

test('of engines that nobody watched, and that told nothing, nothing is said', () => {
  const silent = engine('risk', { readyShare: null, processing: null })
  expect(engineSentence(run(silent))).toBeNull()
  expect(metricOf(run(silent), 'ready.share')).toBeNull()
  expect(metricOf(run(silent), 'processing.mean')).toBeNull()
  expect(deliverySentence(run())).toBeNull()
})

test('an engine that nobody watched, or that died before it told, leaves no figure to be judged', () => {
  const silent = engine('ml', { readyShare: null, processing: null })
  const idle = engine('features', { processing: { count: 0, meanNs: 0, p95Ns: 0 } })
  const partly = run(engine('risk'), silent)
  const ofAll = (result: RunResult) => [metricOf(result, 'ready.share'), metricOf(result, 'processing.mean')]
  expect(ofAll(partly)).toEqual([null, null])
  expect(ofAll({ ...partly, profile: { engines: { ml: { command: ['ml'] } } } })).toEqual([null, 41_000])
  expect(ofAll({ ...partly, profile: { engines: { ml: { url: 'http://ml' } } } })).toEqual([1, 41_000])
  expect(ofAll(run(engine('risk'), idle))).toEqual([1, 41_000])
})

test('a share just below one never reads 100 %', () => {
  const result = run(engine('risk', { readyShare: 0.99985 }))
  expect(engineSentence(result)).toContain('0/1 ready throughout, risk 99.985 %')
  const accounting = { ...result.accounting, planned: 30_000, lost: 1, dropped: 0, duplicates: 0 }
  expect(deliverySentence({ ...result, accounting })).toContain('99.9967 % of 30,000')
})

test('delivery counts what came to any outcome', () => {
  const result = run(engine('risk'))
  const accounting = { ...result.accounting, planned: 1_000, lost: 2, dropped: 0, duplicates: 3 }
  expect(deliverySentence({ ...result, accounting })).toBe(
    `99.8 % of 1,000 ${result.load.unit} came to an outcome; 2 lost, 0 dropped, 3 repeated`,
  )
})
