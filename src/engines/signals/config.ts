import { z } from 'zod'
import { duration } from '../../core/fields.js'
import { orthogonalMethods } from '../quant/orthogonalise.js'
import { featureNames } from './features.js'

export const signalsConfig = z.strictObject({
  assets: z
    .int()
    .min(7)
    .max(1_000)
    .default(60)
    .describe('Symbols of the cross-section; further symbols are passed on with alpha 0 and counted.'),
  signals: z
    .int()
    .min(1)
    .max(featureNames.length)
    .default(featureNames.length)
    .describe(`How many of the signals are used, in the order ${featureNames.join(', ')}.`),
  lookback: z
    .int()
    .min(12)
    .max(10_000)
    .default(252)
    .describe('Ticks of a symbol that the slow averages look back; the fast ones take a twelfth of it.')
    .meta({ tune: { min: 24, max: 1_000, scale: 'log' } }),
  method: z
    .enum(orthogonalMethods)
    .default('qr')
    .describe('`qr` depends on the order of the signals, `symmetric` does not, `residual` leaves one out at a time.')
    .meta({ tune: { choices: [...orthogonalMethods] } }),
  deadline: duration.prefault('150ms').describe('Longest time for the signals of one tick; a later one is failed.'),
})
