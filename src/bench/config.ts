import { z } from 'zod'
import { duration, rate } from '../core/fields.js'
import { targetConfig } from './target/config.js'

// `load` in YAML: what is sent, when, and for how long.

const sourceConfig = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('generated'),
      symbols: z
        .int()
        .min(7)
        .max(1000)
        .default(60)
        .describe('Instruments; the cross-section of the signals has this many rows.'),
      burstiness: z
        .number()
        .min(0)
        .max(1)
        .default(0.6)
        .describe('0 spreads events evenly over symbols; nearer to 1 they cluster.'),
    }),
    z.strictObject({
      kind: z.literal('replay'),
      file: z
        .string()
        .describe('File to replay, relative to the profile; what is packed with gzip is unpacked while reading.'),
      format: z
        .enum(['bitstamp', 'lobster', 'ndjson'])
        .describe(
          'What the rows are. `bitstamp`: header `id,timestamp,exchange.timestamp,price,volume,action,direction`, times in ms, price with at most 2 decimals, whole volume, `created`, `changed` or `deleted`, `bid` or `ask`. `lobster`: a message file, without header. `ndjson`: `{"action":"created","orderId":1,"side":"buy","price":3000000,"qty":5,"atMs":0}`, price in ticks, quantity in lots; without `atMs` no recorded times; `nautilus data convert` writes it from other formats, with a first line that tells ticks and lots.',
        ),
      symbol: z.string().default('BTC-USD').describe('Name of the one instrument that the file holds.'),
      symbols: z
        .int()
        .min(7)
        .max(1000)
        .default(60)
        .describe('Instruments in all: the generator supplies the others and the history.'),
    }),
  ])
  .prefault({ kind: 'generated' })

const arrivalsConfig = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), rate: rate.describe('Requests per second at equal distances.') }),
  z.strictObject({
    kind: z.literal('poisson'),
    rate: rate.describe('Requests per second; independent arrivals, exact in their count.'),
  }),
  z.strictObject({
    kind: z.literal('ramp'),
    from: rate.describe('Requests per second at the start of the window, and of the warm-up.'),
    to: rate.describe('Requests per second at its end; between them the rate changes evenly.'),
  }),
  z.strictObject({
    kind: z.literal('steps'),
    phases: z
      .array(
        z.strictObject({
          name: z.string().describe('Name of the phase in the result.'),
          rate: rate.describe('Requests per second at equal distances.'),
          duration: duration.describe('Length of the phase; all together last as long as `load.duration`.'),
        }),
      )
      .min(1)
      .max(100)
      .describe('Parts of the window, one after the other.'),
  }),
  z.strictObject({
    kind: z.literal('recorded'),
    speed: z.number().positive().max(100_000).default(1).describe('The recorded times, this many times as fast.'),
    file: z
      .string()
      .optional()
      .describe(
        'Of a plain target: a file with the milliseconds of one request a line, ascending, such as epoch times.',
      ),
  }),
  z.strictObject({
    kind: z.literal('closed'),
    users: z
      .int()
      .min(1)
      .max(10_000)
      .describe('Each sends its next request when its last was answered: throughput, but no response times.'),
  }),
])

export const loadConfig = z.strictObject({
  scenario: z
    .enum(['pipeline', 'orders', 'http', 'websocket', 'redis', 'postgres', 'bus', 'fan-out', 'function', 'component'])
    .describe(
      '`pipeline` sends market events; `orders` posts orders to the gateway; `component` sends nothing, for a profile of `components` alone; any other drives what `target` describes.',
    ),
  source: sourceConfig.describe('What is sent.'),
  arrivals: arrivalsConfig.describe('When it is sent: an absolute schedule that never waits for answers.'),
  target: targetConfig.optional().describe('What a scenario other than `pipeline` and `orders` drives.'),
  seed: z.int().min(0).default(20_261_120).describe('Seed of schedule and source; the same seed gives the same load.'),
  warmup: duration
    .prefault('5s')
    .describe(
      'Load before the measured window, its rate rising to the full one by half-time; counted in the store, not in the result.',
    ),
  duration: duration.prefault('30s').describe('Length of the measured window.'),
  timeout: duration.prefault('1s').describe('A tick answered later than this counts as timed out.'),
  drain: duration.prefault('5s').describe('Wait for outcomes after the last send; what has none then is lost.'),
  connections: z.int().min(1).max(1000).default(16).describe('Connections of a scenario that opens its own.'),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Threads that drive a plain target: more send faster than one core can, and take a core each.'),
})
/** Whether a scenario drives a target by its protocol, and not one of the shipped systems. */
export const isPlain = (scenario: LoadConfig['scenario']): boolean =>
  scenario !== 'pipeline' && scenario !== 'orders' && scenario !== 'component'

/** What a profile without `load` has: nothing is sent, only its components are measured. */
export const noLoad = { scenario: 'component', arrivals: { kind: 'constant', rate: '1/s' } } as const

/** What one request of a scenario is called. */
export function unitOf(scenario: LoadConfig['scenario']): string {
  if (scenario === 'pipeline') return 'ticks'
  if (scenario === 'orders') return 'orders'
  return scenario === 'function' || scenario === 'component' ? 'calls' : 'requests'
}

export type LoadConfig = z.output<typeof loadConfig>
export type ArrivalsConfig = LoadConfig['arrivals']
export type SourceConfig = LoadConfig['source']
