import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, expect, test } from 'vitest'
import { eventually } from './child-fixture.js'
import {
  commandLineOf,
  identify,
  isAlive,
  listProcesses,
  parseStat,
  readStat,
  signalIdentity,
} from './process-table.js'

const children: ReturnType<typeof spawn>[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})
const start = (command: string, ...args: string[]): number => {
  const child = spawn(command, args, { stdio: 'ignore' })
  children.push(child)
  if (child.pid === undefined) throw new Error(`${command} did not start`)
  return child.pid
}

test('reads a process whose name holds spaces, brackets and line ends', () => {
  const text = `77 (a) b (c\nd) R 1 70 60 0 -1 4194304 ${'1 '.repeat(12)}4711 99 0`
  expect(parseStat(text)).toEqual({ pid: 77, state: 'R', parent: 1, group: 70, session: 60, startTicks: 4711 })
})

test('knows itself', () => {
  expect(readStat(process.pid)?.parent).toBe(process.ppid)
  expect(listProcesses().map(({ pid }) => pid)).toContain(process.pid)
  expect(identify(process.pid)?.bootId).toMatch(/^[0-9a-f-]{36}$/)
})

test('a zombie is not alive', async () => {
  // A shell that starts a child and then becomes a program that never asks for its end.
  const parent = start('sh', '-c', 'sleep 0.1 & exec sleep 620')
  const child = () => childOf(parent)
  await eventually('the child was seen', () => child() !== undefined)
  const pid = child() ?? 0
  const identity = identify(pid)
  await eventually('it is a zombie', () => readStat(pid)?.state === 'Z')
  expect(identity !== null && isAlive(identity)).toBe(false)
  expect(identity !== null && signalIdentity(identity, 'SIGTERM')).toBe(false)
  expect(listProcesses().some((stat) => stat.pid === pid)).toBe(false)
})

const childOf = (parent: number): number | undefined => listProcesses().find((stat) => stat.parent === parent)?.pid

test('a number that belongs to another process by now is not signalled', () => {
  const pid = start('sleep', '620')
  const identity = identify(pid)
  if (identity === null) throw new Error('the process is gone')
  expect(signalIdentity({ ...identity, startTicks: identity.startTicks - 1 }, 'SIGKILL')).toBe(false)
  expect(signalIdentity({ ...identity, bootId: 'another' }, 'SIGKILL')).toBe(false)
  expect(isAlive(identity)).toBe(true)
})

test('the right process is signalled', async () => {
  const pid = start('sleep', '620')
  const ended = once(children[children.length - 1] ?? process, 'exit')
  const identity = identify(pid)
  expect(identity !== null && signalIdentity(identity, 'SIGTERM')).toBe(true)
  expect(await ended).toEqual([null, 'SIGTERM'])
})

test('a command line is shown without passwords, on one line, bounded', async () => {
  const pid = start('sh', '-c', 'sleep 620; :', 'x', 'redis://user:hunter2@host/0', 'two\nlines', 'y'.repeat(200))
  await eventually('the command line is there', () => commandLineOf(pid).includes('redis'))
  const line = commandLineOf(pid)
  expect(line).not.toContain('hunter2')
  expect(line).not.toContain('\n')
  expect(line.length).toBe(80)
})
