import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import type { FeatureSet, Prediction } from '../model/observer-messages.js'
import { nextMoveRows } from './next-move.js'
import { mlEngine } from './service.js'

const quoteAt = (middle: number, changes: Partial<FeatureSet> = {}): FeatureSet => ({
  symbol: 'S',
  quotes: 200,
  middle,
  spread: 1,
  imbalance: 0.5,
  microprice: middle,
  rolling: [10, 100].map((window) => ({ window, ready: true, logReturn: 1e-4, volatility: 1e-3 })),
  ...changes,
})

test('each set of features becomes a prediction under its seq, once the symbol has moved, and ends no tick', () => {
  const bench = harness(mlEngine, { symbolsMax: 1 })
  bench.feed('features', quoteAt(100))
  bench.feed('features', quoteAt(100.5))
  bench.feed('features', quoteAt(100.5, { symbol: 'T' }))
  bench.feed('features', quoteAt(101, { rolling: [{ window: 10, ready: true, logReturn: 0, volatility: 0 }] }))
  bench.feed('features', quoteAt(101, { rolling: quoteAt(1).rolling.map((one) => ({ ...one, ready: false })) }))
  expect(bench.emitted.map(({ topic, seq }) => [topic, seq])).toEqual([['prediction', 1]])
  expect(bench.emitted[0]?.body).toEqual({
    symbol: 'S',
    quotes: 200,
    model: 'next-move-trees',
    probabilityUp: expect.any(Number),
  })
  expect(bench.outcomes).toEqual([])
  expect(bench.counters).toEqual({ warmingUp: 2, overflow: 1, missing: 1 })
})

test('how often it was right is counted by what came, beside the guess that the last move goes on', async () => {
  const bench = harness(mlEngine)
  const { horizon } = nextMoveRows
  const quotes = [100, ...Array.from({ length: horizon + 1 }, () => 100.5), 101, 100.5, 100]
  for (const middle of quotes) bench.feed('features', quoteAt(middle))
  const said = bench.emitted.map(({ body }) => (body as Prediction).probabilityUp >= 0.5)
  // The first quote has no prediction, and that of the second came to be the same: 101, 100.5 and 100 settle three, of which
  // the second is the same again.
  const right = Number(said[1]) + Number(!said[3])
  const { body } = await bench.call('GET /v1/model')
  expect(body).toMatchObject({ live: { scored: 2, right, lastSignRight: 1 } })
  expect(bench.engine.status?.()).toMatchObject({ model: 'next-move-trees', symbols: 1, liveAccuracy: right / 2 })
})

test('the model says what it is, where it learned, and how right it is beside guesses', async () => {
  const bench = harness(mlEngine, { model: 'next-move-logistic' })
  expect(await bench.call('GET /v1/model')).toMatchObject({
    status: 200,
    body: {
      name: 'next-move-logistic',
      kind: 'logistic',
      inputs: nextMoveRows.inputs,
      training: { source: expect.stringMatching(/^generated/) },
      accuracy: { model: expect.any(Number), majority: expect.any(Number), lastSign: expect.any(Number) },
    },
  })
})

test('rows by HTTP get their probabilities, and what is no row is said', async () => {
  const bench = harness(mlEngine, { rowsMax: 2 })
  const row = [1, 0.5, 0.5, 0, 0.01, 0.01, 0.1, 0.1]
  bench.feed('features', quoteAt(99.5, { spread: 1 }))
  const ask = (rows: unknown) => bench.call('POST /v1/predict', { body: JSON.stringify({ rows }) })
  const { status, body } = await ask([row, row])
  expect(status).toBe(200)
  const { probabilities } = body as { readonly probabilities: number[] }
  expect(probabilities).toHaveLength(2)
  expect(probabilities[0]).toBe(probabilities[1])
  for (const rows of [[], [row.slice(1)], [row, row, row], [['a']], 'row']) {
    expect(await ask(rows)).toEqual({
      status: 400,
      body: { error: expect.stringMatching(/^write \{"rows":\[\[spread, .* at most 2 rows$/) },
    })
  }
})

test('a model that cannot be read ends the start of the engine', () => {
  expect(() => harness(mlEngine, { model: 'missing.json' })).toThrow(/missing\.json cannot be read/)
})
