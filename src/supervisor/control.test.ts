import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { makeFolder, processSpec, runChild, systemSpec } from './child-fixture.js'
import { ControlClient } from './control-client.js'
import { controlSocketPath, socketAddress } from './control-protocol.js'
import { ControlServer } from './control-server.js'
import type { RunningSystem } from './spec.js'
import { startSystem } from './system.js'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const folderFor = (): string => {
  const folder = makeFolder()
  ends.push(async () => rmSync(folder, { recursive: true }))
  return folder
}

async function openServer(stateFolder: string): Promise<ControlServer> {
  const server = await ControlServer.open({ stateFolder })
  ends.push(() => server.close())
  return server
}

async function serveSystem(stateFolder: string): Promise<{ system: RunningSystem; server: ControlServer }> {
  const server = await openServer(stateFolder)
  const spec = systemSpec([processSpec('engine', runChild('serve-http.mjs'), { port: 0 })])
  const system = await startSystem(spec, { stop: new AbortController().signal, untilReady: true })
  ends.push(async () => {
    await system.stop({ now: true })
    rmSync(spec.stateFolder, { recursive: true })
  })
  const down = () => void system.stop().then(() => server.close())
  server.serve({ system, logFolder: '/some/logs', access: () => ({ bus: 'x' }), down })
  return { system, server }
}

test('another shell asks for status, access and logs, and restarts', async () => {
  const folder = folderFor()
  const { system } = await serveSystem(folder)
  const client = await ControlClient.connect(folder)
  expect(client.pid).toBe(process.pid)
  const { status, usage } = await client.status()
  expect(status).toMatchObject({ systemId: system.systemId, processes: [{ name: 'engine', state: 'ready' }] })
  expect(usage).toMatchObject([{ name: 'engine', rssBytes: expect.any(Number) }])
  expect(await client.access()).toMatchObject({ plan: { bus: 'x' }, status: { profileName: 'fixture' } })
  expect(await client.logs()).toEqual({ folder: '/some/logs' })
  await client.restart('engine')
  expect(system.status().processes[0]).toMatchObject({ generation: 2, state: 'ready' })
  await expect(client.restart('engin')).rejects.toMatchObject({ code: 'USAGE', message: 'there is no engine "engin"' })
})

test('down tells what happens and returns when all has ended', async () => {
  const folder = folderFor()
  const { system } = await serveSystem(folder)
  const told: string[] = []
  const client = await ControlClient.connect(folder)
  await client.down({ now: false, onEvent: (text) => told.push(text) })
  expect(told).toContain('engine: ended (exit code 0)')
  expect(system.status().processes[0]).toMatchObject({ state: 'exited' })
  expect(existsSync(controlSocketPath(folder))).toBe(false)
})

test('a second system in the same folder is refused and told the pid', async () => {
  const folder = folderFor()
  await openServer(folder)
  await expect(ControlServer.open({ stateFolder: folder })).rejects.toMatchObject({
    code: 'ALREADY_UP',
    message: expect.stringContaining(`pid ${process.pid}`),
  })
})

test('the socket is for its user alone, and goes with its server', async () => {
  const folder = folderFor()
  const server = await ControlServer.open({ stateFolder: folder })
  expect(statSync(controlSocketPath(folder)).mode & 0o777).toBe(0o600)
  await server.close()
  expect(existsSync(controlSocketPath(folder))).toBe(false)
})

test('a stale socket is taken over', async () => {
  const folder = folderFor()
  await leaveStaleSocket(controlSocketPath(folder))
  expect(existsSync(controlSocketPath(folder))).toBe(true)
  await expect(ControlClient.connect(folder)).rejects.toMatchObject({ code: 'NOT_UP' })
  await openServer(folder)
  expect((await ControlClient.connect(folder)).pid).toBe(process.pid)
})

/** A listener whose file is moved before it closes, and back afterwards: as after a kill. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  renameSync(path, `${path}.kept`)
  await new Promise((resolve) => server.close(resolve))
  renameSync(`${path}.kept`, path)
}

test('without a system there is nobody to ask', async () => {
  await expect(ControlClient.connect(join(folderFor(), 'nothing', 'here'))).rejects.toMatchObject({ code: 'NOT_UP' })
})

test('a folder whose path is too long for a socket works too', async () => {
  const folder = join(folderFor(), 'x'.repeat(100), 'y'.repeat(100))
  mkdirSync(folder, { recursive: true })
  const { address, release } = socketAddress(controlSocketPath(folder))
  expect(Buffer.byteLength(address)).toBeLessThanOrEqual(100)
  release()
  const server = await ControlServer.open({ stateFolder: folder })
  expect((await ControlClient.connect(folder)).pid).toBe(process.pid)
  await server.close()
  expect(existsSync(controlSocketPath(folder))).toBe(false)
})

test('asked before there is a system, it says so', async () => {
  const folder = folderFor()
  await openServer(folder)
  const client = await ControlClient.connect(folder)
  await expect(client.status()).rejects.toMatchObject({ code: 'NOT_UP', message: expect.stringContaining('begun') })
})
