import { stripVTControlCharacters } from 'node:util'
import { renderToString } from 'ink'
import { expect, test, vi } from 'vitest'
import type { ComponentSnapshot } from '../bench/snapshot.js'
import { durationNs, nsPerSec } from '../core/units.js'
import type { SystemStatus } from '../supervisor/spec.js'
import { type RunShown, runLines, verdictSoFar } from './run-lines.js'
import { RunView } from './run-view.js'
import { systemLines } from './system-lines.js'
import { SystemView } from './system-view.js'

// Colours are decided when ink is loaded, by the terminal; a test has none.
vi.hoisted(() => vi.stubEnv('FORCE_COLOR', '1'))

const component = (name: string, p95Ms: number, budgetMs: number | null): ComponentSnapshot => ({
  name,
  count: 12_000,
  p50Ns: p95Ms * 0.5e6,
  p95Ns: p95Ms * 1e6,
  p99Ns: p95Ms * 2e6,
  budgetNs: budgetMs === null ? null : budgetMs * 1e6,
})

const snapshot: RunShown = {
  profileName: 'algo-200ms',
  runId: '7f3c',
  phase: 'measuring',
  elapsedNs: durationNs(12.4 * nsPerSec),
  totalNs: durationNs(35 * nsPerSec),
  targetRatePerSec: 1000,
  achievedRatePerSec: 998.6,
  inFlight: 12,
  sent: 12_400,
  planned: 35_000,
  outcomes: { traded: 11_200, noTrade: 1_188, rejected: 12, failed: 0, timedOut: 0, dropped: 0, lost: 0 },
  endToEnd: component('end to end', 19.6, 200),
  components: [component('bus', 1.48, 40), component('risk', 7.4, 5), component('order-placement', 9.9, null)],
  engines: ['risk', 'matching'].map((name, index) => ({
    name,
    state: 'ready',
    pid: 4_000 + index,
    cpuShare: 0.38,
    rssBytes: 80e6,
    runQueueShare: 0.02,
  })),
  events: ['signals is ready', 'risk \u001b[31mis\u001b[0m slow\r\n\tnow 日本'],
}

const status: SystemStatus = {
  systemId: 'a1b2c3',
  profileName: 'algo-200ms',
  pid: 1,
  readyAfterNs: null,
  services: [
    { name: 'bus', kind: 'redis', version: '7.0.15', origin: 'cache', url: 'unix:/x', pid: 12, state: 'ready' },
    { name: 'desk', kind: 'redis', version: '7.0.15', origin: 'url', url: 'redis://desk', pid: null, state: 'ready' },
  ],
  processes: [
    {
      name: 'risk',
      state: 'failed',
      pid: null,
      generation: 6,
      restartCount: 5,
      recoveryNsMax: null,
      notReadyNs: durationNs(0),
      port: null,
      lastExit: 'exit 1',
      readyAfterNs: null,
      logFile: '',
    },
  ],
}

const sizes = [0, 1, 20, 40, 60, 80, 120, 300].flatMap((columns) =>
  [0, 1, 3, 24, 60].map((rows) => ({ columns, rows })),
)

test.each(sizes)('a run fits $columns columns and $rows rows', (size) => {
  const lines = runLines(snapshot, size)
  expect(lines.length).toBeLessThanOrEqual(Math.max(1, size.rows - 1))
  const widths = lines.map((line) => line.reduce((sum, { text }) => sum + text.length, 0))
  expect(Math.max(0, ...widths)).toBeLessThanOrEqual(size.columns)
})

const drawn = (columns: number, shown = snapshot, color = false): string =>
  renderToString(<RunView snapshot={shown} size={{ columns, rows: 40 }} color={color} />, {
    columns: Math.max(1, columns),
  })

test('eighty columns hold every figure but the count', () => {
  expect(
    drawn(80)
      .split('\n')
      .map((line) => line.trimEnd()),
  ).toEqual([
    'algo-200ms  measuring  12 s of 35 s  998.6/s of 1,000/s  FAIL risk',
    '12,400 of 35,000 sent      12 in flight',
    '11,200 traded   1,188 no trade      12 rejected       0 failed or lost',
    '',
    'component             p50       p95       p99   budget  p95 of budget    verdict',
    'end to end        9.80 ms   19.6 ms   39.2 ms   200 ms  #.......   10 %  PASS',
    'bus                740 us   1.48 ms   2.96 ms    40 ms  ........    4 %  PASS',
    'risk              3.70 ms   7.40 ms   14.8 ms     5 ms  ########  148 %  FAIL',
    'order-placement   4.95 ms   9.90 ms   19.8 ms        -  -                -',
    '',
    'engine           state        cpu    memory  run queue       pid',
    'risk             ready       38 %  76.3 MiB        2 %      4000',
    'matching         ready       38 %  76.3 MiB        2 %      4001',
    '',
    'signals is ready',
    'risk is slow now ??',
    ...['', '', '', ''],
  ])
})

test('columns go in the stated order as the terminal narrows', () => {
  const heading = (columns: number) => drawn(columns).split('\n')[4]?.trim().split(/ {2,}/)
  expect(heading(120)).toEqual(['component', 'p50', 'p95', 'p99', 'budget', 'p95 of budget', 'verdict', 'n'])
  expect(heading(79)).toEqual(['component', 'p95', 'p99', 'budget', 'p95 of budget', 'verdict'])
  expect(heading(69)).toEqual(['component', 'p95', 'budget', 'p95 of budget', 'verdict'])
  expect(heading(57)).toEqual(['component', 'p95', 'p95 of budget', 'verdict'])
  expect(heading(45)).toEqual(['component', 'p95', 'verdict'])
  expect(heading(26)).toEqual(['component', 'p95'])
})

test('nothing moves when figures change', () => {
  const later: RunShown = {
    ...snapshot,
    achievedRatePerSec: 1,
    inFlight: 9_999,
    sent: 7,
    outcomes: { ...snapshot.outcomes, traded: 3, noTrade: 31_000 },
    components: snapshot.components.map((part) => ({ ...part, p95Ns: part.p95Ns * 37, p50Ns: 3, count: 1 })),
    events: [],
  }
  const place = (text: string, word: string) =>
    text
      .split('\n')
      .map((line) => line.indexOf(word))
      .find((at) => at >= 0)
  for (const word of ['sent', 'in flight', 'traded', 'no trade', 'rejected', 'PASS', '4001']) {
    expect(place(drawn(120, later), word)).toBe(place(drawn(120), word))
  }
  expect(drawn(120, later).split('\n').length).toBe(drawn(120).split('\n').length)
})

test('without colour there is no escape, and with it the words stay the same', () => {
  expect(drawn(80)).not.toContain('\u001b')
  expect(drawn(80, snapshot, true)).toContain('\u001b[31m')
  expect(stripVTControlCharacters(drawn(80, snapshot, true)).replaceAll(/ +$/gm, '')).toBe(drawn(80))
})

test('failures are named as soon as there are any', () => {
  const failing = { ...snapshot, outcomes: { ...snapshot.outcomes, lost: 3, timedOut: 14 } }
  expect(drawn(80, failing).split('\n')[2]).toBe(
    '11,200 traded   1,188 no trade      12 rejected      14 timed out       3 lost',
  )
})

test.each([
  {
    name: 'nothing measured is no pass',
    shown: { ...snapshot, endToEnd: null, components: [] },
    verdict: 'no data yet',
  },
  {
    name: 'a component without samples is no pass',
    shown: { ...snapshot, endToEnd: null, components: [{ ...component('risk', 1, 5), count: 0 }] },
    verdict: 'no data yet',
  },
  { name: 'the worst over its budget is named', shown: snapshot, verdict: 'FAIL risk' },
  {
    name: 'all within their budgets',
    shown: { ...snapshot, components: [component('risk', 4, 5)] },
    verdict: 'PASS so far',
  },
])('$name', ({ shown, verdict }) => {
  expect(verdictSoFar(shown).text).toBe(verdict)
})

test('where a server comes from is told once it has started', () => {
  const [bus] = status.services
  if (bus === undefined) throw new Error('there is a service')
  const starting = { ...status, services: [{ ...bus, version: '', origin: 'path', state: 'starting' } as const] }
  const line =
    systemLines({ status: starting, usage: {}, ending: false, events: [] }, { columns: 100, rows: 40 })[3] ?? []
  expect(line.map(({ text }) => text).join('')).toMatch(/redis +- +$/)
})

test('a system shows services, processes and what failed', () => {
  const usage = { bus: { cpuShare: 0.02, rssBytes: 9e6, runQueueShare: 0 } }
  const shown = { status, usage, ending: false, events: ['risk failed'] }
  const view = <SystemView snapshot={shown} size={{ columns: 100, rows: 40 }} color={false} />
  expect(
    renderToString(view, { columns: 100 })
      .split('\n')
      .slice(0, 10)
      .map((line) => line.trimEnd()),
  ).toEqual([
    'algo-200ms  system a1b2c3  2 of 3 ready  FAILED risk  Ctrl-C stops it',
    '',
    'service  state        cpu    memory  run queue       pid  server            from',
    'bus      ready        2 %  8.58 MiB        0 %        12  redis 7.0.15      cache',
    'desk     ready          -         -          -         -  redis 7.0.15      url',
    '',
    'engine   state        cpu    memory  run queue       pid   port  restarts  ready after',
    'risk     failed         -         -          -         -      -         5            -',
    '',
    'risk failed',
  ])
})

test('a load without a limit has percentiles and counts, and no columns of budgets', () => {
  const load = {
    ...snapshot,
    ...{
      outcomes: { completed: 11_200, failed: 0 },
      components: [],
      engines: [],
      planned: null,
      targetRatePerSec: null,
    },
    endToEnd: { ...component('service time', 4, 5), budgetNs: null },
  }
  const text = drawn(80, load)
  expect(text.split('\n')[0]).toMatch(/ no limit$/)
  expect(text).not.toContain('budget')
  expect(text).toMatch(/^component +p50 +p95 +p99 +n$/m)
  expect(text).toMatch(/^ +[\d,]+ sent +\d+ in flight$/m)
})
