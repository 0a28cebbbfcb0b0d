import { defineEngine } from '../kit/define.js'
import { type ExecutionReports, type OrderCommand, topics } from '../model/messages.js'
import { orderGatewayConfig } from './config.js'
import { Gateway } from './gateway.js'
import { OrderRoutes } from './http-routes.js'

/** Places orders that come by the bus or by HTTP, and follows them up to their final report. */
export const orderGatewayEngine = defineEngine({
  name: 'order-gateway',
  consumes: [topics.orderChecked, topics.executionReport],
  observes: [topics.executionReport],
  produces: [topics.orderPlaced],
  config: orderGatewayConfig,
  writes: ['orders'],
  create: (settings, context) => {
    const gateway = new Gateway(settings, context)
    const http = new OrderRoutes(settings, context, gateway)
    return {
      handle: (input) => {
        if (input.topic === topics.executionReport) {
          gateway.report(input)
          http.observe((input.envelope.body as ExecutionReports).reports)
          return
        }
        const refusal = gateway.submit({ input, body: input.envelope.body as OrderCommand, answer: null })
        // A repeated order has its outcome from the first delivery.
        if (refusal !== null && refusal !== 'duplicate') context.finish(input, 'failed', refusal)
      },
      routes: http.routes,
      drain: () => gateway.drain(),
      status: () => gateway.status(),
    }
  },
})
