import { defineEngine } from '../kit/define.js'
import { type ExecutionReports, topics } from '../model/messages.js'
import { vpinConfig } from './config.js'
import { BulkVpin } from './core.js'

/** Says how one-sided trading is, guessed from prices. It stands beside the pipeline: it observes the trades in reports. */
export const vpinEngine = defineEngine({
  name: 'vpin',
  consumes: [topics.executionReport],
  observes: [topics.executionReport],
  produces: [topics.vpin],
  config: vpinConfig,
  create: (settings, context) => {
    const vpin = new BulkVpin(settings)
    return {
      handle: (input) => {
        const { body, intendedAt } = input.envelope
        for (const report of (body as ExecutionReports).reports) {
          const found = vpin.report(report, intendedAt)
          context.count(typeof found === 'string' ? found : 'traded')
          if (typeof found !== 'string') context.publish(topics.vpin, found)
        }
      },
      routes: { 'GET /v1/vpin': () => ({ status: 200, body: { symbols: vpin.all() } }) },
      status: () => ({ symbols: vpin.symbolCount }),
    }
  },
})
