import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import { eventually } from '../../supervisor/child-fixture.js'
import type { TargetClient } from './client.js'
import type { ClientContext } from './client-plan.js'

// Drives a client as a worker does, without pacing: tests see what each slot was told.

type Told = { readonly slot: number; readonly failure: string | null; readonly order: readonly string[] }

export type Driven = {
  readonly client: TargetClient
  /** In the order in which they ended. */
  readonly ended: readonly Told[]
  /** Messages that answered nobody. */
  readonly unassigned: readonly string[]
  /** Waits until so many have ended. */
  readonly untilEnded: (count: number) => Promise<readonly Told[]>
  /** What a slot under way was told. */
  readonly ordersOf: (slot: number) => readonly string[]
  readonly send: (slot: number, seq: number) => void
}

const slotCount = 64

export function drive(create: (context: ClientContext) => TargetClient, connections = 2): Driven {
  const ended: Told[] = []
  const unassigned: string[] = []
  const orders: string[][] = Array.from({ length: slotCount }, () => [])
  const told = (slot: number, word: string): string[] => {
    const order = orders[slot] ?? []
    order.push(word)
    return order
  }
  const client = create({
    sink: {
      sent: (slot) => void told(slot, 'sent'),
      firstByte: (slot) => void told(slot, 'firstByte'),
      done: (slot, _, failure) => {
        ended.push({ slot, failure, order: [...told(slot, 'done')] })
        orders[slot] = []
      },
      unassigned: (what) => void unassigned.push(what),
    },
    ...{ clock: monotonicClock, loop: 'open' },
    ...{ slotCount, connections, timeoutNs: durationNs(5 * nsPerSec), seed: 1, workerIndex: 0, workerCount: 1 },
  })
  return {
    client,
    ended,
    unassigned,
    ordersOf: (slot) => orders[slot] ?? [],
    send: (slot, seq) => {
      client.send(slot, seq)
      client.flush?.()
    },
    untilEnded: async (count) => {
      await eventually(
        () => `${count} requests end, ${ended.length} have`,
        () => ended.length >= count,
        20_000,
      )
      return ended
    },
  }
}
