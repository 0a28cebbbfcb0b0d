import { defineEngine } from '../kit/define.js'
import { type Tick, topics } from '../model/messages.js'
import { factorConfig } from './config.js'
import { FactorModel } from './core.js'

/** Explains the returns of each period by the exposures of the symbols. It stands beside the pipeline: it observes ticks. */
export const factorEngine = defineEngine({
  name: 'factor',
  consumes: [topics.tick],
  observes: [topics.tick],
  produces: [topics.factor],
  config: factorConfig,
  create: (settings, context) => {
    const model = new FactorModel(settings)
    return {
      handle: (input) => {
        const { body, intendedAt } = input.envelope
        const { state, ended } = model.update(body as Tick, intendedAt)
        if (state !== 'quoted') context.count(state)
        if (ended === null) return
        context.count('periods')
        context.publish(topics.factor, ended)
      },
      routes: {
        'GET /v1/factor': () => {
          if (model.newest !== null) return { status: 200, body: model.newest }
          return { status: 404, body: { error: 'no period has been explained yet' } }
        },
      },
      status: () => ({ symbols: model.symbolCount, periods: model.newest?.periods ?? 0 }),
    }
  },
})
