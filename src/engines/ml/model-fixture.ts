import { type ModelFile, modelSchema, parseModel } from './model-file.js'

type Parameters<Kind extends ModelFile['kind']> = Omit<
  Extract<ModelFile, { kind: Kind }>,
  'schema' | 'name' | 'target' | 'inputs' | 'horizon' | 'training' | 'accuracy'
>

/** A checked model of two inputs, spread and imbalance, with the parameters of a test. */
export const modelWith = <Kind extends ModelFile['kind']>(parameters: Parameters<Kind> & { kind: Kind }): ModelFile =>
  parseModel(
    JSON.stringify({
      schema: modelSchema,
      name: 'of-a-test',
      target: 'up',
      inputs: ['spread', 'imbalance'],
      horizon: 1,
      training: { source: 'none', rows: 1, seed: 1 },
      accuracy: { source: 'none', rows: 1, model: 1, majority: 0.5, lastSign: 0.5, lastSignReversed: 0.5 },
      ...parameters,
    }),
    'fixture',
  )
