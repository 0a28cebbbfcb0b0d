import { present } from '../../core/assert.js'
import type { ComponentCase, PreparedCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { durationNs, type InstantNs, instantNs, later, nsPerUs } from '../../core/units.js'
import { Lru } from '../../platform/cache/lru.js'
import type { ExecutionReport, NewOrder } from '../model/messages.js'
import { riskConfig } from './config.js'
import { type Approval, RiskBook } from './core.js'

const seed = 20_261_120
const drawn = 1 << 16
const symbols = 60
const accounts = 4
/** Lots that orders have: a desk sends few sizes, which is why approvals can be used again. */
const quantities = [10, 20, 50]
const gap = durationNs(50 * nsPerUs)

/**
 * AL6: the whole pre-trade check with approvals reused and with each made anew. Orders of four accounts on sixty symbols; after
 * a sample its orders get their last report, and one in fifty of them has filled, which ends the approvals of its position.
 */
export const riskCheck: ComponentCase = {
  name: 'risk.check',
  description: 'Check an order against limits, position and price collar, and count it as open.',
  variants: { cached: () => checksOf(true).prepared, uncached: () => checksOf(false).prepared },
}

export function checksOf(cached: boolean): { readonly prepared: PreparedCase; readonly book: RiskBook } {
  const settings = riskConfig.parse({ positionMax: 1_000_000_000 })
  const cache = cached && settings.cache !== 'off' ? new Lru<number, Approval>(settings.cache) : null
  const book = new RiskBook(settings, cache)
  const { orders, filled } = draw()
  let now: InstantNs = instantNs(0)
  let next = 0
  let open: NewOrder[] = []
  const prepared: PreparedCase = {
    call: () => {
      now = later(now, gap)
      const order = present(orders[next % drawn], 'orders were drawn')
      next += 1
      open.push(order)
      return book.check(order, now)
    },
    restore: () => {
      for (const order of open) book.apply(lastReportOf(order, filled[order.orderId % drawn] === true))
      open = []
    },
  }
  return { prepared, book }
}

/** Ids are used again only when their orders have long been reported. */
function draw(): { readonly orders: readonly NewOrder[]; readonly filled: readonly boolean[] } {
  const random = Random.stream(seed, 'risk')
  const orders = Array.from({ length: drawn }, (_, index): NewOrder => {
    const side = random.below(2) === 0 ? 'buy' : 'sell'
    const bid = 10_000 + random.below(400)
    return {
      kind: 'new',
      orderId: index + 1,
      account: `desk-${random.below(accounts)}`,
      symbol: `S${random.below(symbols)}`,
      side,
      type: 'limit',
      timeInForce: 'ioc',
      price: side === 'buy' ? bid + 2 : bid - 1,
      qty: quantities[random.below(quantities.length)] ?? 10,
      bid,
      ask: bid + 1,
    }
  })
  return { orders, filled: orders.map(() => random.float() < 0.02) }
}

function lastReportOf({ orderId, account, symbol, side, qty, price }: NewOrder, filled: boolean): ExecutionReport {
  const cumQty = filled ? qty : 0
  return {
    execId: orderId,
    orderId,
    account,
    symbol,
    side,
    execType: filled ? 'trade' : 'canceled',
    ordStatus: filled ? 'filled' : 'canceled',
    lastQty: cumQty,
    lastPrice: filled ? price : 0,
    cumQty,
    leavesQty: 0,
    cumNotional: cumQty * price,
    revision: 0,
    reason: '',
    final: true,
  }
}
