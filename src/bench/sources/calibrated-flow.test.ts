import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NautilusError } from '../../core/errors.js'
import { packageRoot } from '../../core/paths.js'
import { CalibratedFlow } from '../../engines/model/calibrated-flow.js'
import { type FlowShape, meanOf } from '../../engines/model/flow-shape.js'
import { symbolNames } from '../../engines/model/market-generator.js'
import { recordedFlow } from '../../engines/model/recorded-flow.js'
import { calibrationOf } from './calibrated-file.js'
import { FlowCalibration } from './flow-calibration.js'
import { compareFlows, type FlowFigures, FlowSample, figuresOf } from './flow-sample.js'
import { inspectMarketFile } from './market-info.js'
import { MarketReplay } from './market-replay.js'

const dataFolder = process.env['NAUTILUS_TEST_DATA']
const skipped = dataFolder === undefined ? ' (skipped: NAUTILUS_TEST_DATA is unset)' : ''
const recording = join(dataFolder ?? '', 'bitstamp-orders.csv.gz')
const recordedFigures: FlowFigures = JSON.parse(
  readFileSync(join(packageRoot(), 'fixtures/market/recorded-figures.json'), 'utf8'),
)

function generated({ seed, events, symbols = 1 }: { seed: number; events: number; symbols?: number }): MarketReplay {
  const flow = new CalibratedFlow({ seed, symbols: symbolNames(symbols), ratePerSec: 1_000 })
  const replay = new MarketReplay()
  for (let count = 0; count < events; count += 1) {
    const { event, atNs } = flow.next()
    replay.take({ ...event, timeMs: null }, atNs)
  }
  return replay
}

/** A sample whose values are the quantiles of a recording: distances are within a step of 1/200 of those to itself. */
function sampleOf(figures: FlowFigures): FlowSample {
  const sample = new FlowSample()
  for (const gap of figures.interArrivalsNs) sample.interArrivalsNs.add(gap)
  for (const spread of figures.spreads) sample.spreads.add(spread)
  for (const size of figures.sizes) sample.sizes.add(size)
  return Object.assign(sample, { deleted: 1, deletedUntouched: figures.cancelRatio ?? 0 })
}

function expectNear(replay: MarketReplay, recorded: FlowSample): void {
  const { distances, cancelRatio } = compareFlows(replay.sample, recorded)
  const [interArrival, spread, size] = distances.map(({ distance }) => distance)
  expect(interArrival).toBeLessThanOrEqual(0.1)
  expect(spread).toBeLessThanOrEqual(0.15)
  expect(size).toBeLessThanOrEqual(0.1)
  expect(Math.abs((cancelRatio.a ?? 0) - (cancelRatio.b ?? 0))).toBeLessThanOrEqual(0.03)
}

test.each([1, 2, 3, 4, 5])('times, spreads, sizes and cancels of seed %d are those of the recorded figures', (seed) => {
  expectNear(generated({ seed, events: 50_000 }), sampleOf(recordedFigures))
})

test('a generated flow rebuilds books: known ids, none twice, crossed now and then, depth and price within bounds', () => {
  const replay = generated({ seed: 7, events: 400_000, symbols: 4 })
  expect([replay.unknown, replay.duplicates]).toEqual([{ changed: 0, deleted: 0 }, 0])
  expect(replay.crossed / 400_000).toBeGreaterThan(0.005)
  expect(replay.crossed / 400_000).toBeLessThan(0.03)
  expect(replay.liveOrdersMax).toBeGreaterThan(60)
  expect(replay.liveOrdersMax).toBeLessThanOrEqual(512)
  for (const { bestBid, bestAsk, events } of replay.figures(2)) {
    expect(Number(bestBid)).toBeGreaterThan(100)
    expect(Number(bestAsk)).toBeLessThan(1_000)
    expect(events).toBeGreaterThan(90_000)
  }
})

test('the same seed gives the same flow, another seed another one, and the rate is that of all symbols together', () => {
  const drawn = (seed: number) => {
    const flow = new CalibratedFlow({ seed, symbols: symbolNames(20), ratePerSec: 5_000 })
    return Array.from({ length: 50_000 }, () => flow.next())
  }
  const [one, again, other] = [drawn(1), drawn(1), drawn(2)]
  expect(again).toEqual(one)
  expect(other).not.toEqual(one)
  // Standard error of 50,000 gaps of a variation of 2: 0.9 %.
  expect(one.at(-1)?.atNs).toBeGreaterThan(9.6e9)
  expect(one.at(-1)?.atNs).toBeLessThan(10.4e9)
  expect(one.every(({ atNs }, index) => index === 0 || atNs >= (one[index - 1]?.atNs ?? 0))).toBe(true)
})

test('a calibration reads off what a flow was drawn from', () => {
  const shape = shapeOfGenerated(recordedFlow, 200_000)
  const sharesOf = (of: FlowShape) => of.placements.map(({ share }) => share)
  for (const [index, share] of sharesOf(shape).entries())
    expect(share).toBeCloseTo(sharesOf(recordedFlow)[index] ?? 0, 2)
  expect(shape.sizes.round.map(({ lots }) => lots).sort()).toEqual(
    recordedFlow.sizes.round.map(({ lots }) => lots).sort(),
  )
  expect(meanOf(shape.sizes.rest) / meanOf(recordedFlow.sizes.rest)).toBeCloseTo(1, 1)
  expect(meanOf(shape.gaps)).toBeCloseTo(1, 1)
})

test('a file of two symbols, without times or with few orders has no shape, and that is said', () => {
  const flow = new CalibratedFlow({ seed: 3, symbols: symbolNames(1), ratePerSec: 1 })
  const { event } = flow.next()
  const row = { ...event, timeMs: null }
  const told = (events: readonly (readonly [symbol: string, atNs: number | null])[]) => () => {
    const calibration = new FlowCalibration()
    for (const [symbol, atNs] of events) calibration.take({ ...row, symbol }, atNs)
    calibration.shape()
  }
  expect(
    told([
      ['A', 0],
      ['B', 1],
    ]),
  ).toThrow(NautilusError)
  expect(
    told([
      ['A', 0],
      ['B', 1],
    ]),
  ).toThrow('the symbols A and B')
  expect(
    told([
      ['A', null],
      ['A', null],
    ]),
  ).toThrow('no times')
  expect(
    told([
      ['A', 0],
      ['A', 1],
    ]),
  ).toThrow('no new orders after the first 400')
})

function shapeOfGenerated(shape: FlowShape, events: number): FlowShape {
  const flow = new CalibratedFlow({ seed: 3, symbols: ['X'], ratePerSec: 1, shape })
  const calibration = new FlowCalibration()
  for (let count = 0; count < events; count += 1) {
    const { event, atNs } = flow.next()
    calibration.take({ ...event, timeMs: null }, atNs)
  }
  return calibration.shape()
}

test.skipIf(dataFolder === undefined)(
  `times, spreads, sizes and cancels are those of the recorded morning${skipped}`,
  async () => {
    const { sample } = await inspectMarketFile(recording, {}, async () => undefined)
    for (const seed of [1, 2, 3]) expectNear(generated({ seed, events: 50_000 }), sample)
    expect(figuresOf(sample)).toEqual(recordedFigures)
  },
)

test.skipIf(dataFolder === undefined)(`the table of the generator is what a calibration finds${skipped}`, async () => {
  const { shape, figures } = await calibrationOf(recording)
  expect(shape).toEqual(recordedFlow)
  expect(figures).toEqual(recordedFigures)
})
