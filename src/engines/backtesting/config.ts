import { z } from 'zod'
import { duration } from '../../core/fields.js'

export const backtestingConfig = z.strictObject({
  threads: z
    .int()
    .min(1)
    .max(8)
    .default(1)
    .describe('Backtests that run at one time, each in a thread of its own; more of them take more cores.'),
  queueMax: z.int().min(1).max(1_000).default(16).describe('Backtests that may wait; a further one is refused.'),
  keepMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('Backtests that are kept when they have ended; the oldest go.'),
  eventsMax: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(10_000_000)
    .describe('Market events that one backtest may replay; a request for more is refused.'),
  timeLimit: duration.prefault('10m').describe('A backtest that has not ended by then is failed.'),
  tradesMax: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(1_000)
    .describe('Trades that a result lists, the first ones; its figures and its hash cover all of them.'),
  dataFolder: z
    .string()
    .min(1)
    .default('.')
    .describe('Folder of the files that may be replayed, from where nautilus runs; no other file is read.'),
  publishEvery: duration.prefault('1s').describe('Time between messages with the progress of a backtest.'),
})
export type BacktestingConfig = z.output<typeof backtestingConfig>
