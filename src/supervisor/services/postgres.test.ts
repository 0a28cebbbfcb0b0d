import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { durationNs, nsPerSec } from '../../core/units.js'
import { serviceIn } from './service-fixture.js'

test('the cluster is made without segments in /dev/shm, which a KILL would leave there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nautilus-services-'))
  const store = await serviceIn(folder, { name: 'store', config: { kind: 'postgres' } })
  try {
    // Only what was given to initdb stands in the file; the server gets its settings as arguments.
    const written = await readFile(join(folder, 'store', 'data', 'postgresql.conf'), 'utf8')
    expect(written).toMatch(/^dynamic_shared_memory_type = mmap\b/m)
  } finally {
    await store.stop({ graceNs: durationNs(5 * nsPerSec), now: false })
    await rm(folder, { recursive: true, force: true })
  }
})
