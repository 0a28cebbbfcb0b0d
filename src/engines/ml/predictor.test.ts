import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ModelFile, parseModel, readModel, shippedModels } from './model-file.js'
import { modelWith } from './model-fixture.js'
import { predictorOf } from './predictor.js'

const predict = (model: ModelFile, row: readonly number[]): number =>
  predictorOf(model).predict(Float64Array.from(row), 0)
const sigmoid = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds))

test('a logistic model is the weighted sum of standard scores', () => {
  const model = modelWith({ kind: 'logistic', mean: [1, 10], deviation: [2, 5], bias: 0.5, weights: [1, -2] })
  // Scores 1 and 2: 0.5 + 1 - 4.
  expect(predict(model, [3, 20])).toBeCloseTo(sigmoid(-2.5), 14)
})

test('trees add up the leaves that a row comes to; what equals a threshold goes to the first child', () => {
  const stump = { feature: [0, -1, -1], threshold: [2, 0, 0], left: [1, 0, 0], value: [0, -1, 1] }
  const deep = {
    feature: [1, -1, 0, -1, -1],
    threshold: [5, 0, 0, 0, 0],
    left: [1, 0, 3, 0, 0],
    value: [0, 0.25, 0, 0.5, 4],
  }
  const model = modelWith({ kind: 'trees', bias: 0.1, trees: [stump, deep] })
  expect(predict(model, [2, 5])).toBeCloseTo(sigmoid(0.1 - 1 + 0.25), 14)
  expect(predict(model, [3, 6])).toBeCloseTo(sigmoid(0.1 + 1 + 4), 14)
  expect(predict(model, [-1, 6])).toBeCloseTo(sigmoid(0.1 - 1 + 0.5), 14)
})

test('a leaf that lies at different depths is reached by all rows of a batch', () => {
  // Node 9 is led to by 5, which is three steps from the root, and by 7, which is two; its first child is the leaf of the row.
  const left = [1, 3, 7, 5, 0, 9, 0, 9, 0, 11, 0, 0, 0]
  const tree = {
    feature: left.map((first) => (first === 0 ? -1 : 0)),
    threshold: left.map(() => 0),
    left,
    value: left.map((_, node) => (node === 11 ? 1 : 0)),
  }
  const model = modelWith({ kind: 'trees', bias: 0, trees: [tree] })
  const probabilities = new Float64Array(4)
  predictorOf(model).predictAll(new Float64Array(8).fill(-1), 4, probabilities)
  expect(predict(model, [-1, -1])).toBeCloseTo(sigmoid(1), 14)
  expect([...probabilities]).toEqual(Array.from({ length: 4 }, () => predict(model, [-1, -1])))
})

test('a network is tanh of sums of standard scores, and a sum of these', () => {
  const model = modelWith({
    kind: 'network',
    mean: [1, 0],
    deviation: [2, 1],
    layers: [
      { outputs: 2, weights: [1, 0.5, -1, 2], bias: [0.1, 0.2] },
      { outputs: 1, weights: [3, -1], bias: [0.3] },
    ],
  })
  const [a, b] = [Math.tanh(0.1 + 1 * 1 + 0.5 * 0.5), Math.tanh(0.2 - 1 * 1 + 2 * 0.5)]
  expect(predict(model, [3, 0.5])).toBeCloseTo(sigmoid(0.3 + 3 * a - b), 14)
})

test.each([...shippedModels])('%s gives a row the same number by itself and among others', (name) => {
  const model = readModel(name)
  const predictor = predictorOf(model)
  const row = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), {
    minLength: model.inputs.length,
    maxLength: model.inputs.length,
  })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 11 }), (rows) => {
      const flat = Float64Array.from(rows.flat())
      const probabilities = new Float64Array(rows.length)
      predictor.predictAll(flat, rows.length, probabilities)
      const alone = rows.map((_, index) => predictor.predict(flat, index * model.inputs.length))
      expect(Array.from(probabilities)).toEqual(alone)
      for (const probability of alone) expect(probability >= 0 && probability <= 1).toBe(true)
    }),
  )
})

const trees = { kind: 'trees', bias: 0 } as const
const stump = { feature: [0, -1, -1], threshold: [0, 0, 0], left: [1, 0, 0], value: [0, 1, 2] }
const network = { kind: 'network', mean: [0, 0], deviation: [1, 1] } as const
const logistic = { kind: 'logistic' as const, mean: [0, 0], deviation: [1, 1], bias: 0, weights: [1, 1] }

test.each([
  { text: '{', message: /model m\.json is not JSON/ },
  { text: '{}', message: /kind/ },
  { model: { ...logistic, weights: [1] }, message: /weights has 1 numbers, expected 2/ },
  { model: { ...logistic, deviation: [1, 0] }, message: /deviation\.1/ },
  { model: { ...logistic, inputs: ['spread', 'return:0'] }, message: /"return:0" is not an input/ },
  { model: { ...logistic, inputs: ['spread', 'spread'] }, message: /one is named twice/ },
  { model: { ...logistic, colour: 'red' }, message: /colour/ },
  { model: { ...trees, trees: [{ ...stump, feature: [2, -1, -1] }] }, message: /trees\.0: node 0 asks for an input/ },
  { model: { ...trees, trees: [{ ...stump, left: [0, 0, 0] }] }, message: /trees\.0: node 0 .* leads to a node/ },
  { model: { ...trees, trees: [{ ...stump, left: [2, 0, 0] }] }, message: /trees\.0: node 0/ },
  { model: { ...trees, trees: [{ ...stump, value: [0] }] }, message: /trees\.0\.value has 1 numbers, expected 3/ },
  {
    model: { ...network, layers: [{ outputs: 2, weights: [1, 1, 1, 1], bias: [0, 0] }] },
    message: /2 outputs, expected 1/,
  },
  { model: { ...network, layers: [{ outputs: 1, weights: [1], bias: [0] }] }, message: /layers\.0\.weights has 1/ },
])('a bad model file is an error that says what is wrong: $message', ({ text, model, message }) => {
  const written = text ?? JSON.stringify({ ...modelWith(logistic), ...model })
  const plain = model?.kind === 'trees' ? withoutScales(written) : withoutWeights(written, model?.kind)
  expect(() => parseModel(plain, 'm.json')).toThrow(message)
})

test('a model that is not there is an error that names the file', () => {
  expect(() => readModel('no/such/model.json')).toThrow(/no\/such\/model\.json cannot be read/)
})

/** `modelWith` is logistic; what another kind has not is taken out, so that only the stated mistake is left. */
function withoutScales(text: string): string {
  const { mean: _mean, deviation: _deviation, weights: _weights, ...rest } = JSON.parse(text)
  return JSON.stringify(rest)
}

function withoutWeights(text: string, kind: string | undefined): string {
  if (kind !== 'network') return text
  const { weights: _weights, bias: _bias, ...rest } = JSON.parse(text)
  return JSON.stringify(rest)
}
