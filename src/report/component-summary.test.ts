import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seriesOf } from '../bench/components/series.js'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { judge } from '../sla/verdict.js'
import { renderReport } from './render.js'

const sample: RunResult = runResult.parse(
  JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')),
)

/** Five processes of two rounds; each process is a little slower than the one before. */
const roundsOf = (ns: number) =>
  Array.from({ length: 10 }, (_, index) => ({
    startNs: index,
    samplesNs: new Float64Array(1_000).fill(ns * (1 + Math.floor(index / 2) / 100)),
  }))

const timed = { 'risk.check.cached': 144, 'risk.check.uncached': 82, 'breaker.call': 4.42 }

function componentRun(profile: Readonly<Record<string, unknown>>): RunResult {
  const names = Object.entries(timed)
  return {
    ...sample,
    ...{ profileName: 'desk', profile, store: null, services: [], engines: [], stages: [], attribution: null },
    load: {
      ...sample.load,
      scenario: 'component',
      unit: 'calls',
      loop: 'closed',
      arrivals: 'one call after the other',
    },
    endToEnd: seriesOf('end to end', [], []),
    components: names.map(([name, ns]) => seriesOf(name, name === 'risk.check.cached' ? [1_000] : [], roundsOf(ns))),
    cases: names.map(([name]) => ({
      ...{ name, of: name.split('.').slice(0, 2).join('.'), callsPerSample: name === 'breaker.call' ? 160 : 6 },
      ...{ callCount: 60_000, roundCount: 10, roundsPerProcess: 2, overheadNs: 2 },
    })),
  }
}

const claims = [
  {
    id: 'AL6.check',
    compare: ['risk.check.uncached', 'risk.check.cached'],
    claimed: { before: '2-5ms', after: '50us' },
  },
  { id: 'AL11.breaker', compare: ['breaker.call'], at: 'p95', claimed: { after: '<1ms' } },
]

function report(format: 'terminal' | 'markdown' | 'json', profile: Readonly<Record<string, unknown>>): string {
  const result = componentRun(profile)
  const context = {
    ...{ nowIso: '2026-11-20T12:00:00.000Z', previous: null, reference: 'a1b2', folder: '.nautilus/runs/a1b2' },
    ...{ profile: 'desk.yaml', services: null },
  }
  return renderReport(format, result, { verdict: judge(result), context, color: false })
}

test('beside the table no line is longer than a terminal', () => {
  const name = 'a-profile-of-many-functions-with-a-long-name'
  const context = {
    ...{ nowIso: '2026-11-20T12:00:00.000Z', previous: null, reference: 'a1b2', folder: null },
    ...{ profile: null, services: null },
  }
  const run = { ...componentRun({ components: [{ case: 'risk.check', p95: '1us' }] }), profileName: name }
  const text = renderReport('terminal', run, { verdict: judge(run), context, color: false })
  const sentences = text.split('\n\n').filter((block) => !block.startsWith('function'))
  for (const line of sentences.join('\n').split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  expect(text.replaceAll(/\s+/g, ' ')).toMatch(
    /instrument 10 rounds in turns over 5 fresh processes each, clock read .* collections/,
  )
})

test('variants stand below their case, with their time against the first and its interval', () => {
  const lines = report('terminal', { components: [{ case: 'risk.check', p95: '1us' }] }).split('\n')
  const from = lines.findIndex((line) => line.startsWith('function'))
  expect(lines[from]).toMatch(/^function +p50 +p95 +p99 +calls {2}p50 to the first +verdict$/)
  expect(lines[from + 1]).toBe('risk.check')
  expect(lines[from + 2]).toMatch(/^ {2}cached .* 6 +PASS$/)
  expect(lines[from + 3]).toMatch(/^ {2}uncached .* 6 {2}0\.569x \(0\.569-0\.569\) +-$/)
  expect(lines[from + 4]).toMatch(/^breaker\.call .* 160 +-$/)
  expect(lines[1]).toMatch(/^PASS {2}risk\.check\.cached p95 .* <= 1 us/)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110)
})

test('a claim is shown as it was written down, beside what was measured, and says why it did not hold', () => {
  const text = report('terminal', { components: [{ case: 'risk.check', p95: '1us' }], claims })
  expect(text).toContain(`claims (they decide nothing)
AL6.check     not reproduced: p50 83.6 ns -> 147 ns, 0.569x (0.569-0.569) as fast
              claimed 2-5ms -> 50us, 40x to 100x
              without it 83.6 ns, not the claimed 2-5ms: there is less to gain
AL11.breaker  held: p95 4.60 ns
              claimed <1ms
`)
})

test('without a limit figures are shown, and how one is set', () => {
  const text = report('terminal', { components: ['risk.check'] })
  expect(text).not.toContain('NO DATA')
  expect(text.trimEnd().split('\n').at(-1)).toBe(
    'Judge them by a profile:  components: [{ case: risk.check, p95: 10us }]',
  )
})

test('Markdown has both as tables, and nothing of requests that there were none of', () => {
  const text = report('markdown', { components: [{ case: 'risk.check', p95: '1us' }], claims })
  expect(text).toContain('| risk.check | cached | 10,000 | 6 | 147 ns | 150 ns | 150 ns |  | p95 1 us | PASS |')
  expect(text).toContain('| AL11.breaker | p95 | &#60;1ms | 4.60 ns |  |  | held |')
  expect(text).not.toContain('### Accounting')
})

test('JSON tells what became of each claim', () => {
  const { claims: told } = JSON.parse(report('json', { components: ['risk.check'], claims }))
  expect(told).toMatchObject([
    { id: 'AL6.check', status: 'notReproduced', before: { ns: expect.closeTo(83.6, 1) } },
    { id: 'AL11.breaker', status: 'held', before: null },
  ])
})
