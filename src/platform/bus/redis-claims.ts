import type { Redis } from 'ioredis'
import { type DurationNs, nsPerMs } from '../../core/units.js'

// What a member of a group took and never acknowledged is delivered again to a member of its name. Where none comes back, as
// of an engine that failed for good while its replicas live, the others take it over.
//
// Not by XAUTOCLAIM: that takes by the age of a message alone, so also what a living member, or the asker itself, still
// works on. First it is asked who has not been heard of.

const claimedMax = 128

type Membership = { readonly key: string; readonly group: string; readonly consumer: string }

/** Entries as XREADGROUP replies them, [[id, [field, payload]], ...], which are the asker's from now on. */
export async function claimFromDead(redis: Redis, member: Membership, deadAfterNs: DurationNs): Promise<unknown[]> {
  const { key, group, consumer } = member
  const deadAfterMs = Math.ceil(deadAfterNs / nsPerMs)
  const known: unknown = await redis.call('xinfo', ['CONSUMERS', key, group])
  const claimed: unknown[] = []
  for (const other of Array.isArray(known) ? known.map(factsOf) : []) {
    if (other.name === consumer || other.pending === 0 || other.idleMs < deadAfterMs) continue
    const range = [key, group, 'IDLE', deadAfterMs, '-', '+', claimedMax, other.name]
    const pending: unknown = await redis.call('xpending', range)
    const ids = Array.isArray(pending) ? pending.map((entry) => String(entry[0])) : []
    if (ids.length === 0) continue
    // A member that came back in the meantime has made its messages young again: those are left to it.
    const taken: unknown = await redis.callBuffer('xclaim', [key, group, consumer, deadAfterMs, ...ids])
    if (Array.isArray(taken)) claimed.push(...taken)
  }
  return claimed
}

/** One row of XINFO CONSUMERS: a flat list of names and values. */
function factsOf(row: unknown): { readonly name: string; readonly pending: number; readonly idleMs: number } {
  const facts = Array.isArray(row) ? row : []
  const of = (name: string): unknown => facts[facts.indexOf(name) + 1]
  return { name: String(of('name')), pending: Number(of('pending')), idleMs: Number(of('idle')) }
}
