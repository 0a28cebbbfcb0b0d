import { type Contract, MarginModel } from '../quant/collateral.js'
import { type FutureOption, futureRiskArray, optionDelta, optionRiskArray, scenarioCount } from '../quant/risk-array.js'
import type { CollateralConfig, ContractTerms } from './config.js'

// The symbols that are marked, those among them that were traded as contracts, and the margin model over these. Risk arrays are of
// the newest marks: a range is a share of the mark. They and the model are made anew when they are asked for, not on each tick.

/** What is known of the price of a symbol. */
type Market = {
  mark: number
  /** False while the mark is the price of a fill. */
  quoted: boolean
}

type Listed = {
  readonly terms: ContractTerms
  readonly contract: { -readonly [Key in keyof Contract]: Contract[Key] }
  /** The mark of its risk array; 0 before there was one. */
  valuedAt: number
}

export class ContractTable {
  readonly #settings: CollateralConfig
  readonly #terms: ReadonlyMap<string, ContractTerms>
  readonly #markets = new Map<string, Market>()
  /** Their places are in the order in which they were first traded. */
  readonly #listed: Listed[] = []
  readonly #places = new Map<string, number>()
  readonly #commodities = new Map<string, number>()
  #model: MarginModel | null = null

  constructor(settings: CollateralConfig) {
    this.#settings = settings
    this.#terms = new Map(settings.contracts.map((terms) => [terms.symbol, terms]))
    for (const { name } of settings.commodities) this.#commodityOf(name)
    for (const { commodity, against } of settings.spreads)
      for (const name of [commodity, against]) this.#commodityOf(name)
  }

  get count(): number {
    return this.#listed.length
  }

  /** Takes in a price; false where there are too many symbols. That of a fill only stands in for a quote. */
  mark(symbol: string, price: number, source: 'quote' | 'fill'): boolean {
    const market = this.#markets.get(symbol)
    if (market === undefined) {
      if (this.#markets.size >= this.#settings.symbolsMax) return false
      this.#markets.set(symbol, { mark: price, quoted: source === 'quote' })
    } else if (source === 'quote' || !market.quoted) {
      market.mark = price
      market.quoted = source === 'quote'
    }
    return true
  }

  /** The place of a contract among all that were traded, where it was. */
  find(symbol: string): number | undefined {
    return this.#places.get(symbol)
  }

  /** The same; one that is new comes last. */
  placeOf(symbol: string): number {
    const known = this.#places.get(symbol)
    if (known !== undefined) return known
    const terms = this.#terms.get(symbol) ?? { symbol, commodity: symbol, expiry: 'none', inDelivery: false }
    const place = this.#listed.length
    this.#places.set(symbol, place)
    this.#listed.push({
      terms,
      contract: {
        commodity: this.#commodityOf(terms.commodity),
        expiry: terms.expiry,
        kind: terms.option === undefined ? 'future' : 'option',
        inDelivery: terms.inDelivery,
        delta: terms.option === undefined ? 1 : 0,
        riskArray: new Float64Array(scenarioCount),
      },
      valuedAt: 0,
    })
    this.#model = null
    return place
  }

  /** False of an option whose underlying has had no price yet: nothing is known of its risk. */
  isValued(place: number): boolean {
    return (this.#listed[place]?.valuedAt ?? 0) > 0
  }

  /** The margin model at the newest marks, which the next mark leaves behind. */
  model(): MarginModel {
    for (const listed of this.#listed) this.#value(listed)
    this.#model ??= new MarginModel({
      commodities: this.#commodityRules(),
      contracts: this.#listed.map(({ contract }) => contract),
      spreads: this.#settings.spreads.map(({ commodity, deltas, against, againstDeltas, creditRate }) => ({
        legs: [
          { commodity: this.#commodityOf(commodity), deltas },
          { commodity: this.#commodityOf(against), deltas: -againstDeltas },
        ],
        creditRate,
      })),
    })
    return this.#model
  }

  /** In place: the model reads risk arrays and deltas whenever it is asked. */
  #value(listed: Listed): void {
    const { terms, contract } = listed
    const price = this.#markets.get(terms.option?.underlying ?? terms.symbol)?.mark ?? 0
    if (price === listed.valuedAt) return
    listed.valuedAt = price
    const range = (terms.priceRange ?? this.#settings.priceRange) * price
    if (terms.option === undefined) {
      contract.riskArray.set(futureRiskArray(range))
      return
    }
    const { kind, strike, yearsToExpiry, volatilityPerYear, volatilityRange } = terms.option
    const option: FutureOption = { kind, price, strike, yearsToExpiry, volatilityPerYear }
    contract.riskArray.set(optionRiskArray(option, { price: range, volatilityPerYear: volatilityRange }))
    contract.delta = optionDelta(option)
  }

  #commodityOf(name: string): number {
    const known = this.#commodities.get(name)
    if (known !== undefined) return known
    const place = this.#commodities.size
    this.#commodities.set(name, place)
    return place
  }

  #commodityRules() {
    const configured = new Map(this.#settings.commodities.map((commodity) => [commodity.name, commodity]))
    const free = { calendarCharge: 0, deliveryCharge: 0, shortOptionMin: 0 }
    return [...this.#commodities.keys()].map((name) => configured.get(name) ?? free)
  }
}
