import { defineEngine } from '../kit/define.js'
import { type Signal, type Tick, topics } from '../model/messages.js'
import { signalsConfig } from './config.js'
import { CrossSection } from './core.js'

/** Turns each tick into a signal: the newest cross-section, orthogonalised once. */
export const signalsEngine = defineEngine({
  name: 'signals',
  consumes: [topics.tick],
  produces: [topics.signal],
  config: signalsConfig,
  deadlineNs: (settings) => settings.deadline,
  create: (settings, context) => {
    const crossSection = new CrossSection(settings)
    return {
      handle: (input) => {
        const tick = input.envelope.body as Tick
        const { alpha, state } = crossSection.update(tick)
        if (state !== 'ready') context.count(state)
        const { symbol, bid, ask, crossed } = tick
        const signal: Signal = { symbol, alpha, ready: state === 'ready', bid, ask, crossed }
        context.emit(input, topics.signal, signal)
      },
      status: () => ({ symbols: crossSection.activeCount, method: settings.method }),
    }
  },
})
