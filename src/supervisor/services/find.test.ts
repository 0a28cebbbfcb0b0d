import { access, chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ServiceContext } from './context.js'
import { findPostgres, postgresPlaces } from './find-postgres.js'
import { findRedis } from './find-redis.js'
import { answersVersion, findPrograms, programFolders } from './search.js'

const provisioningMs = 150_000
let work: string
let folder: string
let tools: string
let cache: string
let interrupt: AbortController
let lines: string[]

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'nautilus-find-'))
  await chmod(work, 0o755)
  folder = join(work, 'run')
  tools = join(work, 'tools')
  cache = join(work, 'cache')
  await mkdir(folder)
  await mkdir(tools)
  interrupt = new AbortController()
  lines = []
})

afterEach(() => rm(work, { recursive: true, force: true }))

const context = (offline = false): ServiceContext => ({
  systemId: 'a1b2c3',
  folder,
  logFolder: work,
  offline,
  stop: interrupt.signal,
  progress: (text) => lines.push(text),
  onSpawn: () => undefined,
})

/** A machine that has apt, but neither Redis nor an engine for containers. */
async function bareMachine(): Promise<{ folders: string[]; cache: string }> {
  for (const path of await findPrograms(['apt-get', 'dpkg-deb'], programFolders())) {
    await symlink(path, join(tools, path.split('/').at(-1) ?? '')).catch(() => undefined)
  }
  return { folders: [tools], cache }
}

const hasApt = (await findPrograms(['apt-get'], programFolders())).length > 0

test.runIf(hasApt)(
  'Redis is provisioned with progress, found again without the network, and rebuilt when broken, also by two at once',
  { timeout: provisioningMs },
  async () => {
    const places = await bareMachine()
    const first = await findRedis(context(), places)
    expect(first).toMatchObject({ origin: 'cache' })
    expect(lines.length).toBeGreaterThan(3)
    expect(await readdir(folder)).toEqual([])
    expect(await findRedis(context(true), places)).toEqual(first)

    const [entry = ''] = await readdir(cache)
    await writeFile(join(cache, entry, 'bin', 'redis-server'), 'cut off')
    await expect(findRedis(context(true), places)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    const both = await Promise.all([findRedis(context(), places), findRedis(context(), places)])
    expect(both).toEqual([first, first])
    expect(await readdir(cache)).toEqual([entry])
  },
)

test.runIf(hasApt)(
  'an interrupt while provisioning leaves nothing half-done',
  { timeout: provisioningMs },
  async () => {
    const places = await bareMachine()
    const stopping: ServiceContext = {
      ...context(),
      progress: (text) => {
        if (text.includes('downloading')) setTimeout(() => interrupt.abort('SIGINT'), 30)
      },
    }
    await expect(findRedis(stopping, places)).rejects.toThrow('stopped while')
    expect(await readdir(folder)).toEqual([])
    await expect(access(cache)).rejects.toThrow()
  },
)

test('offline without a cache says what to do and makes nothing', async () => {
  const places = await bareMachine()
  const failure = await findRedis(context(true), places).catch((error) => error)
  expect(failure).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  expect(failure.message).toContain('--offline forbids')
  expect(failure.hint).toContain('Run once without --offline')
  expect(await readdir(work)).not.toContain('cache')
})

test('a machine with nothing says what to install', async () => {
  const nothing = { folders: [tools], cache, packageFolder: null }
  await expect(findRedis(context(), nothing)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  await expect(findPostgres(context(), nothing)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})

test('a server on PATH that does not run is passed over', async () => {
  await writeFile(join(tools, 'redis-server'), '#!/bin/sh\nexit 127\n', { mode: 0o755 })
  await expect(findRedis(context(true), { folders: [tools], cache })).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  })
})

test('binaries of npm in a folder that the server may not enter are copied into the cache', async () => {
  const { packageFolder } = await postgresPlaces()
  const closed = join(work, 'closed')
  await mkdir(join(closed, 'native'), { recursive: true })
  expect(packageFolder).not.toBeNull()
  const { cp } = await import('node:fs/promises')
  await cp(packageFolder ?? '', closed, { recursive: true, verbatimSymlinks: true })
  await rm(join(closed, 'native', 'lib', 'libicui18n.so.60'), { force: true })
  await chmod(closed, process.getuid?.() === 0 ? 0o700 : 0o755)
  const found = await findPostgres(context(), { packageFolder: closed, folders: [], cache })
  expect(found).toMatchObject({ origin: 'npm' })
  if ('engine' in found) throw new Error('a program was wanted')
  expect(found.program.startsWith(process.getuid?.() === 0 ? cache : closed)).toBe(true)
  expect(await answersVersion(found, context())).toBe(true)
})
