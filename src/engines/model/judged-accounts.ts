import { houseAccount } from './messages.js'

/** The accounts that an engine looks at: those of its settings; where these name none, all but the market maker of the venue. */
export class JudgedAccounts {
  readonly #named: ReadonlySet<string>

  constructor(named: readonly string[]) {
    this.#named = new Set(named)
  }

  has(account: string): boolean {
    return this.#named.size === 0 ? account !== houseAccount : this.#named.has(account)
  }
}
