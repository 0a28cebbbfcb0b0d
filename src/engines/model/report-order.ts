/**
 * Tells the reports of one venue from their repeats: its execIds grow, so one that is not above all before it was told already.
 * The bus delivers at least once, and the venue answers a repeated command with its last report.
 */
export class ReportOrder {
  #lastExecId = Number.NEGATIVE_INFINITY

  /** True where the report is new, which makes it the last. */
  advance({ execId }: { readonly execId: number }): boolean {
    if (execId <= this.#lastExecId) return false
    this.#lastExecId = execId
    return true
  }
}
