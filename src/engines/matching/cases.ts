import { present } from '../../core/assert.js'
import { type ComponentCase, callsPerSampleMax } from '../../core/component-case.js'
import { goldenFlow } from '../model/golden-flow.js'
import type { OrderCommand } from '../model/messages.js'
import { matchingConfig } from './config.js'
import { Venue } from './core.js'

const commands = 60_000
/** Commands that fill the book before it is measured. */
const opening = 5_000

/** One command of the golden flow at the venue: book, reports, positions and idempotency. */
export const matchingExecute: ComponentCase = {
  name: 'matching.execute',
  description: 'Execute the next new order or cancel of the golden flow, with all its reports.',
  variants: {
    '': () => {
      const flow = commandsOf(commands)
      const settings = matchingConfig.parse({})
      const open = (): Venue => {
        const venue = new Venue(settings, 1)
        for (const command of flow.slice(0, opening)) venue.execute(command)
        return venue
      }
      let venue = open()
      let next = opening
      return {
        call: () => {
          const command = present(flow[next], 'the flow is begun anew before it ends')
          next += 1
          return venue.execute(command)
        },
        restore: () => {
          if (next + callsPerSampleMax <= commands) return
          venue = open()
          next = opening
        },
      }
    },
  },
}

/** The golden flow as the venue is told it; the orders are of one of eight accounts. */
function commandsOf(count: number): OrderCommand[] {
  const flow = goldenFlow(count)
  return Array.from({ length: count }, (_, index): OrderCommand => {
    const orderId = flow.id[index] ?? 0
    const order = { orderId, account: `desk-${orderId % 8}`, symbol: 'GOLD' }
    if (flow.cancel[index] === 1) return { kind: 'cancel', ...order }
    const side = flow.side[index] === 0 ? 'buy' : 'sell'
    const [price = 1, qty = 1] = [flow.price[index], flow.quantity[index]]
    return { kind: 'new', ...order, side, type: 'limit', timeInForce: 'gtc', price, qty, bid: 0, ask: 0 }
  })
}
