import { expect, test } from 'vitest'
import { AssertionError } from '../core/assert.js'
import { NautilusError } from '../core/errors.js'
import { bugReport, bugText, failureOf } from './failure.js'

test('an expected failure shows its message, what to do, and its exit code, without passwords', () => {
  const error = new NautilusError('SERVICE_UNAVAILABLE', 'redis://u:h0rse@10.0.0.1 refuses connections')
  expect(failureOf(error, null)).toEqual({
    kind: 'expected',
    text: 'redis://u:***@10.0.0.1 refuses connections\nInstall the server, or name a running one by `url:`.\n',
    exit: 6,
  })
})

test.each([
  { thrown: 'SIGINT', reason: 'SIGINT', exit: 130 },
  { thrown: new DOMException('aborted', 'AbortError'), reason: 'SIGTERM', exit: 143 },
  { thrown: new DOMException('aborted', 'AbortError'), reason: 'parent', exit: 143 },
])('what an abort throws while stopping by $reason is no bug', ({ thrown, reason, exit }) => {
  expect(failureOf(thrown, reason)).toEqual({ kind: 'interrupted', text: `stopped by ${reason}\n`, exit })
})

test.each([
  { thrown: new AssertionError('a full batch was taken'), statement: 'it does not hold that a full batch was taken' },
  { thrown: new TypeError('x is undefined'), statement: 'x is undefined' },
  { thrown: 'a text', statement: 'a text' },
  { thrown: new DOMException('aborted', 'AbortError'), statement: 'aborted' },
])('anything else is a bug of ours: $statement', ({ thrown, statement }) => {
  expect(failureOf(thrown, null)).toMatchObject({ kind: 'bug', statement, exit: 70 })
})

test('a bug says whose it is, and where its report lies', () => {
  expect(bugText('x is undefined', '.nautilus/bug-1.txt')).toBe(
    'A bug in nautilus, not in your profile: x is undefined\nPlease open an issue with .nautilus/bug-1.txt.\n',
  )
})

test('the report of a bug holds stack, cause and versions, and no secret', () => {
  const error = new Error('broke', { cause: new Error('redis://u:h0rse@h closed') })
  const failure = failureOf(error, null)
  const text = bugReport({
    stack: failure.kind === 'bug' ? failure.stack : '',
    args: ['bench', '--set', 'engines.a.env.TOKEN=staple', '--profile', 'redis://u:h0rse@h'],
    version: '0.1.0',
    node: 'v20.20.2',
    platform: 'linux',
    atIso: '2026-11-20T09:00:00.000Z',
  })
  expect(text).toContain('nautilus 0.1.0, Node v20.20.2, linux')
  expect(text).toContain('--set engines.a.env.TOKEN=***')
  expect(text).toContain('caused by Error: redis://u:***@h closed')
  expect(text).not.toMatch(/h0rse|staple/)
})
