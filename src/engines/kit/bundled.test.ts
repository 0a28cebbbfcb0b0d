import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeCacheVariable, handOverVariable, notifyVariable } from '../../core/child-variables.js'
import { distFile } from '../../core/paths.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import { within } from '../../platform/flow/deadline.js'
import type { RunningService } from '../../supervisor/services/context.js'
import { serviceIn } from '../../supervisor/services/service-fixture.js'

let folder: string
let redis: RunningService
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-bundled-'))
  redis = await serviceIn(folder, { name: 'bus', config: { kind: 'redis', durable: false } })
})
afterAll(async () => {
  await redis.stop({ graceNs: durationNs(nsPerSec), now: false })
  await rm(folder, { recursive: true, force: true })
})

async function startBundle(engine: string, loader = distFile('engine/start.cjs')): Promise<ChildProcess> {
  const bus = { kind: 'redis', url: redis.address, systemId: engine, lists: {}, backlogMax: 10_000 }
  const handOver = { engine, instance: 0, systemId: engine, settings: {}, bus, storeUrl: null, port: 0, faults: [] }
  const child = spawn(process.execPath, [loader], {
    env: {
      PATH: process.env['PATH'],
      [handOverVariable]: JSON.stringify(handOver),
      [notifyVariable]: '3',
      [codeCacheVariable]: join(folder, 'code'),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const ready = once(child.stdio[3] as NodeJS.ReadableStream, 'data')
  const [line] = await within(ready, durationNs(20 * nsPerSec), () => new Error(`${engine} is not ready`))
  expect(String(line)).toMatch(/^READY=1 port=\d+\n$/)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

const kept = async (): Promise<string[]> =>
  (await readdir(join(folder, 'code')).catch(() => [])).filter((name) => name.endsWith('.v8'))

async function untilKept(): Promise<string> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const [name] = await kept()
    if (name !== undefined) return join(folder, 'code', name)
    await sleep(50)
  }
  throw new Error('nothing was kept within 20 s')
}

test('an engine starts from one file, keeps what was compiled of it, and a spoiled copy of that does no harm', async () => {
  const first = await startBundle('risk')
  const file = await untilKept()
  await end(first)
  const good = await readFile(file)
  expect(good.length).toBeGreaterThan(100_000)

  // What one engine has kept serves another: it would write its own a second after its start, had V8 refused this.
  const { ino } = await stat(file)
  const second = await startBundle('ml')
  await sleep(1_500)
  await end(second)
  expect((await stat(file)).ino).toBe(ino)
  expect((await readFile(file)).equals(good)).toBe(true)

  await writeFile(file, good.subarray(0, 1_000))
  const third = await startBundle('risk')
  const restored = async (): Promise<boolean> => (await readFile(file)).length > 100_000
  for (let attempt = 0; attempt < 400 && !(await restored()); attempt += 1) await sleep(50)
  expect(await restored()).toBe(true)
  await end(third)
}, 60_000)

test('an engine whose bundle a later build has removed starts from its modules', async () => {
  const dist = join(folder, 'dist')
  await mkdir(join(dist, 'engine'), { recursive: true })
  await copyFile(distFile('engine/start.cjs'), join(dist, 'engine/start.cjs'))
  await symlink(distFile('engines'), join(dist, 'engines'))
  await end(await startBundle('risk', join(dist, 'engine/start.cjs')))
})
