import type { MessagePort } from 'node:worker_threads'
import type { DurationNs, InstantNs } from '../core/units.js'
import type { HandOver } from '../engines/catalog.js'
import type { Collected } from './collection.js'
import type { EndedInterval } from './ending-intervals.js'
import type { Ledger } from './ledger.js'
import type { Pacing } from './pacer.js'
import type { BenchPlan, SystemAccess } from './plan.js'
import type { Sent } from './sending.js'
import type { ComponentSnapshot } from './snapshot.js'
import type { FlushResult } from './store-check.js'
import type { DriverCounts } from './tally.js'
import type { ThreadHealth } from './thread-health.js'

// What the main thread, the sender and the collector say to each other.

export type SenderData = {
  readonly plan: BenchPlan
  readonly access: SystemAccess
  readonly pacing: Pacing
  readonly control: Int32Array<SharedArrayBuffer>
  /** Where ticks go that do not leave by the bus. */
  readonly port: MessagePort | null
  /** How long the window may become; null where it is as long as planned. */
  readonly windowNsMax: DurationNs | null
}

/** The plan of a load, once its source has been read. */
export type Prepared = {
  readonly ledger: Ledger
  readonly warmupCount: number
  readonly warmupNs: DurationNs
  /** As planned, and as long as it may become where it is extended. */
  readonly windowNs: DurationNs
  readonly windowNsMax: DurationNs
  readonly targetRatePerSec: number
  readonly source: string
  /** How the sender waits, in words. */
  readonly pacing: string
}

export type SenderQuestions = {
  readonly prepare: { readonly ask: null; readonly answer: Prepared }
  readonly send: {
    readonly ask: { readonly startAt: InstantNs }
    readonly answer: Sent & { readonly health: ThreadHealth }
  }
  readonly leave: { readonly ask: null; readonly answer: null }
}

export type CollectorData = {
  readonly plan: BenchPlan
  readonly access: SystemAccess
  readonly prepared: Prepared
  readonly port: MessagePort | null
  /** Engines to host in the collector's thread. */
  readonly inProcess: readonly HandOver[]
  /** Whether ticks are answered at once in place of engines, to calibrate an in-process bus. */
  readonly echo: boolean
  /** Whether intervals are told as soon as they have ended. */
  readonly tellsIntervals: boolean
}

export type CollectorQuestions = {
  readonly open: { readonly ask: null; readonly answer: null }
  readonly start: { readonly ask: { readonly startAt: InstantNs }; readonly answer: null }
  /** Answered as soon as so many ticks have an outcome, warm-up included. */
  readonly drain: { readonly ask: { readonly sentCount: number }; readonly answer: null }
  readonly close: {
    readonly ask: { readonly plannedCount: number }
    readonly answer: { readonly health: ThreadHealth }
  }
  readonly flush: { readonly ask: FlushRequest; readonly answer: FlushResult }
  readonly tally: { readonly ask: null; readonly answer: DriverCounts }
  readonly finish: { readonly ask: { readonly windowNs: number }; readonly answer: Collected }
  /** Stops the in-process engines. */
  readonly leave: { readonly ask: null; readonly answer: null }
}

export type FlushRequest = {
  /** Instances (`name#0`) that write to the store. */
  readonly writers: readonly string[]
  /** Instances that are only asked for their counters. */
  readonly others: readonly string[]
  readonly deadlineNs: DurationNs
}

export type DriverEvent =
  | { readonly kind: 'problem'; readonly name: string; readonly reason: string }
  | { readonly kind: 'progress'; readonly progress: Progress }

/** What the collector tells five times a second. */
export type Progress = {
  readonly settledCount: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly endToEnd: ComponentSnapshot
  readonly components: readonly ComponentSnapshot[]
  /** Intervals that have ended since it told last; none where nobody looks at a run that goes on. */
  readonly ended: readonly EndedInterval[]
  readonly duplicates: number
}
