import { elapsed, type InstantNs, instantNs } from '../../core/units.js'
import type { ExecutionReport } from '../model/messages.js'
import type { VpinFigures } from '../model/observer-messages.js'
import { ReportOrder } from '../model/report-order.js'
import { BulkClassifier } from '../quant/bulk-classification.js'
import { dailyVolumeOf } from '../quant/daily-volume.js'
import { Vpin } from '../quant/vpin.js'
import type { VpinConfig } from './config.js'

// VPIN of each symbol by bulk classification: who was the aggressor is not asked, but guessed from the price of whole bars.
//
//   trade   a trade of the venue counts once, by the report of its buying side, whose side says nothing of the aggressor
//   bar     the trades of a symbol from its first one on for the time of the settings; its price is that of its last trade
//   share   Phi(change of price from the bar before / sigma) of its volume was bought; see quant/bulk-classification.ts
//   bucket  equal volume, filled by one bar after the other; see quant/vpin.ts
//
// Units: ticks and lots. Time is the intended instant of the tick behind a report, so that a busy engine changes no figure; it
// never runs back. Sigma is trailing: no figure knows what came later.
//
// Source: Easley, López de Prado and O'Hara, Flow toxicity and liquidity in a high-frequency world (2012).
// Known limits: a bar ends with the first trade after it, so that the last one of a quiet symbol waits; the first bar of a symbol
// has no change of price and fills nothing; bars without trades do not exist, so a change may span more time than its bar. One
// venue, whose repeated reports change nothing.

/** By custom a bucket is this part of an average day. */
const bucketsPerDay = 50

/** What became of a report that finished no bucket. */
type Unfinished = 'traded' | 'noTrade' | 'repeated' | 'invalid' | 'overflow'

export class BulkVpin {
  readonly #settings: VpinConfig
  readonly #symbols = new Map<string, SymbolFlow>()
  readonly #reports = new ReportOrder()
  #asOf = instantNs(0)

  constructor(settings: VpinConfig) {
    this.#settings = settings
  }

  get symbolCount(): number {
    return this.#symbols.size
  }

  /** The figures of its symbol where a report finished buckets. Hot path: the component case `vpin.report` guards it. */
  report(report: ExecutionReport, at: InstantNs): VpinFigures | Unfinished {
    if (at > this.#asOf) this.#asOf = at
    if (!this.#reports.advance(report)) return 'repeated'
    if (report.execType !== 'trade' || report.side !== 'buy') return 'noTrade'
    const { lastQty, lastPrice } = report
    if (!Number.isSafeInteger(lastQty) || lastQty < 1 || !Number.isSafeInteger(lastPrice)) return 'invalid'
    const flow = this.#symbols.get(report.symbol) ?? this.#open(report.symbol)
    if (flow === null) return 'overflow'
    return flow.trade(lastPrice, lastQty, this.#asOf) ? flow.figures() : 'traded'
  }

  /** The current figures of each symbol, in the order of their first trades. */
  all(): VpinFigures[] {
    return [...this.#symbols.values()].map((flow) => flow.figures())
  }

  #open(symbol: string): SymbolFlow | null {
    if (this.#symbols.size >= this.#settings.symbolsMax) return null
    const flow = new SymbolFlow(symbol, this.#settings)
    this.#symbols.set(symbol, flow)
    return flow
  }
}

class SymbolFlow {
  readonly #symbol: string
  readonly #settings: VpinConfig
  readonly #bucketVolume: number
  readonly #vpin: Vpin
  readonly #classifier: BulkClassifier
  /** Of the bar that is open: none is while its volume is 0. */
  #openedAt = instantNs(0)
  #volume = 0
  #close = 0

  constructor(symbol: string, settings: VpinConfig) {
    this.#symbol = symbol
    this.#settings = settings
    this.#bucketVolume = bucketVolumeOf(symbol, settings)
    // Figures are not ranked here, so that one of them is history enough.
    this.#vpin = new Vpin({ bucketVolume: this.#bucketVolume, buckets: settings.buckets, historyMax: 1 })
    this.#classifier = new BulkClassifier(settings.deviationBars)
  }

  /** True where the trade ended a bar, and that bar a bucket. */
  trade(price: number, lots: number, at: InstantNs): boolean {
    const ended = this.#volume > 0 && elapsed(this.#openedAt, at) >= this.#settings.bar
    const finished = ended && this.#endBar()
    if (this.#volume === 0) this.#openedAt = at
    this.#volume += lots
    this.#close = price
    return finished
  }

  figures(): VpinFigures {
    const { bucketCount, value } = this.#vpin
    return {
      symbol: this.#symbol,
      bucketVolume: this.#bucketVolume,
      bucketCount,
      ready: value !== undefined,
      vpin: value ?? null,
    }
  }

  #endBar(): boolean {
    const before = this.#vpin.bucketCount
    const buyShare = this.#classifier.classify(this.#close)
    if (buyShare !== undefined) this.#vpin.add(this.#volume, buyShare)
    this.#volume = 0
    return this.#vpin.bucketCount > before
  }
}

function bucketVolumeOf(symbol: string, settings: VpinConfig): number {
  const { bucketVolume } = settings
  return bucketVolume === 'daily' ? dailyVolumeOf(symbol, settings) / bucketsPerDay : bucketVolume
}
