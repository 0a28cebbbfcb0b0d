import { present } from '../../core/assert.js'
import type { ComponentCase, PreparedCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import type { FeatureSet } from '../model/observer-messages.js'
import { mlConfig } from './config.js'
import { NextMoves } from './core.js'
import { readModel } from './model-file.js'
import { predictorOf } from './predictor.js'

const seed = 20_261_120
const symbols = 60
const drawn = 4_096
const rows = 256

/** What the engine does with one message: keep its symbol's last move, fill a row, predict. */
export const mlUpdate: ComponentCase = {
  name: 'ml.update',
  description: 'Take in the features of one quote of sixty symbols, and predict the next move.',
  variants: {
    trees: () => updates('next-move-trees'),
    logistic: () => updates('next-move-logistic'),
    network: () => updates('next-move-network'),
  },
}

/** MB11: many rows at once against one by one. */
export const mlPredict: ComponentCase = {
  name: 'ml.predict-256',
  description: 'Predict 256 rows, in one batch or one after the other.',
  variants: {
    'trees-batch': () => predictions('next-move-trees', true),
    'trees-single': () => predictions('next-move-trees', false),
    'network-batch': () => predictions('next-move-network', true),
    'network-single': () => predictions('next-move-network', false),
  },
}

function updates(model: string): PreparedCase {
  const moves = new NextMoves(mlConfig.parse({}), readModel(model))
  const random = Random.stream(seed, 'ml')
  const middles = Array.from({ length: symbols }, () => 10_000)
  const features = Array.from({ length: drawn }, (_, index): FeatureSet => {
    const row = index % symbols
    const middle = (middles[row] ?? 0) + 0.5 * Math.round(random.normal())
    middles[row] = middle
    const imbalance = 2 * random.float() - 1
    const rolling = [10, 100].map((window) => {
      return { window, ready: true, logReturn: 1e-4 * random.normal(), volatility: 1e-4 * (1 + random.float()) }
    })
    const spread = 1 + random.below(3)
    return { symbol: `S${row}`, quotes: index, middle, spread, imbalance, microprice: middle, rolling }
  })
  let next = 0
  const call = () => {
    const taken = present(features[next % drawn], 'features were drawn')
    next += 1
    return moves.update(taken)
  }
  for (let index = 0; index < 10 * symbols; index += 1) call()
  return { call }
}

function predictions(name: string, together: boolean): PreparedCase {
  const model = readModel(name)
  const predictor = predictorOf(model)
  const width = model.inputs.length
  const random = Random.stream(seed, 'ml.rows')
  const inputs = Float64Array.from({ length: rows * width }, () => random.normal())
  const probabilities = new Float64Array(rows)
  return {
    call: () => {
      if (together) predictor.predictAll(inputs, rows, probabilities)
      else for (let row = 0; row < rows; row += 1) probabilities[row] = predictor.predict(inputs, row * width)
      return probabilities
    },
  }
}
