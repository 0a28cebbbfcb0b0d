import { beforeAll, describe, expect, test } from 'vitest'
import { readModel, shippedModels } from './model-file.js'
import { nextMoveRows, trainNextMove } from './next-move.js'
import { accuracyOf, type DataSet } from './training-data.js'
import { describeMarket, rowsOf } from './training-market.js'

const training = { seed: 11, symbols: 20, rows: 12_000 }
const unseen = { seed: 12, symbols: 20, rows: 12_000 }
let rows: { readonly data: DataSet; readonly source: string }
let testRows: { readonly data: DataSet; readonly source: string }

beforeAll(async () => {
  rows = { data: await rowsOf(training, nextMoveRows), source: describeMarket(training) }
  testRows = { data: await rowsOf(unseen, nextMoveRows), source: describeMarket(unseen) }
})

test('the rows of a seed are the same each time, and each says what came', async () => {
  expect(await rowsOf(training, nextMoveRows)).toEqual(rows.data)
  expect(rows.data.count).toBe(training.rows)
  const ups = rows.data.ups.reduce((sum, up) => sum + up, 0) / rows.data.count
  expect(ups).toBeGreaterThan(0.4)
  expect(ups).toBeLessThan(0.6)
})

describe.each(['logistic', 'trees', 'network'] as const)('%s', (kind) => {
  test('trained small it gives the same model each time, and is right more often than any guess', () => {
    const model = trainNextMove(kind, rows, testRows, 5)
    expect(trainNextMove(kind, rows, testRows, 5)).toEqual(model)
    const { accuracy } = model
    expect(accuracy.model).toBeGreaterThan(
      0.02 + Math.max(accuracy.majority, accuracy.lastSign, accuracy.lastSignReversed),
    )
    expect(accuracy.source).toBe('generated, 20 symbols, seed 12, burstiness 0.6')
  })

  test('trained on rows whose outcomes are those of others it knows nothing', () => {
    const { data } = rows
    const half = Math.floor(data.count / 2)
    const ups = Uint8Array.from(data.ups, (_, row) => data.ups[(row + half) % data.count] ?? 0)
    const { accuracy } = trainNextMove(kind, { ...rows, data: { ...data, ups } }, testRows, 5)
    expect(Math.abs(accuracy.model - 0.5)).toBeLessThan(0.1)
  })
})

test('another seed of the network begins elsewhere', () => {
  const trained = (seed: number) => trainNextMove('network', rows, testRows, seed)
  expect(trained(6)).not.toEqual({ ...trained(5), training: trained(6).training })
})

test.each([...shippedModels])('%s is as right as its file says, and more so than a guess', (name) => {
  const { accuracy, ...model } = readModel(name)
  const guess = Math.max(accuracy.majority, accuracy.lastSign, accuracy.lastSignReversed)
  expect(accuracy.model).toBeGreaterThan(guess + 0.02)
  const found = accuracyOf({ ...model, accuracy } as ReturnType<typeof readModel>, testRows.data)
  expect(Math.abs(found.model - accuracy.model)).toBeLessThan(0.04)
})
