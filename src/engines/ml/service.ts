import { z } from 'zod'
import { jsonOf } from '../kit/body.js'
import { defineEngine, type EngineContext, type HttpReply, type HttpRequest, type Resident } from '../kit/define.js'
import { topics } from '../model/messages.js'
import type { FeatureSet } from '../model/observer-messages.js'
import { type MlConfig, mlConfig } from './config.js'
import { NextMoves } from './core.js'
import { type ModelFile, readModel } from './model-file.js'

/** Publishes a prediction for each set of features. It stands beside the pipeline: it observes. */
export const mlEngine = defineEngine({
  name: 'ml',
  consumes: [topics.features],
  observes: [topics.features],
  produces: [topics.prediction],
  config: mlConfig,
  open: (settings) => residentOf(settings, readModel(settings.model)),
})

/** The model is read once a process; what it has learned of a run ends with the run. */
function residentOf(settings: MlConfig, model: ModelFile): Resident {
  return {
    create: (context: EngineContext) => {
      const moves = new NextMoves(settings, model)
      const { name, kind, target, inputs, horizon, training, accuracy } = model
      const described = { name, kind, target, inputs, horizon, training, accuracy }
      return {
        handle: (input) => {
          const found = moves.update(input.envelope.body as FeatureSet)
          if (typeof found === 'string') context.count(found)
          else context.emit(input, topics.prediction, found)
        },
        routes: {
          'GET /v1/predictions': () => ({ status: 200, body: { predictions: moves.all() } }),
          'GET /v1/model': () => ({ status: 200, body: { ...described, live: { ...moves.live } } }),
          'POST /v1/predict': (request) => predicted(request, { settings, model, moves }),
        },
        status: () => ({
          model: name,
          symbols: moves.symbolCount,
          accuracy: accuracy.model,
          accuracyMajority: accuracy.majority,
          accuracyLastSign: accuracy.lastSign,
          accuracyLastSignReversed: accuracy.lastSignReversed,
          liveScored: moves.live.scored,
          liveAccuracy: shareOf(moves.live.right, moves.live.scored),
          liveAccuracyLastSign: shareOf(moves.live.lastSignRight, moves.live.scored),
        }),
      }
    },
  }
}

const shareOf = (count: number, all: number): number => (all === 0 ? 0 : count / all)

function predicted(
  request: HttpRequest,
  { settings, model, moves }: { readonly settings: MlConfig; readonly model: ModelFile; readonly moves: NextMoves },
): HttpReply {
  const { inputs } = model
  const rows = z.array(z.array(z.number()).length(inputs.length)).min(1).max(settings.rowsMax)
  const parsed = z.strictObject({ rows }).safeParse(jsonOf(request.body))
  if (!parsed.success) {
    const shape = `{"rows":[[${inputs.join(', ')}]]}`
    return { status: 400, body: { error: `write ${shape}, numbers in this order, at most ${settings.rowsMax} rows` } }
  }
  return { status: 200, body: { model: model.name, probabilities: moves.predictAll(parsed.data.rows) } }
}
