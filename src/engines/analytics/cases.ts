import { present } from '../../core/assert.js'
import type { ComponentCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { durationNs, instantNs, later, nsPerMs } from '../../core/units.js'
import { fillWith, tickWith } from '../model/message-fixture.js'
import { analyticsConfig } from './config.js'
import { Analytics } from './core.js'

const seed = 20_261_120
const symbols = 60
const drawn = 4_096
const gap = durationNs(nsPerMs)

/** A tick a millisecond, and the order that it causes: accepted, then filled. */
export const analyticsUpdate: ComponentCase = {
  name: 'analytics.update',
  description: 'Take in one tick and the two reports of an order, among sixty symbols.',
  variants: {
    '': () => {
      const analytics = new Analytics(analyticsConfig.parse({}))
      const random = Random.stream(seed, 'analytics')
      const orders = Array.from({ length: drawn }, (_, index) => {
        const symbol = `S${index % symbols}`
        const bid = 10_000 + random.below(400)
        const side = random.below(2) === 0 ? ('buy' as const) : ('sell' as const)
        const [lastQty, lastPrice] = [1 + random.below(20), side === 'buy' ? bid + 1 : bid]
        return {
          tick: tickWith({ symbol, bid, ask: bid + 1 }),
          accepted: fillWith({ symbol, side, execType: 'new', lastQty: 0, lastPrice: 0, leavesQty: lastQty }),
          filled: fillWith({ symbol, side, lastQty, lastPrice }),
        }
      })
      let orderId = 0
      let now = instantNs(0)
      return {
        call: () => {
          const { tick, accepted, filled } = present(orders[orderId % drawn], 'orders were drawn')
          orderId += 1
          now = later(now, gap)
          analytics.tick(tick, now)
          analytics.report({ ...accepted, orderId, execId: 2 * orderId }, now)
          return analytics.report({ ...filled, orderId, execId: 2 * orderId + 1 }, now)
        },
      }
    },
  },
}
