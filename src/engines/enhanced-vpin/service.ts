import { defineEngine } from '../kit/define.js'
import { type ExecutionReports, topics } from '../model/messages.js'
import { enhancedVpinConfig } from './config.js'
import { AggressorVpin, aggressorOf } from './core.js'

/** Says how one-sided trading is, by its true aggressors. It stands beside the pipeline: it observes the trades in reports. */
export const enhancedVpinEngine = defineEngine({
  name: 'enhanced-vpin',
  consumes: [topics.executionReport],
  observes: [topics.executionReport],
  produces: [topics.enhancedVpin],
  config: enhancedVpinConfig,
  create: (settings, context) => {
    const vpin = new AggressorVpin(settings)
    return {
      handle: (input) => {
        const { reports } = input.envelope.body as ExecutionReports
        const aggressor = aggressorOf(reports)
        for (const report of reports) {
          const found = vpin.report(report, aggressor)
          context.count(typeof found === 'string' ? found : 'traded')
          if (typeof found !== 'string') context.publish(topics.enhancedVpin, found)
        }
      },
      routes: { 'GET /v1/vpin': () => ({ status: 200, body: { symbols: vpin.all() } }) },
      status: () => ({ symbols: vpin.symbolCount }),
    }
  },
})
