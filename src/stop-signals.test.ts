import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { packageRoot } from './core/paths.js'

const script = join(packageRoot(), 'fixtures/stop-signals-child.mjs')
/** Above the time within which a second signal is the same Ctrl-C, passed on by npm. */
const laterMs = 400

function start(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, line: async (): Promise<string> => String((await lines.next()).value) }
}

const exitCode = async (child: ChildProcess): Promise<unknown> => child.exitCode ?? (await once(child, 'exit'))[0]

test.each([
  { signal: 'SIGINT', code: 130 },
  { signal: 'SIGTERM', code: 143 },
  { signal: 'SIGHUP', code: 143 },
] as const)('the first $signal stops in order, the second ends at once with $code', async ({ signal, code }) => {
  const { child, line } = start(process.execPath, [script])
  await line()
  child.kill(signal)
  expect(await line()).toBe(signal)
  await sleep(laterMs)
  expect(child.exitCode).toBeNull()
  child.kill(signal)
  expect(await exitCode(child)).toBe(code)
})

test('one Ctrl-C that npm passes on a second time is one', async () => {
  const { child, line } = start(process.execPath, [script])
  await line()
  child.kill('SIGINT')
  child.kill('SIGINT')
  expect(await line()).toBe('SIGINT')
  child.kill('SIGINT')
  await sleep(laterMs)
  expect(child.exitCode).toBeNull()
  child.kill('SIGTERM')
  expect(await exitCode(child)).toBe(143)
})

test('the death of the parent stops it too, and ends it where the stop takes too long', async () => {
  // The second command keeps the shell from replacing itself by node.
  const { child, line } = start('/bin/sh', ['-c', `"${process.execPath}" "${script}"; true`])
  const pid = Number((await line()).replace('ready ', ''))
  child.kill('SIGKILL')
  expect(await line()).toBe('parent')
  await expect.poll(() => alive(pid), { timeout: 5_000 }).toBe(false)
})

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
