import { z } from 'zod'
import { duration, share } from '../../core/fields.js'
import { settingsProblems } from '../kit/simulation.js'

// What a backtest is asked for, by HTTP or on the bus. Units are written as in profiles: 500us, 0.02%.

const source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('generated'),
    symbols: z.int().min(1).max(10_000).default(60),
    seed: z.int().min(0).default(1),
    burstiness: z.number().min(0).max(0.99).default(0.6),
  }),
  /** Events as `nautilus data convert` and `generate` write them, from the folder of the settings. */
  z.strictObject({ kind: z.literal('file'), file: z.string().min(1).max(1_000) }),
])

export const backtestRequest = z
  .strictObject({
    source: source.prefault({ kind: 'generated' }),
    /** Market events that are replayed; a file may end before. */
    events: z.int().min(1).default(100_000),
    /** Settings of the engines of the pipeline, as in a profile. */
    engines: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
    /** Shares of the notional: of fills on arrival, and of fills of orders that rested. */
    fees: z.strictObject({ taker: share.prefault('0%'), maker: share.prefault('0%') }).prefault({}),
    latency: z
      .strictObject({
        /** From the venue to the desk. */
        marketData: duration.prefault('200us'),
        /** From one engine to the next. */
        hop: duration.prefault('20us'),
        /** From the desk to the venue. */
        order: duration.prefault('500us'),
        /** From the venue back. */
        report: duration.prefault('200us'),
        /** Standard deviation of the logarithm of each of them. */
        jitter: z.number().min(0).max(2).default(0),
      })
      .prefault({}),
    /** Of the jitter. */
    seed: z.int().min(0).default(1),
    /** Period of the profits that the Sharpe ratio is made of, and the trading time of a year. */
    sampleEvery: duration.prefault('1s'),
    tradingYear: duration.prefault('1638h'),
  })
  .check(({ value, issues }) => {
    for (const message of settingsProblems(value.engines))
      issues.push({ code: 'custom', message, input: value.engines })
  })
export type BacktestRequest = z.output<typeof backtestRequest>
/** As written: plain data that a thread can be given. */
export type WrittenRequest = z.input<typeof backtestRequest>
