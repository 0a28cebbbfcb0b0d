import { nsPerSec } from '../core/units.js'
import type { RunResult, Series } from '../results/run-result.js'
import { endToEndName } from '../sla/series.js'
import type { Verdict } from '../sla/verdict.js'
import { accountingTerms, verdictWord } from './words.js'

// OpenMetrics text (prometheus.io, RFC draft of 2022): for a Pushgateway, or the text collector of node_exporter. Base units
// are seconds and ratios, as the format asks. One family after the other, and `# EOF` at the end.

type Labels = Readonly<Record<string, string>>
type Sample = { readonly suffix?: string; readonly labels: Labels; readonly value: number }
type Family = {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'summary' | 'stateset'
  readonly unit?: string
  readonly help: string
  readonly samples: readonly Sample[]
}

export function openMetricsReport(result: RunResult, { verdict }: { readonly verdict: Verdict }): string {
  const of = { profile: result.profileName }
  const families = [
    ...verdictFamilies(verdict, of),
    latencyFamily(result, of),
    ...loadFamilies(result, of),
    instrumentFamily(result, of),
    ...engineFamilies(result, of),
  ]
  return `${families
    .filter(({ samples }) => samples.length > 0)
    .map(familyText)
    .join('')}# EOF\n`
}

function verdictFamilies(verdict: Verdict, of: Labels): Family[] {
  const latencies = verdict.checks.filter((check) => check.kind === 'latency')
  return [
    {
      name: 'nautilus_verdict',
      type: 'stateset',
      help: 'Verdict of the last run: one of these is 1.',
      samples: Object.keys(verdictWord).map((status) => ({
        labels: { ...of, nautilus_verdict: status },
        value: status === verdict.status ? 1 : 0,
      })),
    },
    {
      name: 'nautilus_limit_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'Latency limit of the profile.',
      samples: latencies.map(({ component, quantile, limitNs }) => ({
        labels: { ...of, component, limit: quantile },
        value: limitNs / nsPerSec,
      })),
    },
    {
      name: 'nautilus_headroom_ratio',
      type: 'gauge',
      unit: 'ratio',
      help: 'Share of the limit that is left; negative where it is exceeded.',
      samples: verdict.checks.flatMap(({ name, headroom }) =>
        headroom === null ? [] : [{ labels: { ...of, check: name }, value: headroom }],
      ),
    },
  ]
}

function latencyFamily({ endToEnd, service, components }: RunResult, of: Labels): Family {
  const all: (readonly [string, Series])[] = [
    [endToEndName, endToEnd],
    ...(service === null ? [] : [['service', service] as const]),
    ...components.map((series) => [series.name, series] as const),
  ]
  return {
    name: 'nautilus_latency_seconds',
    type: 'summary',
    unit: 'seconds',
    help: 'Response time end to end, and queue and processing of each component, over the measured window.',
    samples: all.flatMap(([component, { summary }]) => {
      const labels = { ...of, component }
      const quantiles: (readonly [string, number])[] = [
        ['0.5', summary.p50Ns],
        ['0.9', summary.p90Ns],
        ['0.95', summary.p95Ns],
        ['0.99', summary.p99Ns],
        ['0.999', summary.p999Ns],
        ['1.0', summary.maxNs],
      ]
      return [
        ...(summary.count === 0 ? [] : quantiles).map(([quantile, ns]) => ({
          labels: { ...labels, quantile },
          value: ns / nsPerSec,
        })),
        { suffix: '_count', labels, value: summary.count },
        { suffix: '_sum', labels, value: (summary.meanNs * summary.count) / nsPerSec },
      ]
    }),
  }
}

function loadFamilies(result: RunResult, of: Labels): Family[] {
  const { load } = result
  return [
    {
      name: 'nautilus_requests',
      type: 'counter',
      help: 'Planned requests of the window by outcome.',
      samples: accountingTerms(result).map(({ count, word }) => ({
        suffix: '_total',
        labels: { ...of, outcome: word },
        value: count,
      })),
    },
    {
      name: 'nautilus_rate_per_second',
      type: 'gauge',
      help: 'Requests a second that were meant, and that had an outcome.',
      samples: [
        { labels: { ...of, kind: 'target' }, value: load.targetRatePerSec },
        { labels: { ...of, kind: 'achieved' }, value: load.achievedRatePerSec },
      ],
    },
    {
      name: 'nautilus_started_timestamp_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'When the run began, since the epoch.',
      samples: [{ labels: of, value: Date.parse(result.startedAt) / 1000 }].filter(({ value }) =>
        Number.isFinite(value),
      ),
    },
  ]
}

const instrumentFamily = ({ fidelity }: RunResult, of: Labels): Family => ({
  name: 'nautilus_lateness_seconds',
  type: 'gauge',
  unit: 'seconds',
  help: 'How late requests were sent: what the instrument adds.',
  samples: [
    { labels: { ...of, at: 'p50' }, value: fidelity.lateness.p50Ns / nsPerSec },
    { labels: { ...of, at: 'p99' }, value: fidelity.lateness.p99Ns / nsPerSec },
    { labels: { ...of, at: 'max' }, value: fidelity.lateness.maxNs / nsPerSec },
  ],
})

function engineFamilies({ engines }: RunResult, of: Labels): Family[] {
  const labels = ({ name, instance }: RunResult['engines'][number]) => ({
    ...of,
    engine: name,
    instance: String(instance),
  })
  return [
    {
      name: 'nautilus_engine_cpu_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'CPU time of an engine over the window.',
      samples: engines.flatMap((engine) =>
        engine.cpuNs === null ? [] : [{ suffix: '_total', labels: labels(engine), value: engine.cpuNs / nsPerSec }],
      ),
    },
    {
      name: 'nautilus_engine_memory_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Largest resident memory of an engine.',
      samples: engines.flatMap((engine) =>
        engine.rssBytesMax === null ? [] : [{ labels: labels(engine), value: engine.rssBytesMax }],
      ),
    },
  ]
}

function familyText({ name, type, unit, help, samples }: Family): string {
  const head = [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help}`,
  ]
  const lines = samples.map(({ suffix = '', labels, value }) => `${name}${suffix}{${labelText(labels)}} ${value}`)
  return `${[...head, ...lines].join('\n')}\n`
}

const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')

const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll(/\r?\n|\r/g, '\\n')
