import type { InstantNs } from './units.js'

/** Where time comes from. Pure parts take instants as arguments; shells take a clock, so that tests can hold it still. */
export type Clock = { readonly now: () => InstantNs }

/**
 * CLOCK_MONOTONIC in nanoseconds: the same clock in every process of the host, which makes stamps comparable.
 * Costs 35-40 ns a read, the array of `process.hrtime` included; the bigint form costs twice that.
 */
export const monotonicClock: Clock = {
  now: () => {
    const [seconds, nanoseconds] = process.hrtime()
    return (seconds * 1e9 + nanoseconds) as InstantNs
  },
}

/** Wall-clock time: for the names of runs and for what people read, never for a measurement. */
export const wallClockIso = (): string => new Date().toISOString()
