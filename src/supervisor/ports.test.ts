import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { childScript } from './child-fixture.js'
import { assertPortFree, freePort, portOwner } from './ports.js'

const children: ReturnType<typeof spawn>[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

async function holdPort(environment: Record<string, string>): Promise<{ port: number; pid: number }> {
  const port = await freePort()
  const child = spawn(process.execPath, [childScript('serve-http.mjs')], {
    env: { ...process.env, PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(child.stdout ?? child, 'data')
  return { port, pid: child.pid ?? 0 }
}

test('a busy port names its owner and the command that frees it', async () => {
  const { port, pid } = await holdPort({})
  const error = await assertPortFree(port, 'engines.gateway').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'PORT_BUSY',
    message: expect.stringContaining(`engines.gateway: port ${port} is in use by pid ${pid} (`),
    hint: `End it with \`kill ${pid}\`, or set another port with --set engines.gateway.port=NUMBER.`,
  })
  expect(String(error)).toContain('serve-http.mjs')
})

test('an owner that nautilus started tells its run', async () => {
  const { port, pid } = await holdPort({ NAUTILUS_RUN: 'abc123' })
  expect(portOwner(port)).toMatchObject({ pid, run: 'abc123' })
  await expect(assertPortFree(port, 'engines.gateway')).rejects.toThrow('of nautilus run abc123')
  // A kill would be answered by another start.
  await expect(assertPortFree(port, 'engines.gateway')).rejects.toMatchObject({
    hint: expect.stringMatching(/^End that run with `nautilus down` in its folder, or/),
  })
})

test('a listener on another address counts too', async () => {
  const server = createServer().listen(0, '0.0.0.0')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await expect(assertPortFree(port, 'engines.gateway')).rejects.toThrow(`port ${port} is in use by pid ${process.pid}`)
  server.close()
})

test('a port that was free a moment ago is free', async () => {
  await assertPortFree(await freePort(), 'engines.gateway')
})
