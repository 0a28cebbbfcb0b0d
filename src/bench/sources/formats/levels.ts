import type { FileFacts, MarketRow } from './format.js'

// Feeds of price levels tell the quantity of a level, not its orders. A level becomes one order whose id follows from its
// side and price, so that level-2 and level-3 feeds rebuild the same book.

type Level = Pick<MarketRow, 'symbol' | 'side' | 'price' | 'qty' | 'exchangeMs' | 'timeMs'>
type At = Pick<MarketRow, 'exchangeMs' | 'timeMs'>

export class Levels {
  /** Of each symbol the quantities of its levels, by id. */
  readonly #known = new Map<string, Map<number, number>>()

  /** The row of a level that has a new quantity, or null where it is the removal of a level that is not known. */
  set(level: Level, facts: FileFacts): MarketRow | null {
    const levels = this.#of(level.symbol)
    const id = idOf(level)
    const isKnown = levels.has(id)
    if (level.qty === 0) {
      if (!isKnown) {
        facts.unknownIds += 1
        return null
      }
      levels.delete(id)
      return { ...level, action: 'deleted', orderId: id }
    }
    levels.set(id, level.qty)
    return { ...level, action: isKnown ? 'changed' : 'created', orderId: id }
  }

  /** The rows that empty the book of a symbol: a snapshot replaces all that was known. */
  clear(symbol: string, at: At): MarketRow[] {
    const levels = this.#of(symbol)
    const rows = [...levels.keys()].map((id) => {
      const side = id % 2 === 0 ? ('buy' as const) : ('sell' as const)
      const { exchangeMs, timeMs } = at
      return {
        symbol,
        action: 'deleted' as const,
        orderId: id,
        side,
        price: (id - (id % 2)) / 2,
        qty: 0,
        exchangeMs,
        timeMs,
      }
    })
    levels.clear()
    return rows
  }

  #of(symbol: string): Map<number, number> {
    const known = this.#known.get(symbol)
    if (known !== undefined) return known
    const made = new Map<number, number>()
    this.#known.set(symbol, made)
    return made
  }
}

const idOf = ({ price, side }: Level): number => price * 2 + (side === 'buy' ? 0 : 1)
