import { present } from '../../core/assert.js'
import type { ExecutionReport } from '../model/messages.js'
import type { EnhancedVpinFigures } from '../model/observer-messages.js'
import { ReportOrder } from '../model/report-order.js'
import { dailyVolumeOf } from '../quant/daily-volume.js'
import { EnhancedVpin } from '../quant/vpin.js'
import type { EnhancedVpinConfig } from './config.js'

// VPIN of each symbol by the true aggressor of every trade, in several sizes of bucket at once. How high a figure is depends on
// the size and on the symbol, so each is ranked in its own history; see quant/vpin.ts.
//
// The aggressor is the order whose command caused the reports of a message: that of the `final` one. Each of its fills has a
// second report, of the order that rested, which tells the same trade once more and is left out.
//
// Units: lots.
//
// Source: Easley, López de Prado and O'Hara, Flow toxicity and liquidity in a high-frequency world (2012).
// Known limits: figures of different sizes share their trades and are not independent; one venue, whose
// repeated reports change nothing.

/** What became of a report that finished no bucket; `resting` is the other side of a trade that counted. */
type Unfinished = 'traded' | 'resting' | 'noTrade' | 'repeated' | 'invalid' | 'overflow'

/** No order has it. */
const noOrder = Number.NaN

/** The order whose command caused these reports; one that no report bears where none of them is final. */
export function aggressorOf(reports: readonly ExecutionReport[]): number {
  for (const report of reports) if (report.final) return report.orderId
  return noOrder
}

type SymbolFlow = { readonly symbol: string; readonly bucketVolumes: readonly number[]; readonly vpin: EnhancedVpin }

export class AggressorVpin {
  readonly #settings: EnhancedVpinConfig
  readonly #symbols = new Map<string, SymbolFlow>()
  readonly #reports = new ReportOrder()

  constructor(settings: EnhancedVpinConfig) {
    this.#settings = settings
  }

  get symbolCount(): number {
    return this.#symbols.size
  }

  /**
   * The figures of its symbol where a report finished buckets of any size. Hot path: the component case `enhanced-vpin.report`
   * guards it.
   */
  report(report: ExecutionReport, aggressor: number): EnhancedVpinFigures | Unfinished {
    if (!this.#reports.advance(report)) return 'repeated'
    if (report.execType !== 'trade') return 'noTrade'
    if (report.orderId !== aggressor) return 'resting'
    if (!Number.isSafeInteger(report.lastQty) || report.lastQty < 1) return 'invalid'
    const flow = this.#symbols.get(report.symbol) ?? this.#open(report.symbol)
    if (flow === null) return 'overflow'
    const before = bucketCountOf(flow.vpin)
    flow.vpin.trade(report.lastQty, report.side)
    return bucketCountOf(flow.vpin) > before ? figuresOf(flow) : 'traded'
  }

  /** The current figures of each symbol, in the order of their first trades. */
  all(): EnhancedVpinFigures[] {
    return [...this.#symbols.values()].map(figuresOf)
  }

  #open(symbol: string): SymbolFlow | null {
    const { bucketsPerDay, buckets, historyMax, symbolsMax } = this.#settings
    if (this.#symbols.size >= symbolsMax) return null
    const dailyVolume = dailyVolumeOf(symbol, this.#settings)
    const bucketVolumes = bucketsPerDay.map((count) => dailyVolume / count)
    const flow: SymbolFlow = { symbol, bucketVolumes, vpin: new EnhancedVpin(bucketVolumes, { buckets, historyMax }) }
    this.#symbols.set(symbol, flow)
    return flow
  }
}

/** Of all sizes. */
function bucketCountOf({ sizes }: EnhancedVpin): number {
  let count = 0
  for (const { bucketCount } of sizes) count += bucketCount
  return count
}

function figuresOf({ symbol, bucketVolumes, vpin }: SymbolFlow): EnhancedVpinFigures {
  const sizes = vpin.sizes.map(({ bucketCount, value, percentileRank, historyCount }, index) => ({
    bucketVolume: present(bucketVolumes[index], 'every size has a volume'),
    bucketCount,
    ready: value !== undefined,
    vpin: value ?? null,
    percentileRank: percentileRank ?? null,
    historyCount,
  }))
  return { symbol, sizes }
}
