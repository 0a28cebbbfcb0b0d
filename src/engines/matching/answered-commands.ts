import type { ExecutionReport, OrderCommand } from '../model/messages.js'
import { RecentReports } from './recent-reports.js'

/** The final report of each command that changed something, so that a repeated delivery gets it again and changes nothing. */
export class AnsweredCommands {
  readonly #orders: RecentReports
  readonly #cancels: RecentReports
  readonly #replacements: RecentReports

  constructor(countMax: number) {
    this.#orders = new RecentReports(countMax)
    this.#cancels = new RecentReports(countMax)
    this.#replacements = new RecentReports(countMax)
  }

  /** What another account asks about an order is another command, and what became of the order none of its business. */
  find(command: OrderCommand): ExecutionReport | undefined {
    if (command.kind === 'new') return this.#orders.get(command.orderId)
    const known = (command.kind === 'cancel' ? this.#cancels : this.#replacements).get(command.orderId)
    if (known === undefined || known.account !== command.account) return undefined
    return command.kind === 'cancel' || command.revision <= known.revision ? known : undefined
  }

  /**
   * A refused replacement of an order that rests is kept too: told once that it failed, it must not succeed when it comes again.
   * One of an order that the venue does not know has changed nothing, and is refused anew.
   */
  keep(command: OrderCommand, final: ExecutionReport): void {
    if (command.kind === 'new') this.#orders.keep(final)
    else if (command.kind === 'replace' && final.ordStatus !== 'rejected') this.#replacements.keepLast(final)
    else if (final.execType === 'canceled') this.#cancels.keep(final)
  }
}
