import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { durationNs, nsPerSec } from '../../core/units.js'
import type { ServiceContext } from './context.js'
import { startPostgres } from './postgres.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-services-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

test('the cluster is made without segments in /dev/shm, which a KILL would leave there', async () => {
  const context: ServiceContext = {
    folder,
    logFolder: folder,
    systemId: 'a1b2c3',
    offline: true,
    stop: new AbortController().signal,
    progress: () => undefined,
    onSpawn: () => undefined,
  }
  const store = await startPostgres('store', { kind: 'postgres' }, context)
  try {
    // Only what was given to initdb stands in the file; the server gets its settings as arguments.
    const written = await readFile(join(folder, 'store', 'data', 'postgresql.conf'), 'utf8')
    expect(written).toMatch(/^dynamic_shared_memory_type = mmap\b/m)
  } finally {
    await store.stop({ graceNs: durationNs(5 * nsPerSec), now: false })
  }
})
