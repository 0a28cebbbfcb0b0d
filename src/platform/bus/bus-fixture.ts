import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { monotonicClock } from '../../core/clock.js'
import { bytes, durationNs, instantNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { adaptiveBatchConfig } from '../flow/config.js'
import { pause } from '../flow/deadline.js'
import type { RedisAddress, SharedMemoryAddress } from './config.js'
import type { Delivery, Envelope, Subscription, Transport } from './envelope.js'
import { sharedFolder } from './shared-memory/mapping.js'

// For tests of buses: envelopes by their seq, what a subscription got of them, waiting for a condition, and killing.

export const envelope = (seq: number, body: unknown = { seq }): Envelope => ({
  run: 'abcd',
  seq,
  intendedAt: instantNs(1_234_567_890_123),
  sentAt: monotonicClock.now(),
  stamps: [],
  body,
})

export const seqsOf = (delivery: Delivery): number[] =>
  delivery.messages.flatMap((message) => message.envelopes.map(({ seq }) => seq))

/** Collects what a subscription gets; acknowledges unless told not to. */
export async function collect(
  transport: Transport,
  subscription: Subscription,
  acknowledges = true,
): Promise<number[]> {
  const seqs: number[] = []
  await transport.subscribe(subscription, async (delivery) => {
    expect(delivery.receivedAt).toBeGreaterThanOrEqual(delivery.polledAt)
    seqs.push(...seqsOf(delivery))
    if (!acknowledges) return
    for (const message of delivery.messages) transport.acknowledge(subscription, message)
    await transport.flush()
  })
  return seqs
}

export async function until(holds: () => boolean | Promise<boolean>, secondsMax = 5): Promise<void> {
  const end = monotonicClock.now() + secondsMax * nsPerSec
  while (!(await holds())) {
    if (monotonicClock.now() > end) throw new Error(`the condition did not come to hold within ${secondsMax} s`)
    await pause(durationNs(nsPerMs))
  }
}

/** Resolves once it has ended, where it had not before. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

export const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index)

export async function send(transport: Transport, topic: string, seqs: readonly number[]): Promise<void> {
  for (const seq of seqs) transport.publish(topic, [envelope(seq)])
  await transport.flush()
}

/** Limits of a bus that gathers, as shipped but for `changes`. */
export function batchOf(changes: Partial<NonNullable<RedisAddress['batch']>>): NonNullable<RedisAddress['batch']> {
  const shipped = adaptiveBatchConfig.parse({})
  if (shipped === 'off') throw new Error('limits were asked for')
  return { ...shipped, urgent: [], ...changes }
}

let regions = 0

/** A bus in shared memory that no other test has. */
export const sharedMemory = (changes: Partial<SharedMemoryAddress> = {}): SharedMemoryAddress => ({
  kind: 'shared-memory',
  systemId: `test-${process.pid}-${regions++}`,
  regionBytes: bytes(8 * 1024 ** 2),
  wait: 'block',
  backlogMax: 100_000,
  ...changes,
})

/** As the guardian of a system does at its end. */
export const removeRegion = ({ systemId }: SharedMemoryAddress): void =>
  rmSync(join(sharedFolder, `nautilus-${systemId}`), { recursive: true, force: true })
