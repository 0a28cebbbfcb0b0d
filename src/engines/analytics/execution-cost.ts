import type { ExecutionCostFigures } from '../model/observer-messages.js'

/**
 * What trading itself cost, against the arrival price: the middle of the newest quote when the venue accepted the order.
 *
 *   slippage     sum of (price - arrival) x lots bought and (arrival - price) x lots sold: positive is worse than the arrival
 *   slippageBps  slippage / sum of arrival x lots x 10,000
 *
 * Fills of orders whose arrival is not known count in the turnover only.
 */
export class ExecutionCost {
  #turnover = 0
  #slippage = 0
  #arrivalNotional = 0

  /** `lots` below zero are sold. */
  add(lots: number, price: number, arrival: number | null): void {
    this.#turnover += Math.abs(lots) * price
    if (arrival === null) return
    this.#slippage += (price - arrival) * lots
    this.#arrivalNotional += arrival * Math.abs(lots)
  }

  figures(): ExecutionCostFigures {
    const slippageBps = this.#arrivalNotional === 0 ? 0 : (this.#slippage / this.#arrivalNotional) * 10_000
    return { turnover: this.#turnover, slippage: this.#slippage, slippageBps }
  }
}
