import type { ComponentCase, PreparedCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { durationNs, type InstantNs, instantNs, later, nsPerSec, nsPerUs } from '../../core/units.js'
import { Lru } from './lru.js'

const seed = 20_261_120
const lookups = 1 << 16

/** UP6: the two levels in memory. Keys are asked for as a skewed workload does, nine in ten lookups hit. */
export const lruGet: ComponentCase = {
  name: 'lru.get',
  description: 'Look up a key in a full cache of 1,000 or 10,000 entries; a miss is put in.',
  variants: { 'entries-1000': () => lookup(1_000), 'entries-10000': () => lookup(10_000) },
}

function lookup(entriesMax: number): PreparedCase {
  const cache = new Lru<string, { readonly price: number }>({ entriesMax, ttl: durationNs(300 * nsPerSec) })
  const random = Random.stream(seed, 'lru')
  let now: InstantNs = instantNs(0)
  for (let index = 0; index < entriesMax; index += 1) cache.set(keyOf(index), { price: index }, now)
  // Most lookups go to few keys; a tenth goes to keys that the cache has no room for.
  const keys = Array.from({ length: lookups }, () =>
    keyOf(Math.floor(random.float() < 0.9 ? entriesMax * random.float() ** 2 : entriesMax * (1 + random.float()))),
  )
  const value = { price: 0 }
  let next = 0
  return {
    call: () => {
      now = later(now, durationNs(nsPerUs))
      const key = keys[next % lookups] ?? ''
      next += 1
      const found = cache.get(key, now)
      if (found === undefined) cache.set(key, value, now)
      return found
    },
  }
}

const keyOf = (index: number): string => `quote:${index}`
