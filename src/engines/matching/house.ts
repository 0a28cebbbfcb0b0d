import type { MatchingConfig } from './config.js'

type HouseSettings = MatchingConfig['house']

/** What the house does with one of its quotes: orders are posted and withdrawn by the venue. */
export type HouseDesk = {
  readonly leavesOf: (orderId: number) => number
  readonly withdraw: (orderId: number) => void
  /** Returns the id of the new order. */
  readonly post: (quote: { readonly side: 'buy' | 'sell'; readonly price: number; readonly qty: number }) => number
}

const noOrder = 0

/** The house maker in one symbol: never more than `levels` orders a side, around the quote that the last order carried. */
export class HouseMaker {
  readonly #settings: HouseSettings
  readonly #bidIds: number[]
  readonly #askIds: number[]
  #bid = 0
  #ask = 0

  constructor(settings: HouseSettings) {
    this.#settings = settings
    this.#bidIds = new Array<number>(settings.levels).fill(noOrder)
    this.#askIds = new Array<number>(settings.levels).fill(noOrder)
  }

  /** Follows the quote; where it did not move, posts anew only what was traded away. */
  quote(desk: HouseDesk, bid: number, ask: number): void {
    if (!this.#settings.enabled || bid < 1 || ask <= bid) return
    if (bid !== this.#bid || ask !== this.#ask) {
      this.#withdrawAll(desk, this.#bidIds)
      this.#withdrawAll(desk, this.#askIds)
      this.#bid = bid
      this.#ask = ask
    }
    for (let level = 0; level < this.#settings.levels; level += 1) {
      this.#keep(desk, this.#bidIds, { level, side: 'buy', price: bid - level })
      this.#keep(desk, this.#askIds, { level, side: 'sell', price: ask + level })
    }
  }

  #keep(
    desk: HouseDesk,
    ids: number[],
    quote: { readonly level: number; readonly side: 'buy' | 'sell'; readonly price: number },
  ): void {
    const id = ids[quote.level] ?? noOrder
    if (id !== noOrder && desk.leavesOf(id) > 0) return
    if (quote.price < 1) return
    const qty = Math.min(this.#settings.qty, Math.floor(Number.MAX_SAFE_INTEGER / quote.price))
    ids[quote.level] = desk.post({ side: quote.side, price: quote.price, qty })
  }

  #withdrawAll(desk: HouseDesk, ids: number[]): void {
    for (let level = 0; level < ids.length; level += 1) {
      const id = ids[level] ?? noOrder
      if (id !== noOrder && desk.leavesOf(id) > 0) desk.withdraw(id)
      ids[level] = noOrder
    }
  }
}
