import { JudgedAccounts } from '../model/judged-accounts.js'
import type { ExecutionReport, Tick } from '../model/messages.js'
import type { AccountCollateral } from '../model/observer-messages.js'
import { ReportOrder } from '../model/report-order.js'
import { collateralValue, type MarginModel, marginCall } from '../quant/collateral.js'
import type { CollateralConfig } from './config.js'
import { ContractTable } from './contract-table.js'

// What each account owes as margin for its positions and what it has brought in for it.
//
//   positions    from execution reports: lots bought less lots sold
//   marks        the middle of the newest quote with both sides that is not crossed; the last fill where there was none yet
//   requirement  over sixteen scenarios around the marks, with charges and credits; see quant/collateral.ts
//   collateral   sum of market value x (1 - haircut) x (1 - currency haircut) over the assets of the settings
//   excess       collateral - requirement; what is missing below zero is called
//
// Units: lots, ticks, and ticks x lots for all that is money. The venue is the source: a repeated report changes nothing; see
// model/report-order.ts.
//
// Source: CME, "Standard Portfolio Analysis of Risk" (1988). Known limits: profits and losses are settled elsewhere and are no
// collateral here, nor are premiums; assets keep their value; options do not age; a requirement is the sum over commodities, which
// is money only where their ticks and lots are alike; an engine that starts in the middle of a run knows what came since.

/** What became of a report. Only `applied` changes a position. */
type Applied = 'applied' | 'noFill' | 'otherAccount' | 'repeated' | 'invalid' | 'overflow'

type Account = {
  readonly name: string
  readonly collateral: number
  /** Lots by the place of the contract. */
  readonly quantities: Map<number, number>
  told: AccountCollateral | null
}

export class CollateralBook {
  readonly #settings: CollateralConfig
  readonly #judged: JudgedAccounts
  readonly #contracts: ContractTable
  readonly #accounts = new Map<string, Account>()
  #positionCount = 0
  #moved: boolean
  readonly #reports = new ReportOrder()

  constructor(settings: CollateralConfig) {
    this.#settings = settings
    this.#judged = new JudgedAccounts(settings.accounts)
    this.#contracts = new ContractTable(settings)
    for (const { account } of settings.assets) this.#account(account)
    this.#moved = this.#accounts.size > 0
  }

  get positionCount(): number {
    return this.#positionCount
  }

  /** False while nothing came in that could change a figure since the last call of `takeChanged`. */
  get mayHaveChanged(): boolean {
    return this.#moved
  }

  /** Takes in one report. Hot path: the component case `collateral.update` guards it together with the marks. */
  apply(report: ExecutionReport): Applied {
    if (!this.#reports.advance(report)) return 'repeated'
    if (report.execType !== 'trade') return 'noFill'
    if (!this.#judged.has(report.account)) return 'otherAccount'
    const { symbol, lastQty, lastPrice } = report
    if (!Number.isSafeInteger(lastQty) || lastQty < 1) return 'invalid'
    if (!Number.isSafeInteger(lastPrice) || lastPrice < 1) return 'invalid'
    if (this.#positionCount >= this.#settings.positionsMax && !this.#holds(report)) return 'overflow'
    if (!this.#contracts.mark(symbol, lastPrice, 'fill')) return 'overflow'
    const { quantities } = this.#account(report.account)
    const place = this.#contracts.placeOf(symbol)
    const held = quantities.get(place)
    if (held === undefined) this.#positionCount += 1
    quantities.set(place, (held ?? 0) + (report.side === 'buy' ? lastQty : -lastQty))
    this.#moved = true
    return 'applied'
  }

  /** Takes in the mark of a tick, in O(1). */
  mark(tick: Tick): 'marked' | 'unquoted' | 'overflow' {
    if (tick.bid <= 0 || tick.ask <= tick.bid) return 'unquoted'
    if (!this.#contracts.mark(tick.symbol, (tick.bid + tick.ask) / 2, 'quote')) return 'overflow'
    if (this.#positionCount > 0) this.#moved = true
    return 'marked'
  }

  /** Goes through all accounts and contracts. */
  accounts(): AccountCollateral[] {
    const model = this.#contracts.model()
    const quantities = new Float64Array(this.#contracts.count)
    return [...this.#accounts.values()].map((account) => this.#figuresOf(account, model, quantities))
  }

  /** Accounts whose figures are not those that were told last. */
  takeChanged(): AccountCollateral[] {
    this.#moved = false
    return this.accounts().filter((figures) => {
      const account = this.#account(figures.account)
      if (account.told !== null && isSame(account.told, figures)) return false
      account.told = figures
      return true
    })
  }

  #figuresOf({ name, collateral, quantities: held }: Account, model: MarginModel, quantities: Float64Array) {
    quantities.fill(0)
    let unvalued = 0
    for (const [place, qty] of held) {
      quantities[place] = qty
      if (qty !== 0 && !this.#contracts.isValued(place)) unvalued += 1
    }
    const requirement = model.requirement(quantities)
    const { scan, calendar, delivery, credit, shortOptionMin } = model.parts
    const figures: AccountCollateral = {
      account: name,
      scan: sumOf(scan),
      charges: sumOf(calendar) + sumOf(delivery),
      credit: sumOf(credit),
      shortOptionMin: sumOf(shortOptionMin),
      requirement,
      collateral,
      excess: collateral - requirement,
      marginCall: marginCall(collateral, requirement),
      unvalued,
    }
    return figures
  }

  #holds({ account, symbol }: ExecutionReport): boolean {
    const place = this.#contracts.find(symbol)
    return place !== undefined && this.#accounts.get(account)?.quantities.has(place) === true
  }

  #account(name: string): Account {
    const known = this.#accounts.get(name)
    if (known !== undefined) return known
    const collateral = collateralValue(this.#settings.assets.filter(({ account }) => account === name))
    const account: Account = { name, collateral, quantities: new Map(), told: null }
    this.#accounts.set(name, account)
    return account
  }
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)

function isSame(told: AccountCollateral, figures: AccountCollateral): boolean {
  return (
    told.requirement === figures.requirement &&
    told.scan === figures.scan &&
    told.charges === figures.charges &&
    told.credit === figures.credit &&
    told.shortOptionMin === figures.shortOptionMin &&
    told.unvalued === figures.unvalued
  )
}
