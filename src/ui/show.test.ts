import { setTimeout as delay } from 'node:timers/promises'
import { WriteStream } from 'node:tty'
import { expect, test, vi } from 'vitest'
import type { RunSnapshot } from '../bench/snapshot.js'
import { monotonicClock } from '../core/clock.js'
import type { Io } from '../core/io.js'
import { durationNs, elapsed, nsPerSec } from '../core/units.js'
import { showRun } from './show.js'

const snapshot = (sent: number, phase: RunSnapshot['phase']): RunSnapshot => ({
  profileName: 'algo-200ms',
  runId: '7f3c',
  phase,
  elapsedNs: durationNs(0),
  totalNs: durationNs(35e9),
  targetRatePerSec: 1000,
  achievedRatePerSec: 1000,
  inFlight: 0,
  sent,
  planned: 35_000,
  outcomes: {},
  endToEnd: null,
  components: [],
  engines: [],
})

const ioOf = (terminal: boolean, written: string[], env: Io['env'] = {}): Io => ({
  out: () => undefined,
  err: (text) => written.push(text),
  cwd: '/',
  env,
  terminal,
  color: false,
  columns: 80,
  stop: new AbortController().signal,
})

/** A terminal of which every write is kept. */
function terminal(written: string[]): NodeJS.WriteStream {
  const parts = {
    isTTY: true,
    columns: 80,
    rows: 24,
    writable: true,
    write: (text: string) => written.push(text) > 0,
    on: () => undefined,
    off: () => undefined,
  }
  const descriptors = Object.entries(parts).map(([name, value]) => [name, { value, configurable: true }])
  return Object.create(WriteStream.prototype, Object.fromEntries(descriptors))
}

test('a terminal is drawn at most twice a second while measuring and left clean, with its cursor', async () => {
  // Ink asks the environment by itself whether a build server records it.
  vi.stubEnv('CI', 'false')
  const written: string[] = []
  const view = showRun(ioOf(true, []), { color: false, columns: 80, stream: terminal(written) })
  view.note('redis: unpacking')
  await vi.waitFor(() => expect(written.join('')).toContain('redis: unpacking'), { timeout: 20_000 })
  const startedAt = monotonicClock.now()
  for (let sent = 1; sent <= 24; sent += 1) {
    view.update(snapshot(sent, 'measuring'))
    await delay(50)
  }
  // A busy machine sleeps longer, and draws more meanwhile.
  const halfSeconds = (2 * elapsed(startedAt, monotonicClock.now())) / nsPerSec
  view.note('risk: started again')
  const frames = written.filter((text) => text.includes('sent'))
  expect(frames.length).toBeGreaterThanOrEqual(1)
  expect(frames.length).toBeLessThanOrEqual(halfSeconds + 2)
  const withNote = (): string | undefined => written.findLast((text) => text.includes('risk: started again'))
  await vi.waitFor(() => expect(withNote()).toBeDefined(), { timeout: 20_000 })
  expect(withNote()).toMatch(/24 of 35,000 sent.*redis: unpacking\nrisk: started again/s)
  view.close()
  view.close()
  view.update(snapshot(25, 'measuring'))
  await delay(600)
  expect(written.join('')).toContain('\u001b[?25h')
  expect(written.at(-1)).toBe('\u001b[1A')
})

test.each([
  { name: 'no terminal', isTerminal: false, columns: 80, env: {} },
  { name: 'a terminal without a size', isTerminal: true, columns: 0, env: {} },
  { name: 'a build server', isTerminal: true, columns: 80, env: { CI: 'true' } },
  { name: 'a terminal that knows only letters', isTerminal: true, columns: 80, env: { TERM: 'dumb' } },
])('$name gets plain lines on standard error', ({ isTerminal, columns, env }) => {
  const written: string[] = []
  const drawn: string[] = []
  const view = showRun(ioOf(isTerminal, written, env), { color: true, columns, stream: terminal(drawn) })
  view.note('redis: unpacking\u001b[2J')
  view.update(snapshot(0, 'starting'))
  view.update(snapshot(0, 'starting'))
  view.update(snapshot(0, 'warm-up'))
  view.close()
  expect(written).toEqual([
    'redis: unpacking\n',
    'algo-200ms  starting\n',
    'algo-200ms  warm-up  0 s of 35 s  1,000/s of 1,000/s  in flight 0  no data yet\n',
  ])
  expect(drawn).toEqual([])
})
