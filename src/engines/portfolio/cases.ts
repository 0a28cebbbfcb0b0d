import { present } from '../../core/assert.js'
import type { ComponentCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import type { ExecutionReport } from '../model/messages.js'
import { portfolioConfig } from './config.js'
import { Portfolio } from './core.js'

const seed = 20_261_120
const symbols = 60
const drawn = 4_096

/** What a tick and the fill that it causes do to a portfolio of sixty positions, which grow, shrink and cross zero. */
export const portfolioUpdate: ComponentCase = {
  name: 'portfolio.update',
  description: 'Take in one mark and one fill, among sixty positions.',
  variants: {
    '': () => {
      const portfolio = new Portfolio(portfolioConfig.parse({}))
      const random = Random.stream(seed, 'portfolio')
      const fills = Array.from({ length: drawn }, (_, index) => ({
        symbol: `S${index % symbols}`,
        side: random.below(2) === 0 ? ('buy' as const) : ('sell' as const),
        lastQty: 1 + random.below(20),
        lastPrice: 10_000 + random.below(400),
      }))
      let execId = 0
      return {
        call: () => {
          const { symbol, side, lastQty, lastPrice } = present(fills[execId % drawn], 'fills were drawn')
          execId += 1
          portfolio.mark({ symbol, bid: lastPrice - 1, bidQty: 10, ask: lastPrice + 1, askQty: 10, crossed: false })
          const report: ExecutionReport = {
            execId,
            orderId: execId,
            account: 'desk',
            symbol,
            side,
            execType: 'trade',
            ordStatus: 'filled',
            lastQty,
            lastPrice,
            cumQty: lastQty,
            leavesQty: 0,
            cumNotional: lastQty * lastPrice,
            revision: 0,
            reason: '',
            final: true,
          }
          return portfolio.apply(report)
        },
      }
    },
  },
}
