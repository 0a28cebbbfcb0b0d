import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeriesRecorder } from '../series.js'
import { SeriesMerge } from './series-merge.js'
import { SeriesRecording } from './series-recording.js'

const limitsNs = [1_000, 50_000]
const sample = fc.record({
  worker: fc.nat(2),
  interval: fc.nat(5),
  valueNs: fc.oneof(fc.nat(2_000), fc.nat(10_000_000), fc.nat(2_000_000_000)),
  unanswered: fc.boolean(),
})

test('the joined series of several workers is that of one which saw all samples', () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 200 }), (samples) => {
      const whole = new SeriesRecorder('end to end', limitsNs, 6)
      const workers = Array.from({ length: 3 }, () => new SeriesRecording(limitsNs))
      for (const { worker, interval, valueNs, unanswered } of samples) {
        whole.record(valueNs, interval)
        workers[worker]?.record(valueNs, interval)
        if (!unanswered) continue
        whole.countUnanswered(interval)
        workers[worker]?.countUnanswered(interval)
      }
      const merge = new SeriesMerge('end to end', limitsNs, { workers: 3, keepsBuckets: true })
      for (const worker of workers) {
        for (let interval = 0; interval < 6; interval += 1) {
          merge.add(interval, structuredClone(worker.closeFirst()))
        }
        merge.addTotals(structuredClone(worker.totals))
      }
      expect(merge.toSeries(6)).toEqual(whole.toSeries(6))
      expect(merge.quantileWithin(0.95, 1, 4)).toBe(whole.quantileWithin(0.95, 1, 4))
      const some = merge.histogramOf([1, 2, 3])
      const inSome = samples.filter(({ interval }) => interval >= 1 && interval < 4).map(({ valueNs }) => valueNs)
      expect([some.count, some.maxNs]).toEqual([inSome.length, Math.max(0, ...inSome)])
      expect(merge.histogramOf([0, 1, 2, 3, 4, 5]).toBuckets()).toEqual(whole.histogram.toBuckets())
    }),
    { numRuns: 60 },
  )
})

test('an interval has its row when the last worker has closed it', () => {
  const [first, second] = [new SeriesRecording([]), new SeriesRecording([])]
  const merge = new SeriesMerge('x', [], { workers: 2, keepsBuckets: false })
  first.record(10, 0)
  second.record(30, 0)
  merge.add(0, first.closeFirst())
  expect(merge.rows(0)).toEqual([])
  merge.add(0, second.closeFirst())
  expect(merge.rows(0)).toMatchObject([{ startNs: 0, count: 2, p50Ns: 10, maxNs: 30 }])
  expect(merge.quantilesSoFar([1])).toEqual({ count: 2, valuesNs: [30] })
})

test('what only some workers have closed at the end is joined all the same', () => {
  const recording = new SeriesRecording([])
  recording.record(10, 0)
  recording.record(20, 1)
  const merge = new SeriesMerge('x', [], { workers: 2, keepsBuckets: false })
  merge.add(0, recording.closeFirst())
  merge.add(1, recording.closeFirst())
  merge.finish()
  expect(merge.rows(0).map(({ maxNs }) => maxNs)).toEqual([10, 20])
})

test('a bucket with more samples than a word holds keeps all of them', () => {
  const recording = new SeriesRecording([])
  for (let index = 0; index < 300_000; index += 1) recording.record(100, 0)
  const merge = new SeriesMerge('x', [], { workers: 1, keepsBuckets: true })
  merge.add(0, recording.closeFirst())
  merge.addTotals(recording.totals)
  expect(merge.toSeries(1).intervals[0]).toMatchObject({
    count: 300_000,
    aboveQuantiles: [300_000, 300_000, 300_000, 300_000],
  })
  expect(merge.quantileWithin(0.5, 0, 1)).toBe(100)
})
