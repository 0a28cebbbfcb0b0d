import { nsPerMs } from '../core/units.js'
import { formatCount, formatDuration, formatShare, noFigure } from './format.js'
import type { dataComparisonId, dataFileId, dataInfoId } from './schema-ids.js'
import { textTable } from './text-table.js'

// What `nautilus data` prints. Pure.

export type SymbolFigures = {
  readonly symbol: string
  readonly events: number
  readonly liveOrders: number
  readonly bidOrders: number
  readonly askOrders: number
  readonly bidLevels: number
  readonly askLevels: number
  /** Decimal; null where the side is empty. */
  readonly bestBid: string | null
  readonly bestAsk: string | null
}

export type MarketDataInfo = {
  readonly schema: typeof dataInfoId
  readonly file: string
  readonly format: string
  readonly priceDecimals: number
  readonly qtyDecimals: number
  readonly events: number
  readonly byAction: { readonly created: number; readonly changed: number; readonly deleted: number }
  readonly clock: 'epoch' | 'midnight' | 'relative'
  /** Milliseconds on that clock; null where the file has no times. */
  readonly firstMs: number | null
  readonly spanNs: number | null
  /** `total` has also those of formats whose events name no action for them. */
  readonly unknown: { readonly total: number; readonly changed: number; readonly deleted: number }
  /** New orders with the id of a live one. */
  readonly duplicates: number
  readonly ignored: Readonly<Record<string, number>>
  readonly gaps: number
  readonly firstGapAt: string | null
  /** Of the events, those after which the book of their symbol is crossed or locked. */
  readonly crossedShare: number
  /** Largest number of orders that were live at once in one book. */
  readonly liveOrdersMax: number
  readonly symbolCount: number
  /** Symbols beyond the number of books that are rebuilt. */
  readonly symbolsWithoutBook: number
  readonly symbols: readonly SymbolFigures[]
  /** Where a book file was given: rows of it whose best prices and quantities are those of the rebuilt book. */
  readonly book: BookAgreement | null
}

export type BookAgreement = {
  readonly rows: number
  readonly agreed: number
  /** The first row that differs, with what was found in both; null where none does. */
  readonly firstDifference: string | null
}

const symbolsShown = 10

export function marketDataText(info: MarketDataInfo): string {
  const { byAction, unknown } = info
  const decimals = `prices with ${info.priceDecimals} decimals, quantities with ${info.qtyDecimals}`
  const kinds = (['created', 'changed', 'deleted'] as const).map((kind) => `${formatCount(byAction[kind])} ${kind}`)
  const told = unknown.changed + unknown.deleted
  const parts = told > 0 ? ` (${formatCount(unknown.changed)} changed, ${formatCount(unknown.deleted)} deleted)` : ''
  const facts = [
    ['events', `${formatCount(info.events)}: ${kinds.join(', ')}`],
    ['times', timesOf(info)],
    ['unknown ids', `${formatCount(unknown.total)}${parts}${unknown.total > 0 ? ', left out' : ''}`],
    ...(info.duplicates > 0 ? [['duplicate ids', `${formatCount(info.duplicates)}, left out`]] : []),
    ...Object.entries(info.ignored).map(([what, count]) => ['ignored', `${formatCount(count)} ${what}`]),
    ['gaps', info.gaps === 0 ? '0' : `${formatCount(info.gaps)}, the first at ${info.firstGapAt}`],
    ['crossed', `${formatShare(info.crossedShare)} of the events leave their book crossed or locked`],
    ['live orders', `at most ${formatCount(info.liveOrdersMax)} in one book`],
    ...(info.book === null ? [] : [['book file', agreementOf(info.book)]]),
  ]
  const lines = [`${info.file}  ${info.format}  ${decimals}`, ...textTable(facts), '', ...booksOf(info)]
  return `${lines.join('\n')}\n`
}

function timesOf({ clock, firstMs, spanNs }: MarketDataInfo): string {
  if (firstMs === null || spanNs === null) return 'none'
  const lasting = `over ${formatDuration(spanNs)}`
  if (clock === 'relative') return lasting
  const at = (ms: number) => {
    const iso = new Date(Math.floor(ms)).toISOString()
    return clock === 'epoch' ? iso : iso.slice(11, -1)
  }
  return `${at(firstMs)} to ${at(firstMs + spanNs / nsPerMs)}, ${lasting}`
}

function agreementOf({ rows, agreed, firstDifference }: BookAgreement): string {
  const counts = `best prices and quantities agree in ${formatCount(agreed)} of ${formatCount(rows)} rows`
  return firstDifference === null ? counts : `${counts}; first not: ${firstDifference}`
}

function booksOf({ symbols, symbolCount, symbolsWithoutBook }: MarketDataInfo): string[] {
  const head = ['symbol', 'events', 'live', 'bid', 'ask', 'levels', 'best bid', 'best ask']
  const rows = symbols
    .slice(0, symbolsShown)
    .map((symbol) => [
      symbol.symbol,
      formatCount(symbol.events),
      formatCount(symbol.liveOrders),
      formatCount(symbol.bidOrders),
      formatCount(symbol.askOrders),
      `${formatCount(symbol.bidLevels)}/${formatCount(symbol.askLevels)}`,
      symbol.bestBid ?? noFigure,
      symbol.bestAsk ?? noFigure,
    ])
  const hidden = symbolCount - Math.min(symbols.length, symbolsShown)
  return [
    ...textTable([head, ...rows], (column) => column > 0),
    ...(hidden > 0 ? [`and ${formatCount(hidden)} symbols more; --symbol NAME shows one, --json all with a book`] : []),
    ...(symbolsWithoutBook > 0 ? [`${formatCount(symbolsWithoutBook)} symbols were counted without a book`] : []),
  ]
}

export type MarketDataComparison = {
  readonly schema: typeof dataComparisonId
  readonly statistic: 'Kolmogorov-Smirnov distance'
  readonly a: string
  readonly b: string
  readonly distances: readonly {
    readonly name: 'interArrival' | 'spread' | 'size'
    readonly distance: number | null
    readonly countA: number
    readonly countB: number
  }[]
  readonly cancelRatio: { readonly a: number | null; readonly b: number | null }
}

const distanceWords = {
  interArrival: 'time between events of a symbol, in means',
  spread: 'spread of a book that is not crossed, in medians',
  size: 'size of new orders, in medians',
} as const

export function comparisonText({ a, b, statistic, distances, cancelRatio }: MarketDataComparison): string {
  const rows = distances.map(({ name, distance, countA, countB }) => [
    distanceWords[name],
    distance === null ? noFigure : distance.toFixed(3),
    formatCount(countA),
    formatCount(countB),
  ])
  const share = (value: number | null) => (value === null ? noFigure : formatShare(value))
  const lines = [
    `A ${a}`,
    `B ${b}`,
    ...textTable([['', 'distance', 'n of A', 'n of B'], ...rows], (column) => column > 0),
    `orders deleted without a change before: ${share(cancelRatio.a)} of A, ${share(cancelRatio.b)} of B`,
    `${statistic}: 0 for the same shape, 1 for shapes that share nothing.`,
  ]
  return `${lines.join('\n')}\n`
}

export type WrittenMarketData = {
  readonly schema: typeof dataFileId
  readonly file: string
  readonly events: number
  readonly symbols: number
  /** Null where only a book would find them: then their events are written like all others. */
  readonly unknownIds: number | null
  readonly gaps: number
  readonly ignored: Readonly<Record<string, number>>
}

export function writtenText({ file, events, symbols, unknownIds, gaps, ignored }: WrittenMarketData): string {
  const left = [
    ...(unknownIds !== null && unknownIds > 0 ? [`${formatCount(unknownIds)} of unknown ids`] : []),
    ...Object.entries(ignored).map(([what, count]) => `${formatCount(count)} ${what}`),
  ]
  return [
    `${file}  ${formatCount(events)} events of ${formatCount(symbols)} ${symbols === 1 ? 'symbol' : 'symbols'}\n`,
    left.length > 0 ? `left out: ${left.join(', ')}\n` : '',
    unknownIds === null ? 'unknown ids: not counted, and written like all; `nautilus data info` counts them\n' : '',
    gaps > 0 ? `gaps in the chain of updates: ${formatCount(gaps)}\n` : '',
  ].join('')
}
