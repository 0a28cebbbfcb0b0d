import { present } from '../../core/assert.js'
import type { ComponentCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import type { Signal } from '../model/messages.js'
import { strategyConfig } from './config.js'
import { decide, emptyStrategy } from './core.js'

const seed = 20_261_120
const drawn = 4_096

export const strategyDecide: ComponentCase = {
  name: 'strategy.decide',
  description: 'Decide on one signal of sixty symbols; one quote in fifty is crossed.',
  variants: {
    '': () => {
      const settings = strategyConfig.parse({})
      const state = emptyStrategy()
      const random = Random.stream(seed, 'strategy')
      const signals = Array.from({ length: drawn }, (_, index): Signal => {
        const bid = 10_000 + random.below(400)
        const crossed = random.below(50) === 0
        const ask = crossed ? bid : bid + 1
        return { symbol: `S${index % 60}`, alpha: random.normal(), ready: true, bid, ask, crossed }
      })
      let seq = 0
      return {
        call: () => {
          const signal = present(signals[seq % drawn], 'signals were drawn')
          seq += 1
          return decide(state, settings, signal, seq)
        },
      }
    },
  },
}
