import type { Side } from '../model/messages.js'

export type Position = {
  readonly account: string
  readonly symbol: string
  /** Lots bought less lots sold. */
  qty: number
  /** Sum of price * lots bought less that of lots sold; a long run leaves 2^53, so it is a bigint. */
  notional: bigint
  changed: boolean
}

/** Positions of all accounts in one symbol. Each trade adds to one what it takes from another: they sum to zero. */
export class SymbolPositions {
  readonly #symbol: string
  readonly #byAccount = new Map<string, Position>()
  readonly #changed: Position[]

  /** `changed` collects, over all symbols, what is to be written. */
  constructor(symbol: string, changed: Position[]) {
    this.#symbol = symbol
    this.#changed = changed
  }

  trade(account: string, side: Side, qty: number, notional: number): void {
    let position = this.#byAccount.get(account)
    if (position === undefined) {
      position = { account, symbol: this.#symbol, qty: 0, notional: 0n, changed: false }
      this.#byAccount.set(account, position)
    }
    position.qty += side === 'buy' ? qty : -qty
    position.notional += BigInt(side === 'buy' ? notional : -notional)
    if (position.changed) return
    position.changed = true
    this.#changed.push(position)
  }

  all(): readonly Position[] {
    return [...this.#byAccount.values()]
  }
}
