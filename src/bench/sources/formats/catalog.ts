import { binance } from './binance.js'
import { bitstamp } from './bitstamp.js'
import { dbn } from './dbn.js'
import type { Format } from './format.js'
import { itch } from './itch.js'
import { lobster } from './lobster.js'
import { ndjson } from './ndjson.js'
import { tardis } from './tardis.js'

// The formats of market data by name, in the order in which a file is tried.

export const formats = { bitstamp, lobster, dbn, itch, tardis, binance, ndjson } as const satisfies Record<
  string,
  Format
>
export type FormatName = keyof typeof formats

export const formatNames = Object.keys(formats) as FormatName[]

/** The format of a file by its first bytes, or null. */
export const formatLike = (head: string): FormatName | null =>
  formatNames.find((name) => formats[name].isLike(head)) ?? null
