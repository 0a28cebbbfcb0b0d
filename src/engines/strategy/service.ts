import { defineEngine } from '../kit/define.js'
import { type Signal, topics } from '../model/messages.js'
import { strategyConfig } from './config.js'
import { decide, emptyStrategy } from './core.js'

/** Turns each signal into an order intent or into the end of its tick. */
export const strategyEngine = defineEngine({
  name: 'strategy',
  consumes: [topics.signal],
  produces: [topics.orderIntent],
  config: strategyConfig,
  deadlineNs: (settings) => settings.deadline,
  create: (settings, context) => {
    const state = emptyStrategy()
    return {
      handle: (input) => {
        const decision = decide(state, settings, input.envelope.body as Signal, input.envelope.seq)
        if (typeof decision === 'string') {
          context.count(decision)
          context.finish(input, 'noTrade', decision)
          return
        }
        context.count(decision.side)
        context.emit(input, topics.orderIntent, decision)
      },
      status: () => ({ symbols: state.symbols.size }),
    }
  },
})
