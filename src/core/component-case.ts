// What a component benchmark measures: `cases.ts` beside the code it calls exports them, `bench --component` runs them.

/** One benchmarked function, or the variants of one idea: each is run interleaved with the others. */
export type ComponentCase = {
  /** Dotted, the folder first: `risk.check`, `breaker.call`. */
  readonly name: string
  readonly description: string
  /** By name; the first is the one that budgets without a variant speak of. A case without variants has one, `''`. */
  readonly variants: Readonly<Record<string, () => PreparedCase | Promise<PreparedCase>>>
}

export type PreparedCase = {
  /** Called once a sample, or many times where a call is faster than the clock; what it returns is kept from the optimiser. */
  readonly call: () => unknown
  /** For functions that return a promise: awaited, one at a time. */
  readonly isAsync?: boolean
  readonly close?: () => void | Promise<void>
}
