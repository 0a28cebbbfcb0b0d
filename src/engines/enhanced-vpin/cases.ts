import { present } from '../../core/assert.js'
import type { ComponentCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { fillWith } from '../model/message-fixture.js'
import { enhancedVpinConfig } from './config.js'
import { AggressorVpin } from './core.js'

const seed = 20_261_120
const symbols = 60
const drawn = 4_096

/** About every fifth trade finishes a bucket, and its figures are ranked. Histories are full: ranks cost what they will. */
export const enhancedVpinReport: ComponentCase = {
  name: 'enhanced-vpin.report',
  description:
    'Take in one trade of sixty symbols by its aggressor, in three bucket sizes, ranked among 1,000 figures.',
  variants: {
    '': () => {
      const settings = enhancedVpinConfig.parse({})
      const vpin = new AggressorVpin(settings)
      const random = Random.stream(seed, 'aggressors')
      const trades = Array.from({ length: drawn }, (_, index) =>
        fillWith({
          symbol: `S${index % symbols}`,
          side: random.below(2) === 0 ? 'buy' : 'sell',
          lastQty: 1 + random.below(20),
        }),
      )
      let execId = 0
      // Each trade finishes a bucket of every size.
      const lastQty = settings.averageDailyVolume / Math.min(...settings.bucketsPerDay)
      for (const limit = symbols * (settings.buckets + settings.historyMax); execId < limit; execId += 1) {
        const trade = present(trades[execId % drawn], 'trades were drawn')
        vpin.report({ ...trade, execId, lastQty }, trade.orderId)
      }
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
