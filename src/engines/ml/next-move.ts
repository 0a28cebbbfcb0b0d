import { assertNever } from '../../core/assert.js'
import { type ModelFile, modelSchema } from './model-file.js'
import { trainLogistic } from './train-logistic.js'
import { trainNetwork } from './train-network.js'
import { trainTrees } from './train-trees.js'
import { accuracyOf, type DataSet } from './training-data.js'

// How the shipped models come about: `node scripts/train-model.mjs` trains them, a test trains small ones.

/** Five quotes: what stands at the touch says little of what comes later. */
export const nextMoveRows = {
  horizon: 5,
  inputs: [
    'spread',
    'imbalance',
    'lastMove',
    'sinceMove',
    'return:10',
    'return:100',
    'volatility:10',
    'volatility:100',
  ],
} as const

type Rows = { readonly data: DataSet; readonly source: string }

/** A model that tells whether the middle will be higher or lower, and how often it is right on rows that it has not seen. */
export function trainNextMove(kind: ModelFile['kind'], training: Rows, test: Rows, seed: number): ModelFile {
  const { data, source } = training
  const head = {
    schema: modelSchema,
    name: `next-move-${kind}`,
    target: `the middle is higher ${data.horizon} quotes on, where it is not the same`,
    inputs: [...data.inputs],
    horizon: data.horizon,
    training: { source, rows: data.count, seed },
    accuracy: { source: test.source, rows: 1, model: 0, majority: 0, lastSign: 0, lastSignReversed: 0 },
  }
  // Rounded first: the accuracy is that of the file.
  const model: ModelFile = rounded({ ...head, ...parametersOf(kind, data, seed) })
  return { ...model, accuracy: { source: test.source, ...accuracyOf(model, test.data) } }
}

function parametersOf(kind: ModelFile['kind'], data: DataSet, seed: number) {
  switch (kind) {
    case 'logistic':
      return { kind, ...trainLogistic(data) } as const
    case 'trees':
      return { kind, ...trainTrees(data, { trees: 40, depth: 4, rate: 0.2 }) } as const
    case 'network':
      return { kind, ...trainNetwork(data, { hidden: 16, epochs: 4, rate: 0.01, seed }) } as const
    default:
      return assertNever(kind)
  }
}

/** Seven digits are more than the data can tell, and less than half the file. */
function rounded<Value>(value: Value): Value {
  return JSON.parse(
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'number' ? Number(part.toPrecision(7)) : part)),
  )
}
