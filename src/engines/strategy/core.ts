import { assert } from '../../core/assert.js'
import type { NewOrder, Side, Signal } from '../model/messages.js'
import type { StrategyConfig } from './config.js'

// Decides on one signal. The strategy knows its net position only from what it sent: risk and venue may refuse an order.
// That is enough to lean against its own inventory, which keeps buys and sells of a symbol in balance.
//
//   score   alpha - inventoryAversion x (orders bought - orders sold) of the symbol; from the threshold on, an order is sent
//   limit   the opposite quote, and crossTicks beyond
//
// Units: alpha, score and threshold in cross-sectional standard deviations; ticks and lots.
//
// Source: a position that leans the price, as in Avellaneda and Stoikov, High-frequency trading in a limit order book (2008).
// Known limits: orders that were refused or did not fill count as position; no order is changed or cancelled.

type NoTrade = 'warming-up' | 'no-quote' | 'crossed' | 'weak-signal'

type StrategyState = {
  /** Signals seen and net orders sent (buys less sells) of each symbol. */
  readonly symbols: Map<string, { signals: number; netOrders: number }>
}

export const emptyStrategy = (): StrategyState => ({ symbols: new Map() })

/** An order, or the reason why there is none. The order id follows from `seq`, so that a repeated signal repeats the order. */
export function decide(
  state: StrategyState,
  settings: StrategyConfig,
  signal: Signal,
  seq: number,
): NewOrder | NoTrade {
  assert(seq >= 0, 'a signal was caused by a tick')
  const symbol = symbolOf(state, signal.symbol)
  symbol.signals += 1
  if (!signal.ready || symbol.signals <= settings.warmup) return 'warming-up'
  if (signal.bid <= 0 || signal.ask <= 0) return 'no-quote'
  if (signal.crossed || signal.bid >= signal.ask) return 'crossed'
  const score = signal.alpha - settings.inventoryAversion * symbol.netOrders
  if (Math.abs(score) < settings.threshold || score === 0) return 'weak-signal'
  const side: Side = score > 0 ? 'buy' : 'sell'
  symbol.netOrders += side === 'buy' ? 1 : -1
  return {
    kind: 'new',
    orderId: seq + 1,
    account: settings.account,
    symbol: signal.symbol,
    side,
    type: 'limit',
    timeInForce: settings.timeInForce,
    price: side === 'buy' ? signal.ask + settings.crossTicks : Math.max(1, signal.bid - settings.crossTicks),
    qty: settings.qty,
    bid: signal.bid,
    ask: signal.ask,
  }
}

function symbolOf(state: StrategyState, name: string): { signals: number; netOrders: number } {
  const known = state.symbols.get(name)
  if (known !== undefined) return known
  const added = { signals: 0, netOrders: 0 }
  state.symbols.set(name, added)
  return added
}
