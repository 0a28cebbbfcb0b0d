import { expect, test } from 'vitest'
import { type Comparison, comparison, comparisonSchemaId } from '../results/comparison.js'
import { readMachine } from '../results/machine.js'
import type { NoiseFloor } from '../results/noise-floor.js'
import { judgeComparison } from '../sla/comparison.js'
import { renderComparison } from './comparison.js'
import { planLines } from './comparison-plan.js'
import { changeText } from './comparison-words.js'

type Pair = Comparison['rounds'][number]['metrics'][string]

const run = { runId: 'r', startedAt: '', fidelity: 'valid', failure: null, cause: null } as const
const side = { label: 'desk.yaml', profileName: 'desk', git: null, faults: {} }
const times = (a: number, b: number): Pair => ({ a, b, unit: 'ns', better: 'lower' })
const rate = (a: number, b: number): Pair => ({ a, b, unit: 'perSec', better: 'higher' })
const share = (a: number, b: number): Pair => ({ a, b, unit: 'share', better: 'lower' })

/** Five rounds of the same figures, which leaves no doubt about any. */
function sample(metrics: Readonly<Record<string, Pair>>, changes: Partial<Comparison> = {}): Comparison {
  const rounds = Array.from({ length: 5 }, (_, index) => ({ index, order: 'AB', seed: 1, a: run, b: run, metrics }))
  return comparison.parse({
    ...{ schema: comparisonSchemaId, id: 'c-1', nautilusVersion: '0', startedAt: '2026-01-01', interrupted: null },
    ...{ kind: 'ab', a: side, b: side, marginShare: 0.05, controls: [], seed: 1, machine: readMachine(null), rounds },
    deciding: Object.keys(metrics),
    ...changes,
  })
}

const terminal = (of: Comparison): string =>
  renderComparison('terminal', of, { verdict: judgeComparison(of), color: false })

test('the worst stands first, with its culprit; what improved and what is rare say so in their own direction', () => {
  const of = sample(
    {
      'endToEnd.p95': times(20e6, 24e6),
      'risk.p95': times(3e6, 6.9e6),
      throughput: rate(1000, 900),
      'errors.rate': share(0, 0.02),
    },
    {
      deciding: ['endToEnd.p95', 'throughput', 'errors.rate'],
      watched: ['risk.p95'],
      a: { ...side, label: 'git:main', git: { commit: '1234567890', dirty: false } },
      b: { ...side, faults: { risk: ['+4ms'] } },
    },
  )
  expect(terminal(of)).toMatchInlineSnapshot(`
    "compare c-1  desk  5 rounds in the order A B B A
      A  git:main  12345678
      B  desk.yaml  with risk:+4ms injected

    REGRESSED  endToEnd.p95 +20 % (+20 .. +20 %), 20.0 ms -> 24.0 ms
               throughput -10 % (-10 .. -10 %), 1,000/s -> 900/s
               errors.rate +2 points (+2 .. +2 points), 0 % -> 2 %
               mostly risk: its p95 moved by +3.90 ms, that of end to end by
               +4.00 ms

    metric              A        B     change  between          verdict
    endToEnd.p95  20.0 ms  24.0 ms      +20 %  +20 .. +20 %     REGRESSED
    throughput    1,000/s    900/s      -10 %  -10 .. -10 %     REGRESSED
    errors.rate       0 %      2 %  +2 points  +2 .. +2 points  REGRESSED
    watched:
    risk.p95      3.00 ms  6.90 ms     +130 %  +130 .. +130 %   REGRESSED

    margin 5 % (errors.rate 0.1 points), at most 5 % false alarms a metric
    Look at:  nautilus report c-1 --open
    "
  `)
})

test.each([
  [0, 'ratio', '0 %'],
  [-0.034, 'ratio', '-3.4 %'],
  [0.214, 'ratio', '+21 %'],
  [0.00012, 'ratio', '+0.01 %'],
  [140.5, 'ratio', 'x142'],
  [0.002, 'difference', '+0.2 points'],
  [null, 'ratio', '-'],
] as const)('a change of %s on the scale of a %s is written %s', (share, scale, text) => {
  expect(changeText(share, scale)).toBe(text)
})

test('metrics that are open say what could be found in this noise', () => {
  const noisy = (index: number): Pair => times(1e6, index % 2 === 0 ? 1.6e6 : 0.8e6)
  const plain = sample({ 'endToEnd.p95': times(1, 1) })
  const of = {
    ...plain,
    rounds: plain.rounds.map((round) => ({ ...round, metrics: { 'endToEnd.p95': noisy(round.index) } })),
  }
  expect(terminal(of).replaceAll(/\n {2,}/g, ' ')).toMatch(
    /^INCONCLUSIVE {2}endToEnd\.p95 \+\d+ % .*; in this noise \d+ % could be found$/m,
  )
  expect(terminal(of)).toContain('Measure longer')
})

test('A against itself tells the noise of one run', () => {
  const of = sample({ 'endToEnd.p95': times(1e6, 1.1e6) }, { kind: 'aa', marginShare: 0.2 })
  expect(terminal(of)).toContain('NOISE  of one run: endToEnd.p95 6.7 %')
})

test('no text of a label or a failure can break a table or a page, and no password of a URL is shown', () => {
  const of = sample(
    { 'endToEnd.p95': times(1e6, 1e6) },
    { b: { ...side, label: 'p.yaml x=redis://me:secret@h | <b>' } },
  )
  const markdown = renderComparison('markdown', of, { verdict: judgeComparison(of), color: false })
  expect(markdown).toContain('redis://me:&#42;&#42;&#42;@h \\| &#60;b&#62;')
  expect(terminal(of)).not.toContain('secret')
})

const floor: NoiseFloor = {
  ...{
    schema: 'nautilus.noise-floor/1' as const,
    profileName: 'desk',
    comparisonId: 'c-0',
    measuredAt: '',
    machineClass: 'm',
  },
  ...{ roundCount: 10, sigma: { 'endToEnd.p95': 0.02, throughput: 0 } },
}

test.each([
  {
    name: 'a guess without a noise floor',
    known: null,
    says: ['5 to 20 rounds', 'which is assumed', 'worse by 37 % after 5'],
  },
  {
    name: 'the noise floor where there is one',
    known: floor,
    says: ['noise of c-0', '  endToEnd.p95 worse by 11 % after 5 rounds'],
  },
])('before the first round the plan tells what can be found, from $name', ({ known, says }) => {
  const of = sample({ 'endToEnd.p95': times(1, 1), throughput: rate(1, 1) })
  const text = planLines({ ...of, rounds: [] }, { floor: known, secondsMax: 100 }).join('\n')
  for (const words of says) expect(text).toContain(words)
  expect(text).toContain('at most 2 min')
})

test('the annotations of a comparison are one note of what regressed or stayed open, and none of what is fine', () => {
  const noted = (of: Comparison): string =>
    renderComparison('annotations', of, { verdict: judgeComparison(of), color: false })
  const regressed = sample({ 'endToEnd.p95': times(20e6, 24e6), throughput: rate(1000, 900) })
  expect(noted(regressed)).toBe(
    '::error title=nautilus desk%3A REGRESSED::endToEnd.p95 +20 %25 (+20 .. +20 %25), 20.0 ms -> 24.0 ms%0A' +
      'throughput -10 %25 (-10 .. -10 %25), 1,000/s -> 900/s\n',
  )
  expect(noted(sample({ 'endToEnd.p95': times(20e6, 20e6) }))).toBe('')
  expect(noted({ ...regressed, rounds: [] })).toMatch(/^::error title=nautilus desk%3A NO DATA::.+\n$/)
})

test('what to do without data depends on whether the instrument or the system failed', () => {
  const of = sample({ 'endToEnd.p95': times(20e6, 24e6) })
  const failed = (fidelity: 'valid' | 'invalid'): string =>
    terminal({ ...of, rounds: of.rounds.map((round) => ({ ...round, a: { ...run, fidelity, failure: 'A failed' } })) })
  expect(failed('invalid')).toMatch(/\nFree the machine of what else runs on it, or lower load.arrivals.rate, and/)
  expect(failed('valid')).toMatch(/\nSee what failed in the logs of the rounds/)
})
