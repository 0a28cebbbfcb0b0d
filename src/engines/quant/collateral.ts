import { assert } from '../../core/assert.js'
import { at } from './columns.js'
import { scenarioCount } from './risk-array.js'

// Margin in the manner of SPAN. The positions of a commodity are held against sixteen scenarios, and against what those do not see:
//
//   requirement = max(scan + calendar charge + delivery charge - inter-commodity credit, short-option minimum)
//
//   scan        the worst loss over the scenarios, all expiries moving together
//   calendar    for each long delta of one expiry that stands against a short one of another: they do not move together
//   delivery    for each contract in its delivery period
//   credit      part of the scan risk, where deltas of two commodities stand against each other
//   minimum     for each option sold: far from the money the scenarios see nothing
//
// Scan risk is subadditive. The requirement is not where a calendar charge exceeds the scan risk of the two contracts: then two
// accounts may owe less than one that holds the positions of both.

export type Commodity = {
  /** Money for each delta that is spread over two expiries. */
  readonly calendarCharge: number
  /** Money for each contract in delivery. */
  readonly deliveryCharge: number
  /** Money for each option sold. */
  readonly shortOptionMin: number
}

export type Contract = {
  /** Its place in the list of commodities. */
  readonly commodity: number
  /** Of any form: contracts with the same one move as one. */
  readonly expiry: string
  readonly kind: 'future' | 'option'
  readonly inDelivery: boolean
  /** In futures: 1 for a future, and that of an option. */
  readonly delta: number
  /** Loss of one contract held long in each scenario; see `risk-array.ts`. */
  readonly riskArray: Float64Array
}

/** One spread takes `deltas` of each leg; legs of opposite sign are held on opposite sides. */
type InterCommoditySpread = {
  readonly legs: readonly [SpreadLeg, SpreadLeg]
  /** Share of the scan risk of the deltas taken that is given back, at most 1. */
  readonly creditRate: number
}

type SpreadLeg = { readonly commodity: number; readonly deltas: number }

export type MarginRules = {
  readonly commodities: readonly Commodity[]
  readonly contracts: readonly Contract[]
  /** Deltas are given to the first spread first; one serves once. */
  readonly spreads: readonly InterCommoditySpread[]
}

/** What the last call of `requirement` found, by commodity. */
type MarginParts = {
  readonly scan: Float64Array
  readonly calendar: Float64Array
  readonly delivery: Float64Array
  readonly credit: Float64Array
  readonly shortOptionMin: Float64Array
  readonly requirement: Float64Array
}

/** Rules made ready for many portfolios. Owns its buffers. */
export class MarginModel {
  readonly #rules: MarginRules
  /** Of each contract its expiry; a row of the table is a commodity and an expiry. */
  readonly #expiries: Int32Array
  readonly #expiryCommodities: Int32Array
  readonly #expiryDeltas: Float64Array
  readonly #losses: Float64Array
  readonly #deltas: Float64Array
  readonly #deltasLeft: Float64Array
  readonly parts: MarginParts

  constructor(rules: MarginRules) {
    const { commodities, contracts } = rules
    checkRules(rules)
    const keys = contracts.map(({ commodity, expiry }) => `${commodity} ${expiry}`)
    const rows = [...new Set(keys)]
    this.#rules = rules
    this.#expiries = Int32Array.from(keys, (key) => rows.indexOf(key))
    this.#expiryCommodities = Int32Array.from(rows, (row) => contracts[keys.indexOf(row)]?.commodity ?? 0)
    this.#expiryDeltas = new Float64Array(rows.length)
    this.#losses = new Float64Array(commodities.length * scenarioCount)
    const column = (): Float64Array => new Float64Array(commodities.length)
    this.#deltas = column()
    this.#deltasLeft = column()
    this.parts = {
      scan: column(),
      calendar: column(),
      delivery: column(),
      credit: column(),
      shortOptionMin: column(),
      requirement: column(),
    }
  }

  /**
   * What a portfolio must have as collateral: `quantities` holds contracts in the order of the rules, negative where sold. Hot
   * path: no allocation; guarded by the component case `collateral.requirement`.
   */
  requirement(quantities: Float64Array): number {
    assert(quantities.length === this.#rules.contracts.length, 'every contract has a quantity')
    const { scan, calendar, delivery, credit, shortOptionMin, requirement } = this.parts
    this.#gather(quantities)
    this.#scan()
    this.#chargeCalendar()
    this.#creditSpreads()
    let total = 0
    for (let index = 0; index < requirement.length; index += 1) {
      const charged = at(scan, index) + at(calendar, index) + at(delivery, index) - at(credit, index)
      requirement[index] = Math.max(charged, at(shortOptionMin, index))
      total += at(requirement, index)
    }
    assert(Number.isFinite(total), 'every quantity is a finite number')
    return total
  }

  #gather(quantities: Float64Array): void {
    const { commodities, contracts } = this.#rules
    const { delivery, shortOptionMin } = this.parts
    const losses = this.#losses
    for (const sums of [this.#losses, this.#deltas, this.#expiryDeltas, delivery, shortOptionMin]) sums.fill(0)
    for (let index = 0; index < contracts.length; index += 1) {
      const quantity = at(quantities, index)
      if (quantity === 0) continue
      const contract = contracts[index] as Contract
      const { commodity, riskArray } = contract
      const from = commodity * scenarioCount
      for (let scenario = 0; scenario < scenarioCount; scenario += 1) {
        losses[from + scenario] = at(losses, from + scenario) + quantity * at(riskArray, scenario)
      }
      const row = this.#expiries[index] ?? 0
      this.#deltas[commodity] = at(this.#deltas, commodity) + quantity * contract.delta
      this.#expiryDeltas[row] = at(this.#expiryDeltas, row) + quantity * contract.delta
      const { deliveryCharge, shortOptionMin: minimum } = commodities[commodity] as Commodity
      if (contract.inDelivery) delivery[commodity] = at(delivery, commodity) + Math.abs(quantity) * deliveryCharge
      if (contract.kind === 'option' && quantity < 0) {
        shortOptionMin[commodity] = at(shortOptionMin, commodity) - quantity * minimum
      }
    }
  }

  #scan(): void {
    const { scan } = this.parts
    for (let index = 0; index < scan.length; index += 1) {
      let worst = 0
      for (let scenario = 0; scenario < scenarioCount; scenario += 1) {
        worst = Math.max(worst, at(this.#losses, index * scenarioCount + scenario))
      }
      scan[index] = worst
    }
  }

  /** The deltas of all expiries of one sign less their net are those that stand against others: the smaller of both sums. */
  #chargeCalendar(): void {
    const { calendar } = this.parts
    calendar.fill(0)
    for (let row = 0; row < this.#expiryDeltas.length; row += 1) {
      const commodity = this.#expiryCommodities[row] ?? 0
      calendar[commodity] = at(calendar, commodity) + Math.abs(at(this.#expiryDeltas, row))
    }
    for (let index = 0; index < calendar.length; index += 1) {
      const { calendarCharge } = this.#rules.commodities[index] as Commodity
      calendar[index] = Math.max(0, (at(calendar, index) - Math.abs(at(this.#deltas, index))) / 2) * calendarCharge
    }
  }

  #creditSpreads(): void {
    const { credit } = this.parts
    credit.fill(0)
    this.#deltasLeft.set(this.#deltas)
    for (const { legs, creditRate } of this.#rules.spreads) {
      const left = at(this.#deltasLeft, legs[0].commodity) / legs[0].deltas
      const right = at(this.#deltasLeft, legs[1].commodity) / legs[1].deltas
      if (left * right <= 0) continue
      const count = Math.abs(left) < Math.abs(right) ? left : right
      this.#take(legs[0], count, creditRate)
      this.#take(legs[1], count, creditRate)
    }
  }

  #take({ commodity, deltas }: SpreadLeg, count: number, creditRate: number): void {
    const { credit, scan } = this.parts
    const taken = count * deltas
    const riskPerDelta = at(scan, commodity) / Math.abs(at(this.#deltas, commodity))
    credit[commodity] = at(credit, commodity) + creditRate * Math.abs(taken) * riskPerDelta
    this.#deltasLeft[commodity] = at(this.#deltasLeft, commodity) - taken
  }
}

function checkRules({ commodities, contracts, spreads }: MarginRules): void {
  const isListed = (commodity: number): boolean => commodities[commodity] !== undefined
  for (const { calendarCharge, deliveryCharge, shortOptionMin } of commodities) {
    assert(calendarCharge >= 0 && deliveryCharge >= 0 && shortOptionMin >= 0, 'a charge is not negative')
  }
  for (const { commodity, riskArray, delta } of contracts) {
    assert(isListed(commodity), 'the commodity of a contract is listed')
    assert(riskArray.length === scenarioCount && Number.isFinite(delta), 'a contract has a risk array and a delta')
  }
  for (const { legs, creditRate } of spreads) {
    assert(creditRate >= 0 && creditRate <= 1, 'a credit rate lies between 0 and 1')
    assert(legs[0].commodity !== legs[1].commodity, 'a spread is of two commodities')
    assert(
      legs.every(({ commodity, deltas }) => isListed(commodity) && deltas !== 0),
      'a leg takes deltas of a listed commodity',
    )
  }
}

type CollateralAsset = {
  readonly marketValue: number
  /** Share of the value that is not counted. */
  readonly haircut: number
  /** The same for its currency: 0 for that of the requirement. */
  readonly currencyHaircut: number
}

/** Sum of market values after both haircuts. */
export function collateralValue(assets: readonly CollateralAsset[]): number {
  let sum = 0
  for (const { marketValue, haircut, currencyHaircut } of assets) {
    assert(marketValue >= 0 && Number.isFinite(marketValue), 'what is owed is not collateral')
    assert(haircut >= 0 && haircut <= 1, 'a haircut lies between 0 and 1')
    assert(currencyHaircut >= 0 && currencyHaircut <= 1, 'a haircut lies between 0 and 1')
    sum += marketValue * (1 - haircut) * (1 - currencyHaircut)
  }
  return sum
}

/** How much must be brought in: zero where the collateral covers the requirement. */
export const marginCall = (value: number, requirement: number): number => Math.max(0, requirement - value)
