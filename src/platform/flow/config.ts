import { z } from 'zod'
import { duration, rate } from '../../core/fields.js'

const batchLimits = z.strictObject({
  window: duration
    .prefault('10ms')
    .describe('Longest time that an item waits for its batch to fill.')
    .meta({ tune: { min: '100us', max: '50ms', scale: 'log' } }),
  ordersMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(50)
    .describe('A batch is sent as soon as it holds this many orders.')
    .meta({ tune: { min: 1, max: 500, scale: 'log' } }),
})
export const batchConfig = z
  .union([z.literal('off'), batchLimits])
  .prefault({})
  .describe('Orders leave in batches: fewer calls for a wait of at most `window`. `off` sends each at once.')
export type BatchConfig = z.output<typeof batchConfig>

export const pacingConfig = z
  .union([
    z.literal('off'),
    z.strictObject({
      rate: rate.describe('Calls admitted per second in the long run.').meta({ tune: { min: 100, max: 10_000 } }),
      burst: z.int().min(1).max(1_000_000).default(100).describe('Calls that may go at once after a quiet time.'),
    }),
  ])
  .prefault('off')
  .describe('Token bucket in front of the venue: what comes faster than `rate` waits for its turn.')
export type PacingConfig = z.output<typeof pacingConfig>

export const breakerConfig = z
  .strictObject({
    failures: z.int().min(1).max(10_000).default(5).describe('Consecutive failures that open the breaker.'),
    openFor: duration.prefault('60s').describe('Time an open breaker refuses calls before it lets trials through.'),
    trials: z.int().min(1).max(1_000).default(3).describe('Trial calls that must all succeed before it closes again.'),
  })
  .prefault({})
  .describe('Circuit breaker: after repeated failures calls are refused at once instead of waiting to fail.')

export const adaptiveBatchConfig = z
  .union([
    z.literal('off'),
    z.strictObject({
      window: duration
        .prefault('500us')
        .describe(
          'Longest time that a message waits for others while the bus still works on those before; a timer adds up to 2 ms.',
        )
        .meta({ tune: { min: '100us', max: '5ms', scale: 'log' } }),
      messagesMax: z
        .int()
        .min(1)
        .max(10_000)
        .default(100)
        .describe('Messages that leave at once as soon as so many wait.')
        .meta({ tune: { min: 10, max: 1_000, scale: 'log' } }),
      steps: z
        .array(
          z.strictObject({
            above: rate.describe('Messages per second of this process above which the step applies.'),
            messages: z.int().min(1).max(10_000).describe('Messages that then leave as soon as so many wait.'),
          }),
        )
        .superRefine((steps, context) => {
          for (const [index, { above }] of steps.entries()) {
            const before = steps[index - 1]?.above ?? -1
            if (above > before) continue
            const message = `must be above the ${before}/s of the step before it`
            context.addIssue({ code: 'custom', message, path: [index, 'above'] })
          }
        })
        .prefault([
          { above: '100/s', messages: 20 },
          { above: '1000/s', messages: 50 },
        ])
        .describe('Fewer than `messagesMax` by the rate, rising; the last that applies counts.'),
    }),
  ])
  .prefault('off')
  .describe(
    'Messages of one process gather while the bus works on those before, and leave together: fewer writes for a wait of at most `window`.',
  )
