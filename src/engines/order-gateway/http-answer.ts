import { formatDecimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import type { ExecutionReport } from '../model/messages.js'
import type { OrderStatus } from '../model/order-status.js'
import { type OwnOrder, statusOf } from './own-orders.js'

// What HTTP answers about orders: states by their names, decimals as strings.

const statusNames = {
  new: 'new',
  partiallyFilled: 'partially_filled',
  filled: 'filled',
  canceled: 'canceled',
  rejected: 'rejected',
  expired: 'expired',
  pendingNew: 'pending_new',
  pendingCancel: 'pending_cancel',
  pendingReplace: 'pending_replace',
} as const satisfies Record<OrderStatus, string>

/** How a client knows an order: the name that it gave it, too, where it gave one. */
const namesOf = (orderId: number, clientOrderId: string | null): Record<string, unknown> =>
  clientOrderId === null ? { orderId } : { orderId, clientOrderId }

/** What is known of an order now. */
export function describeOrder(order: OwnOrder): Record<string, unknown> {
  const { priceDecimals, qtyDecimals, symbol } = order.instrument
  return {
    ...namesOf(order.orderId, order.clientOrderId),
    symbol,
    side: order.side,
    status: statusNames[statusOf(order)],
    quantity: formatDecimal(order.qty, qtyDecimals),
    price: order.price === 0 ? null : formatDecimal(order.price, priceDecimals),
    filledQuantity: formatDecimal(order.cumQty, qtyDecimals),
    remainingQuantity: formatDecimal(order.leavesQty, qtyDecimals),
    averagePrice: order.cumQty === 0 ? null : averagePrice(order, priceDecimals),
  }
}

/** Of an order whose report has not come in time. */
export const describePending = (order: OwnOrder): Record<string, unknown> => ({
  ...namesOf(order.orderId, order.clientOrderId),
  status: statusNames[statusOf(order)],
})

/** What the venue made of an order, from its own reports in their order. */
export function describeReports(
  reports: readonly ExecutionReport[],
  instrument: Instrument,
  clientOrderId: string | null = null,
): Record<string, unknown> {
  const last = reports.at(-1)
  if (last === undefined) return {}
  const { priceDecimals, qtyDecimals } = instrument
  return {
    ...namesOf(last.orderId, clientOrderId),
    symbol: last.symbol,
    side: last.side,
    status: statusNames[last.ordStatus],
    filledQuantity: formatDecimal(last.cumQty, qtyDecimals),
    remainingQuantity: formatDecimal(last.leavesQty, qtyDecimals),
    averagePrice: last.cumQty === 0 ? null : averagePrice(last, priceDecimals),
    ...(last.reason === '' ? {} : { reason: last.reason }),
    executions: reports
      .filter((report) => report.execType === 'trade')
      .map((report) => ({
        executionId: report.execId,
        price: formatDecimal(report.lastPrice, priceDecimals),
        quantity: formatDecimal(report.lastQty, qtyDecimals),
      })),
  }
}

/** Digits of an average price beyond those of a tick; the last one is rounded half up. */
const averageDecimals = 6

function averagePrice(
  traded: { readonly cumQty: number; readonly cumNotional: number },
  priceDecimals: number,
): string {
  const scale = 10n ** BigInt(averageDecimals)
  const cumQty = BigInt(traded.cumQty)
  const scaled = (2n * BigInt(traded.cumNotional) * scale + cumQty) / (2n * cumQty)
  const digits = scaled.toString().padStart(priceDecimals + averageDecimals + 1, '0')
  const point = digits.length - priceDecimals - averageDecimals
  const fraction = digits.slice(point)
  const kept = fraction.slice(0, priceDecimals) + fraction.slice(priceDecimals).replace(/0+$/, '')
  return kept === '' ? digits.slice(0, point) : `${digits.slice(0, point)}.${kept}`
}
