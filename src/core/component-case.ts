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
  /** Called after each sample, outside its time: puts back what its calls, at most `callsPerSampleMax`, have changed. */
  readonly restore?: () => void
  readonly close?: () => void | Promise<void>
}

/** Calls between two calls of `restore`, so that a case knows how much its state must bear. */
export const callsPerSampleMax = 1000

/** What is known of a case without loading its code. */
export type ListedCase = {
  readonly name: string
  /** In the order of the case; one empty name for a case without variants. */
  readonly variants: readonly string[]
  readonly load: () => Promise<ComponentCase>
}

/** How a variant is called in profiles and reports: `risk.check.cached`, or the case alone where it has no variants. */
export const variantName = (name: string, variant: string): string => (variant === '' ? name : `${name}.${variant}`)
