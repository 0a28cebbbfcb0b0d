import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packageRoot } from '../../core/paths.js'
import { type RunResult, runResult, series as seriesSchema } from '../../results/run-result.js'
import { judge } from '../../sla/verdict.js'
import { type Round, seriesOf } from './series.js'

const round = (startNs: number, ...samplesNs: number[]): Round => ({ startNs, samplesNs: Float64Array.from(samplesNs) })

test('gives quantiles between whole nanoseconds, which no bucket of a histogram tells apart', () => {
  const { summary } = seriesOf('breaker.call', [], [round(0, 4.25, 4.5, 4.75), round(9, 5.25)])
  expect(summary).toMatchObject({ count: 4, minNs: 4.25, p50Ns: 4.5, p95Ns: 5.25, maxNs: 5.25 })
})

test('is an interval a round, with the exact number of samples above each limit', () => {
  const found = seriesOf('x', [4.5, 5], [round(100, 4.25, 4.5, 4.75), round(900, 5.25, 4, 5)])
  expect(found.over).toEqual([
    { limitNs: 4.5, count: 3 },
    { limitNs: 5, count: 1 },
  ])
  expect(found.intervals.map(({ startNs, count, over, p50Ns }) => ({ startNs, count, over, p50Ns }))).toEqual([
    { startNs: 100, count: 3, over: [1, 0], p50Ns: 4.5 },
    { startNs: 900, count: 3, over: [2, 1], p50Ns: 5 },
  ])
})

test('a limit far above every process is held, although the tail of a tight distribution lies in one of them', () => {
  const rounds = Array.from({ length: 40 }, (_, index) => {
    const ns = index < 8 ? 78 : 76
    return round(index, ...Array.from({ length: 500 }, (__, sample) => (index === 20 && sample === 0 ? 1.1e6 : ns)))
  })
  const series = seriesOf('telemetry.time', [500_000], rounds)
  const sample = readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')
  const run: RunResult = {
    ...runResult.parse(JSON.parse(sample)),
    ...{ components: [series], store: null, profile: { components: [{ case: 'telemetry.time', p95: '500us' }] } },
  }
  expect(judge(run).checks).toMatchObject([{ name: 'telemetry.time.p95', status: 'pass', overCount: 1 }])
})

test('is a series of the result, whatever was measured', () => {
  const samples = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(
      fc.array(samples, { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0, max: 1e12, noNaN: true }),
      (rounds, limit) => {
        const found = seriesOf(
          'x',
          [limit],
          rounds.map((values, index) => round(index, ...values)),
        )
        seriesSchema.parse(found)
        const all = rounds.flat()
        expect(found.summary.count).toBe(all.length)
        expect(found.over[0]?.count).toBe(all.filter((value) => value > limit).length)
        expect(found.intervals.reduce((sum, { over }) => sum + (over[0] ?? 0), 0)).toBe(found.over[0]?.count)
        expect(found.histogram.reduce((sum, [, count]) => sum + count, 0)).toBe(all.length)
      },
    ),
  )
})
