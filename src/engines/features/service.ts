import { defineEngine } from '../kit/define.js'
import { type Tick, topics } from '../model/messages.js'
import { featuresConfig } from './config.js'
import { RollingFeatures } from './core.js'

/** Publishes the features of each quote. It stands beside the pipeline: it observes ticks, and how they end is not its concern. */
export const featuresEngine = defineEngine({
  name: 'features',
  consumes: [topics.tick],
  observes: [topics.tick],
  produces: [topics.features],
  config: featuresConfig,
  create: (settings, context) => {
    const features = new RollingFeatures(settings)
    return {
      handle: (input) => {
        const found = features.update(input.envelope.body as Tick)
        if (typeof found === 'string') context.count(found)
        else context.emit(input, topics.features, found)
      },
      routes: { 'GET /v1/features': () => ({ status: 200, body: { features: features.all() } }) },
      status: () => ({ symbols: features.symbolCount }),
    }
  },
})
