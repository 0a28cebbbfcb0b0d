import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { durationNs, instantNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { backoff } from './backoff.js'
import { emptyBatch, offer, take, takeDue, untilDue } from './batcher.js'
import { BoundedQueue } from './bounded-queue.js'
import { admits, afterEvent, type BreakerEvent, type BreakerState, closedBreaker } from './breaker.js'
import { batchConfig, breakerConfig, pacingConfig } from './config.js'
import { pause, within } from './deadline.js'
import { fullBucket, takeToken, untilToken } from './token-bucket.js'

const breakerLimits = { failures: 5, openFor: durationNs(60 * nsPerSec), trials: 3 }
const open: BreakerState = { kind: 'open', until: instantNs(60 * nsPerSec) }
const after = (state: BreakerState, events: readonly BreakerEvent[], atSec: number): BreakerState =>
  events.reduce((now, event) => afterEvent(now, event, instantNs(atSec * nsPerSec), breakerLimits), state)

test.each<{ name: string; from: BreakerState; events: BreakerEvent[]; atSec: number; to: string; admits: boolean }>([
  {
    name: 'four failures keep it closed',
    from: closedBreaker,
    events: four('failed'),
    atSec: 0,
    to: 'closed',
    admits: true,
  },
  {
    name: 'five consecutive failures open it',
    from: closedBreaker,
    events: [...four('failed'), 'failed'],
    atSec: 0,
    to: 'open',
    admits: false,
  },
  {
    name: 'a success between starts the count anew',
    from: closedBreaker,
    events: [...four('failed'), 'succeeded', ...four('failed')],
    atSec: 0,
    to: 'closed',
    admits: true,
  },
  { name: 'open refuses before its time', from: open, events: ['admitted'], atSec: 59, to: 'open', admits: false },
  {
    name: 'open lets trials through after 60 s',
    from: open,
    events: ['admitted'],
    atSec: 60,
    to: 'halfOpen',
    admits: true,
  },
  {
    name: 'a fourth trial is refused',
    from: open,
    events: ['admitted', 'admitted', 'admitted'],
    atSec: 60,
    to: 'halfOpen',
    admits: false,
  },
  {
    name: 'three good trials close it',
    from: open,
    events: ['admitted', 'succeeded', 'admitted', 'succeeded', 'admitted', 'succeeded'],
    atSec: 60,
    to: 'closed',
    admits: true,
  },
  {
    name: 'one failed trial opens it again',
    from: open,
    events: ['admitted', 'succeeded', 'admitted', 'failed'],
    atSec: 60,
    to: 'open',
    admits: false,
  },
  {
    name: 'late answers do not move an open breaker',
    from: open,
    events: ['succeeded', 'failed'],
    atSec: 1,
    to: 'open',
    admits: false,
  },
])('breaker: $name', ({ from, events, atSec, to, admits: admitted }) => {
  const state = after(from, events, atSec)
  expect(state.kind).toBe(to)
  expect(admits(state, instantNs(atSec * nsPerSec), breakerLimits)).toBe(admitted)
})

test('breaker: trials that never report are forgotten after another openFor', () => {
  const hung = after(open, ['admitted', 'admitted', 'admitted'], 60)
  expect(admits(hung, instantNs(119 * nsPerSec), breakerLimits)).toBe(false)
  expect(admits(hung, instantNs(120 * nsPerSec), breakerLimits)).toBe(true)
  expect(after(hung, ['admitted'], 120)).toMatchObject({ kind: 'halfOpen', admitted: 1 })
})

const batching = { window: durationNs(1_000), ordersMax: 3 }
test.each([
  { name: 'holds while there is room and time', atNs: [0, 10], sent: [0, 0] },
  { name: 'flushes when full', atNs: [0, 10, 20], sent: [0, 0, 3] },
  { name: 'flushes when the window has passed', atNs: [0, 1_000], sent: [0, 2] },
  { name: 'starts the window anew after a flush', atNs: [0, 1_000, 1_100, 1_900], sent: [0, 2, 0, 0] },
])('batcher: $name', ({ atNs, sent }) => {
  const batch = emptyBatch<number>()
  expect(atNs.map((at) => offer(batch, at, instantNs(at), batching).length)).toEqual(sent)
})

test('batcher: due batches are taken at their time and a drain takes all', () => {
  const batch = emptyBatch<string>()
  expect(untilDue(batch, instantNs(0), batching)).toBeNull()
  offer(batch, 'a', instantNs(100), batching)
  expect(untilDue(batch, instantNs(400), batching)).toBe(700)
  expect(takeDue(batch, instantNs(1_099), batching)).toEqual([])
  expect(takeDue(batch, instantNs(1_100), batching)).toEqual(['a'])
  offer(batch, 'b', instantNs(1_200), batching)
  expect(take(batch)).toEqual(['b'])
  expect(batch).toEqual({ items: [], openedAt: null })
})

test('token bucket: admits the burst, then the rate, and waits exactly as long as it says', () => {
  const limits = { rate: 300, burst: 2 }
  const bucket = fullBucket(limits, instantNs(0))
  expect([0, 0, 0].map((at) => takeToken(bucket, instantNs(at), limits))).toEqual([true, true, false])
  let at = 0
  for (let index = 0; index < 1_000; index += 1) {
    const wait = untilToken(bucket, instantNs(at), limits)
    expect(wait).toBeGreaterThan(0)
    at += wait
    expect(takeToken(bucket, instantNs(at), limits)).toBe(true)
  }
  expect(at / nsPerSec).toBeCloseTo(1_000 / 300, 4)
})

test('token bucket: never holds more than the burst and ignores a clock that steps back', () => {
  const limits = { rate: 1_000, burst: 5 }
  const bucket = fullBucket(limits, instantNs(nsPerSec))
  untilToken(bucket, instantNs(100 * nsPerSec), limits)
  expect(bucket.tokens).toBe(5)
  for (let index = 0; index < 5; index += 1) takeToken(bucket, instantNs(0), limits)
  expect(takeToken(bucket, instantNs(0), limits)).toBe(false)
})

test('bounded queue: keeps order through growth and wrap, refuses and counts what is too much', () => {
  const queue = new BoundedQueue<number>(40)
  const out: number[] = []
  let next = 0
  for (let round = 0; round < 30; round += 1) {
    for (let index = 0; index < 7; index += 1) if (queue.length < 40) queue.push(next++)
    out.push(...queue.take(5))
  }
  out.push(...queue.take(1_000))
  expect(out).toEqual(Array.from({ length: next }, (_, index) => index))
  const full = new BoundedQueue<number>(2)
  expect([full.push(1), full.push(2), full.push(3), full.overflowed, full.peek()]).toEqual([true, true, false, 1, 1])
})

test('backoff doubles up to its longest, within the jitter', () => {
  const limits = { first: durationNs(200 * nsPerMs), longest: durationNs(10 * nsPerSec), jitterShare: 0.2 }
  const random = new Random(1)
  const waits = [0, 1, 2, 10, 1_000].map((attempt) => backoff(attempt, limits, random.float()) / nsPerMs)
  const bases = [200, 400, 800, 10_000, 10_000]
  for (const [index, base] of bases.entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(base * 0.8)
    expect(waits[index]).toBeLessThanOrEqual(base * 1.2)
  }
})

test('a deadline rejects what does not come, and passes on what does', async () => {
  const never = new Promise<number>(() => undefined)
  const late = (): Error => new Error('late')
  await expect(within(never, durationNs(5 * nsPerMs), late)).rejects.toThrow('late')
  await expect(within(Promise.resolve(7), durationNs(5 * nsPerMs), late)).resolves.toBe(7)
  await expect(within(Promise.reject(new Error('own')), durationNs(nsPerMs), late)).rejects.toThrow('own')
  await expect(within(pause(durationNs(nsPerMs)), durationNs(nsPerSec), late)).resolves.toBeUndefined()
})

test('configs have the defaults of the specification, and batching and pacing can be off', () => {
  expect(batchConfig.parse(undefined)).toEqual({ window: 10 * nsPerMs, ordersMax: 50 })
  expect(batchConfig.parse('off')).toBe('off')
  expect(breakerConfig.parse(undefined)).toEqual({ failures: 5, openFor: 60 * nsPerSec, trials: 3 })
  expect(pacingConfig.parse(undefined)).toBe('off')
  expect(pacingConfig.parse({ rate: '500/s' })).toEqual({ rate: 500, burst: 100 })
})

function four(event: BreakerEvent): BreakerEvent[] {
  return [event, event, event, event]
}
