import { present } from '../../core/assert.js'
import type { ComponentCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { fillWith } from '../model/message-fixture.js'
import { enhancedVpinConfig } from './config.js'
import { AggressorVpin } from './core.js'

const seed = 20_261_120
const symbols = 60
const drawn = 4_096

/** About every fifth trade finishes a bucket, and its figures are ranked. */
export const enhancedVpinReport: ComponentCase = {
  name: 'enhanced-vpin.report',
  description:
    'Take in one trade of sixty symbols by its aggressor, in three bucket sizes, ranked among 1,000 figures.',
  variants: {
    '': () => {
      const vpin = new AggressorVpin(enhancedVpinConfig.parse({}))
      const random = Random.stream(seed, 'aggressors')
      const trades = Array.from({ length: drawn }, (_, index) =>
        fillWith({
          symbol: `S${index % symbols}`,
          side: random.below(2) === 0 ? 'buy' : 'sell',
          lastQty: 1 + random.below(20),
        }),
      )
      let execId = 0
      return {
        call: () => {
          const trade = present(trades[execId % drawn], 'trades were drawn')
          execId += 1
          return vpin.report({ ...trade, execId }, trade.orderId)
        },
      }
    },
  },
}
