import type { Comparison } from '../../results/comparison.js'
import { type ComparisonVerdict, wholeRounds } from '../../sla/comparison.js'
import {
  boundsText,
  changeText,
  comparisonAdvice,
  headlineWord,
  metricSentence,
  metricWord,
  moveOf,
  roundsSentence,
  rulesSentence,
  sideText,
  valueText,
} from '../comparison-words.js'
import { machineFacts } from '../run-facts.js'
import { html, type Markup } from './markup.js'
import { page } from './page.js'
import { roundsSection } from './rounds.js'
import { facts, table } from './table.js'
import { signOf } from './verdict-section.js'

// A comparison as the page of a run: the verdict, every metric with its bounds, then the pairs that it was judged from.

type Shown = { readonly verdict: ComparisonVerdict; readonly found: readonly string[] }

export function comparisonPage(comparison: Comparison, { verdict, found }: Shown): string {
  return page({
    title: `${headlineWord(comparison, verdict)} ${comparison.a.profileName}: ${found[0] ?? ''}`,
    lead: leadSection(comparison, { verdict, found }),
    sections: [
      { id: 'metrics', title: 'Metrics', body: metricsSection(comparison, verdict) },
      { id: 'rounds', title: 'Rounds', body: roundsBody(comparison, verdict) },
      { id: 'runs', title: 'Runs', body: runsSection(comparison) },
      { id: 'machine', title: 'Machine', body: machineSection(comparison) },
    ],
    foot: `nautilus ${comparison.nautilusVersion}, comparison ${comparison.id}, ${comparison.startedAt}`,
  })
}

function leadSection(comparison: Comparison, { verdict, found }: Shown): Markup {
  const [first, ...others] = found
  return html`<section class="verdict ${verdict.status}" aria-labelledby="verdict">
<h1 id="verdict">${signOf(verdict.status)}<span class="word">${headlineWord(comparison, verdict)}</span> <span class="sentence">${first ?? ''}</span></h1>
${others.map((text) => html`<p>${text}</p>`)}
<p class="run"><strong>${comparison.a.profileName}</strong>, ${roundsSentence(comparison, verdict)}, started <time datetime="${comparison.startedAt}">${comparison.startedAt}</time></p>
<p>A: ${sideText(comparison.a)}<br>B: ${comparison.kind === 'aa' ? 'the same: every difference is noise' : sideText(comparison.b)}</p>
${verdict.status === 'inconclusive' || verdict.status === 'noData' ? html`<p>${comparisonAdvice(comparison, verdict)}</p>` : null}
</section>`
}

function metricsSection(comparison: Comparison, verdict: ComparisonVerdict): Markup {
  return table({
    caption: `The worst first; ${rulesSentence(comparison)}.`,
    head: ['metric', 'A', 'B', 'change', 'between', 'role'],
    words: [0, 5],
    rows: verdict.metrics.map((metric) => ({
      cells: [
        html`<span class="status ${metric.status}">${signOf(metric.status)}${metricWord[metric.status]}</span> ${metric.name}`,
        valueText(metric.a, metric.unit),
        valueText(metric.b, metric.unit),
        changeText(moveOf(metric).change, metric.scale),
        boundsText(metric),
        metric.role,
      ],
    })),
  })
}

function roundsBody(comparison: Comparison, verdict: ComparisonVerdict): Markup {
  const rounds = wholeRounds(comparison)
  return roundsSection(
    verdict.metrics.map((metric) => ({
      name: metric.name,
      sentence: `${metricWord[metric.status]}, ${metricSentence(metric).replace(`${metric.name} `, '')}`,
      valueText: (value) => valueText(value, metric.unit),
      rounds: rounds.flatMap(({ index, order, metrics }) => {
        const pair = metrics[metric.name]
        return pair === undefined ? [] : [{ name: String(index + 1), order, a: pair.a, b: pair.b }]
      }),
    })),
  )
}

const runsSection = ({ rounds }: Comparison): Markup =>
  table({
    caption: 'Every run, those without figures too',
    head: ['round', 'side', 'run', 'started', 'instrument', 'without figures because'],
    words: [0, 1, 2, 3, 4, 5],
    rows: rounds.flatMap(({ index, order, a, b }) =>
      (order === 'AB' ? (['A', 'B'] as const) : (['B', 'A'] as const)).map((side) => {
        const { runId, startedAt, fidelity, failure } = side === 'A' ? a : b
        return { cells: [String(index + 1), side, runId, startedAt, fidelity, failure ?? '-'] }
      }),
    ),
  })

const machineSection = ({ machine, nautilusVersion }: Comparison): Markup =>
  facts('Machine and software', machineFacts(machine, nautilusVersion))
