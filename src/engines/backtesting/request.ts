import { z } from 'zod'
import { duration, share } from '../../core/fields.js'
import { settingsProblems } from '../kit/simulation.js'

// What a backtest is asked for, by HTTP or on the bus. Units are written as in profiles: 500us, 0.02%.

const source = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('generated'),
      symbols: z.int().min(1).max(10_000).default(60).describe('Symbols that are traded.'),
      seed: z.int().min(0).default(1).describe('Another seed is another market.'),
      burstiness: z
        .number()
        .min(0)
        .max(0.99)
        .default(0.6)
        .describe('Share of events on symbols that were just active.'),
    })
    .describe('Events of the seeded generator.'),
  z
    .strictObject({
      kind: z.literal('file'),
      file: z.string().min(1).max(1_000).describe('Its path from the `dataFolder` of the settings; unpacked.'),
      qtyDecimalsMax: z
        .int()
        .min(0)
        .max(12)
        .default(3)
        .describe(
          'Decimals of a quantity that are kept where the head of the file tells more: with all 8 of a crypto venue ten lots are worth nothing, and sums of ticks x lots pass 2^53.',
        ),
    })
    .describe('Events with times, as `nautilus data convert` and `generate` write them.'),
])

const latency = z.strictObject({
  marketData: duration.prefault('200us').describe('From the venue to the desk.'),
  hop: duration.prefault('20us').describe('From one engine to the next.'),
  order: duration.prefault('500us').describe('From the desk to the venue: the market may have moved by then.'),
  report: duration.prefault('200us').describe('From the venue back.'),
  jitter: z.number().min(0).max(2).default(0).describe('Standard deviation of the logarithm of each of them.'),
})

const fees = z.strictObject({
  taker: share.prefault('0%').describe('Of the notional of fills on arrival.'),
  maker: share.prefault('0%').describe('Of the notional of fills of orders that had rested.'),
})

export const backtestRequest = z
  .strictObject({
    source: source.prefault({ kind: 'generated' }).describe('What is replayed.'),
    events: z.int().min(1).default(100_000).describe('Market events that are replayed; a file may end before.'),
    engines: z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .default({})
      .describe('Settings of the engines of the pipeline by name, as in a profile.'),
    fees: fees.prefault({}).describe('What the venue takes.'),
    latency: latency.prefault({}).describe('How long messages are on their way.'),
    seed: z.int().min(0).default(1).describe('Of the jitter.'),
    sampleEvery: duration.prefault('1s').describe('Period of the profits that the Sharpe ratio is made of.'),
    tradingYear: duration.prefault('1638h').describe('Trading time of a year, to annualise it.'),
  })
  .check(({ value, issues }) => {
    if (value.sampleEvery === 0) {
      issues.push({ code: 'custom', message: 'must be above 0', path: ['sampleEvery'], input: value.sampleEvery })
    }
    for (const message of settingsProblems(value.engines))
      issues.push({ code: 'custom', message, input: value.engines })
  })
export type BacktestRequest = z.output<typeof backtestRequest>
/** As written: plain data that a thread can be given. */
export type WrittenRequest = z.input<typeof backtestRequest>
