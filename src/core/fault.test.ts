import { expect, test } from 'vitest'
import { parseFault } from './fault.js'

test.each([
  { text: '+7ms', parsed: { fault: { kind: 'delay', delayNs: 7_000_000 } } },
  { text: 'busy+2ms', parsed: { fault: { kind: 'busy', busyNs: 2_000_000 } } },
  { text: 'error=1%', parsed: { fault: { kind: 'error', share: 0.01 } } },
  { text: 'hang', parsed: { fault: { kind: 'hang' } } },
  { text: '+7', parsed: { problem: '"7" has no unit; write "7ms" or "7s"' } },
  { text: 'error=200%', parsed: { problem: '"200%" is above 1; write at most 100%' } },
  { text: 'slow', parsed: { problem: '"slow" is not a fault; write one of +7ms, busy+2ms, error=1%, hang' } },
])('reads the fault $text', ({ text, parsed }) => {
  expect(parseFault(text)).toEqual(parsed)
})
