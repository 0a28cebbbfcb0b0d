// What is kept of earlier runs of a profile on one class of machine.

/** The followed figures of one earlier run, by the names of results/metrics.ts. */
export type HistoryEntry = {
  readonly id: string
  readonly startedAt: string
  readonly commit: string | null
  readonly metrics: Readonly<Record<string, number>>
  /** Standard error of ln(metric) within the run, of latency metrics. */
  readonly withinError: Readonly<Record<string, number>>
  readonly fidelity: 'valid' | 'degraded'
}

/** Earlier whole runs of one profile with one load on one class of machine, oldest first. */
export type ProfileHistory = {
  readonly profileName: string
  readonly machineClass: string
  readonly entries: readonly HistoryEntry[]
}
