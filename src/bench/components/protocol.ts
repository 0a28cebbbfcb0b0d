import type { DurationNs, InstantNs } from '../../core/units.js'

// What the process of a variant is asked, one question at a time, and what it answers.

export type Question =
  /** Loads the case, makes its state, and calls it for a while. */
  | { readonly kind: 'prepare'; readonly name: string; readonly variant: string; readonly warmupNs: DurationNs }
  /** Fixes how many calls a sample is the mean of, and measures what timing such a sample costs. */
  | { readonly kind: 'time'; readonly callsPerSample: number }
  | { readonly kind: 'slice'; readonly spanNs: DurationNs }
  /** Gives back what the case holds; the process is ended after its answer. */
  | { readonly kind: 'end' }

export type Answers = {
  readonly prepare: { readonly callNs: number; readonly clockNs: number }
  readonly time: { readonly overheadNs: number }
  readonly slice: { readonly startedAt: InstantNs; readonly samplesNs: Float64Array }
  readonly end: { readonly runQueueNs: number; readonly gcNs: number; readonly busyNs: number }
}

export type Told =
  | { readonly kind: 'answer'; readonly answer: Answers[keyof Answers] }
  | { readonly kind: 'refusal'; readonly message: string }
