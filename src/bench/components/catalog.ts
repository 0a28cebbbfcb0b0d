import { present } from '../../core/assert.js'
import type { ComponentCase, ListedCase } from '../../core/component-case.js'
import { engineCases } from '../../engines/catalog.js'

// Every component benchmark that ships. A case stands beside what it measures; adding one is adding it there and a line here
// or in the catalog of the engines.

const platformCases: readonly ListedCase[] = [
  {
    name: 'breaker.call',
    variants: [''],
    load: async () => (await import('../../platform/flow/cases.js')).breakerCall,
  },
  {
    name: 'token-bucket.take',
    variants: ['admitted', 'refused'],
    load: async () => (await import('../../platform/flow/cases.js')).tokenBucketTake,
  },
  {
    name: 'batcher.offer',
    variants: [''],
    load: async () => (await import('../../platform/flow/cases.js')).batcherOffer,
  },
  {
    name: 'telemetry.time',
    variants: [''],
    load: async () => (await import('../../platform/telemetry/cases.js')).telemetryTime,
  },
  {
    name: 'lru.get',
    variants: ['entries-1000', 'entries-10000'],
    load: async () => (await import('../../platform/cache/cases.js')).lruGet,
  },
  {
    name: 'envelope.encode',
    variants: ['msgpack', 'json'],
    load: async () => (await import('../../platform/bus/cases.js')).envelopeEncode,
  },
  {
    name: 'envelope.decode',
    variants: ['msgpack', 'json'],
    load: async () => (await import('../../platform/bus/cases.js')).envelopeDecode,
  },
  {
    name: 'codec.turn-1k',
    variants: ['msgpack', 'json', 'frame'],
    load: async () => (await import('../../platform/bus/cases.js')).codecTurnSmall,
  },
  {
    name: 'codec.turn-10k',
    variants: ['msgpack', 'json', 'frame'],
    load: async () => (await import('../../platform/bus/cases.js')).codecTurnMiddle,
  },
  {
    name: 'codec.turn-100k',
    variants: ['msgpack', 'json', 'frame'],
    load: async () => (await import('../../platform/bus/cases.js')).codecTurnLarge,
  },
]

export const listedCases: readonly ListedCase[] = [...engineCases, ...platformCases]

export async function loadCase(name: string): Promise<ComponentCase> {
  const listed = present(
    listedCases.find((candidate) => candidate.name === name),
    'a case is looked up before it is loaded',
  )
  return listed.load()
}
