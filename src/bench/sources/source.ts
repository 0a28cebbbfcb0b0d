import type { MarketEvent } from '../../engines/model/messages.js'

export type SourceEvent<Event = MarketEvent> = {
  readonly event: Event
  /** Nanoseconds after the beginning of the source, or null where a file tells no times. */
  readonly atNs: number | null
}

/** What is sent, one event a call. */
export type Source<Event = MarketEvent> = {
  /** The next event, or null where the source has ended. */
  next(): SourceEvent<Event> | null
  /** Events in all, or null where there is no end. */
  readonly countMax: number | null
  /** One line for reports. */
  readonly describe: string
}

export type SourceSymbol = { readonly symbol: string; readonly priceDecimals: number; readonly qtyDecimals: number }

export type OpenedSource<Event = MarketEvent> = {
  /** What comes before the measured window: always generated, never taken from a replayed file. */
  readonly warmup: Source<Event>
  readonly measured: Source<Event>
  readonly symbols: readonly SourceSymbol[]
  /** One line for reports. */
  readonly description: string
}
