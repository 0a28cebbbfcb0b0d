import { enlarged } from '../../core/enlarged.js'
import type { MarketEvent } from '../../engines/model/messages.js'
import type { Source, SourceEvent } from './source.js'

/** One row of a file, checked. */
export type ReplayRow = {
  readonly action: MarketEvent['action']
  readonly orderId: number
  readonly side: MarketEvent['side']
  readonly price: number
  readonly qty: number
  readonly exchangeMs: number
  /** Milliseconds since any origin that all rows share, or null where the file has no times. Nanoseconds since 1970 would leave 2^53. */
  readonly timeMs: number | null
}

const actions = ['created', 'changed', 'deleted'] as const
const sellBit = 4
const noTime = -1

/** The events of a file in columns of 41 bytes an event, so that a file of millions fits where objects would not. */
export class EventColumns {
  count = 0
  #orderIds = new Float64Array(1024)
  #prices = new Int32Array(1024)
  #quantities = new Float64Array(1024)
  #kinds = new Uint8Array(1024)
  #exchangeMs = new Float64Array(1024)
  #atNs = new Float64Array(1024)

  /** `atNs` counts from the first event; null where the file has no times. */
  push(row: ReplayRow, atNs: number | null): void {
    if (this.count === this.#kinds.length) this.#grow()
    const index = this.count
    this.#orderIds[index] = row.orderId
    this.#prices[index] = row.price
    this.#quantities[index] = row.qty
    this.#kinds[index] = actions.indexOf(row.action) | (row.side === 'sell' ? sellBit : 0)
    this.#exchangeMs[index] = row.exchangeMs
    this.#atNs[index] = atNs ?? noTime
    this.count += 1
  }

  /** A source that gives the events once, in order. Hot path: once per event sent. */
  source(symbol: string, describe: string): Source {
    let index = 0
    return {
      countMax: this.count,
      describe,
      next: () => {
        if (index === this.count) return null
        index += 1
        return this.#at(index - 1, symbol)
      },
    }
  }

  #at(index: number, symbol: string): SourceEvent {
    const kind = this.#kinds[index] as number
    const atNs = this.#atNs[index] as number
    return {
      event: {
        symbol,
        action: actions[kind & (sellBit - 1)] ?? 'deleted',
        orderId: this.#orderIds[index] as number,
        side: (kind & sellBit) === 0 ? 'buy' : 'sell',
        price: this.#prices[index] as number,
        qty: this.#quantities[index] as number,
        exchangeMs: this.#exchangeMs[index] as number,
      },
      atNs: atNs === noTime ? null : atNs,
    }
  }

  #grow(): void {
    const length = this.#kinds.length * 2
    this.#orderIds = enlarged(new Float64Array(length), this.#orderIds)
    this.#prices = enlarged(new Int32Array(length), this.#prices)
    this.#quantities = enlarged(new Float64Array(length), this.#quantities)
    this.#kinds = enlarged(new Uint8Array(length), this.#kinds)
    this.#exchangeMs = enlarged(new Float64Array(length), this.#exchangeMs)
    this.#atNs = enlarged(new Float64Array(length), this.#atNs)
  }
}
