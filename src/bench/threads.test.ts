import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { NautilusError } from '../core/errors.js'
import { distFile } from '../core/paths.js'
import { durationNs, nsPerMs, nsPerSec } from '../core/units.js'
import { Thread } from './threads.js'

type Asks = Readonly<Record<'echo' | 'refuse' | 'silent' | 'crash' | 'exit', { ask: unknown; answer: unknown }>>

const program = `
  import { parentPort } from 'node:worker_threads'
  import { answerQuestions, tellEvent } from '${pathToFileURL(distFile('bench/threads.js')).href}'
  import { NautilusError } from '${pathToFileURL(distFile('core/errors.js')).href}'
  tellEvent(parentPort, 'hello')
  answerQuestions(parentPort, {
    echo: async (value) => value,
    refuse: async () => { throw new NautilusError('SOURCE_INVALID', 'row 3 is cut off', { hint: 'mend it' }) },
    silent: () => new Promise(() => {}),
    crash: async () => { setTimeout(() => { throw new Error('boom') }) ; await new Promise(() => {}) },
    exit: async () => process.exit(3),
  })
`
const threads: Thread<Asks, string>[] = []
const open = (onEvent: (event: string) => void = () => undefined): Thread<Asks, string> => {
  const file = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  const thread = new Thread<Asks, string>(file, { name: 'test', data: null }, onEvent)
  threads.push(thread)
  return thread
}
const second = durationNs(5 * nsPerSec)

afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.end()
})

test('a question has its answer, and events arrive', async () => {
  const events: string[] = []
  const thread = open((event) => events.push(event))
  expect(await Promise.all([thread.ask('echo', 1, second), thread.ask('echo', [2], second)])).toEqual([1, [2]])
  expect(events).toEqual(['hello'])
  expect(thread.failure).toBeNull()
})

test('a refusal keeps code, message and hint', async () => {
  const refused = open().ask('refuse', null, second)
  await expect(refused).rejects.toBeInstanceOf(NautilusError)
  await expect(refused).rejects.toMatchObject({ code: 'SOURCE_INVALID', message: 'row 3 is cut off', hint: 'mend it' })
})

test('a question that nobody answers ends at its deadline', async () => {
  const thread = open()
  await thread.ask('echo', 1, second)
  await expect(thread.ask('silent', null, durationNs(50 * nsPerMs))).rejects.toMatchObject({
    code: 'MEASUREMENT_INVALID',
  })
  expect(await thread.ask('echo', 'alive', second)).toBe('alive')
})

test.each([
  { name: 'crash', message: /the test thread failed: boom/ },
  { name: 'exit', message: /the test thread ended early/ },
] as const)('a $name rejects what was asked and what is asked later', async ({ name, message }) => {
  const thread = open()
  const waiting = thread.ask('silent', null, second)
  await Promise.all([
    expect(thread.ask(name, null, second)).rejects.toThrow(message),
    expect(waiting).rejects.toThrow(message),
  ])
  await expect(thread.ask('echo', 1, second)).rejects.toThrow(message)
  expect(thread.failure).not.toBeNull()
})
