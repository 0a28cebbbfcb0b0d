import { createRequire } from 'node:module'
import { HistogramLogReader, listTags } from 'hdr-histogram-js'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { RunResult, Series } from '../results/run-result.js'
import { judge } from '../sla/verdict.js'
import { keptSample, richRun } from './html/rich-run-fixture.js'
import { type ReportFormat, renderReport } from './render.js'

// Each format is read back by its consumer, or held against the structure that its documentation gives.

const rendered = (format: ReportFormat, result: RunResult): string => {
  const context = { nowIso: '', previous: null, reference: 'last', folder: null, profile: null, services: null }
  return renderReport(format, result, { verdict: judge(result), context, color: false })
}

type PrometheusFamily = {
  readonly name: string
  readonly type: string
  readonly metrics: readonly { readonly value: string; readonly labels: Readonly<Record<string, string>> }[]
}
// It has no types of its own.
const parsePrometheus: (text: string) => PrometheusFamily[] = createRequire(import.meta.url)(
  'parse-prometheus-text-format',
)

const attack = 'a"\\\n::error::x,y %0A#{}'

/** Names that mean something to the formats. */
const hostileRun = (): RunResult => {
  const run = keptSample('risk-fail')
  return {
    ...run,
    profileName: attack,
    profile: { ...run.profile, sla: { endToEnd: { p95: '1ms' }, budget: { [attack]: { p95: '1ms', of: ['x'] } } } },
    components: run.components.map((series, index) => ({ ...series, name: index === 0 ? attack : series.name })),
  }
}

const samples = ['pass', 'risk-fail', 'hang', 'invalid', 'no-data', 'interrupted', 'store-disagrees'].map(
  (name) => [name, keptSample(name)] as const,
)
const runs = [...samples, ['a rich run', richRun()] as const, ['hostile names', hostileRun()] as const]

/** HdrHistogram keeps three digits, a bucket of ours is 0.8 % wide. */
const near = (found: number, expected: number): boolean => Math.abs(found - expected) <= expected * 0.006 + 1

test.each(runs)('the HdrHistogram log of %s is read back with the quantiles of the run', (_, run) => {
  const text = rendered('hlog', run)
  const reader = new HistogramLogReader(text)
  const all: Series[] = [run.endToEnd, ...(run.service === null ? [] : [run.service]), ...run.components]
  const series = all.filter(({ summary }) => summary.count > 0)
  for (const expected of series) {
    const histogram = reader.nextIntervalHistogram()
    if (histogram === null) throw new Error(`the log lacks ${expected.name}`)
    const { summary } = expected
    expect(histogram.totalCount).toBe(expected.histogram.reduce((sum, [, count]) => sum + count, 0))
    for (const [percentile, ns] of [
      [50, summary.p50Ns],
      [95, summary.p95Ns],
      [99, summary.p99Ns],
    ] as const) {
      if (expected.name === 'service') continue
      expect([expected.name, percentile, near(histogram.getValueAtPercentile(percentile), ns)]).toEqual([
        expected.name,
        percentile,
        true,
      ])
    }
    expect(near(histogram.maxValue, summary.maxNs)).toBe(true)
    expect(histogram.endTimeStampMsec - histogram.startTimeStampMsec).toBeCloseTo(run.load.durationNs / 1e6, -1)
  }
  expect(reader.nextIntervalHistogram()).toBeNull()
  expect(reader.startTimeSec).toBeCloseTo(Date.parse(run.startedAt) / 1000, 2)
  expect(listTags(text).length).toBe(series.length)
})

test('the percentile table of HdrHistogram rises to the largest sample and says how many there were', () => {
  const run = keptSample('pass')
  const lines = rendered('hgrm', run).split('\n')
  const rows = lines
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((row) => row.length >= 3 && row.every((value) => !Number.isNaN(value)))
  expect(lines[0]?.trim()).toMatch(/^Value\s+Percentile\s+TotalCount\s+1\/\(1-Percentile\)$/)
  expect(rows.length).toBeGreaterThan(30)
  expect(rows.map(([value]) => value)).toEqual(rows.map(([value]) => value).toSorted((a = 0, b = 0) => a - b))
  const p95 = rows.findLast(([, share = 1]) => share <= 0.95)?.[0] ?? 0
  expect(near(p95 * 1e6, run.endToEnd.summary.p95Ns) || p95 * 1e6 < run.endToEnd.summary.p95Ns).toBe(true)
  expect(rows.at(-1)?.slice(1, 3)).toEqual([1, run.endToEnd.summary.count])
  expect(lines.find((line) => line.startsWith('#[Max'))).toContain((run.endToEnd.summary.maxNs / 1e6).toFixed(1))
})

test.each(runs)('Prometheus reads the OpenMetrics text of %s with each series once', (_, run) => {
  const text = rendered('openmetrics', run)
  expect(text.endsWith('\n# EOF\n')).toBe(true)
  // It joins all series of a summary, whatever their labels, so it is given one that it takes for plain figures.
  const families = parsePrometheus(text.replace(/ summary$/m, ' untyped'))
  const sampleOf = (name: string, asked: Readonly<Record<string, string>>) =>
    families
      .find((family) => family.name === name)
      ?.metrics.find(({ labels }) => Object.entries(asked).every(([label, value]) => labels[label] === value))?.value
  const { count, p95Ns } = run.endToEnd.summary
  const component = 'end to end'
  expect(sampleOf('nautilus_latency_seconds_count', { component })).toBe(String(count))
  expect(Number(sampleOf('nautilus_latency_seconds', { component, quantile: '0.95' }) ?? 0) * 1e9).toBeCloseTo(
    count === 0 ? 0 : p95Ns,
    0,
  )
  expect(sampleOf('nautilus_requests_total', { outcome: 'lost' })).toBe(String(run.accounting.lost))
  const profiles = new Set(families.flatMap(({ metrics }) => metrics.map(({ labels }) => labels['profile'])))
  expect([...profiles]).toEqual([run.profileName])
  const series = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/ \S+$/, ''))
  expect(new Set(series).size).toBe(series.length)
  expect(series.every((line) => /^nautilus_\w+\{.*\}$/.test(line))).toBe(true)
})

test('OpenMetrics families hold to the rules of the format: units end names, counters end with _total', () => {
  const text = rendered('openmetrics', richRun())
  for (const [, name = '', unit = ''] of text.matchAll(/^# UNIT (\S+) (\S+)$/gm))
    expect(name.endsWith(`_${unit}`)).toBe(true)
  for (const [, name = ''] of text.matchAll(/^# TYPE (\S+) counter$/gm)) {
    expect(text).toContain(`\n${name}_total{`)
    expect(text).not.toContain(`\n${name}{`)
  }
  const stated = [...text.matchAll(/^nautilus_verdict\{.*nautilus_verdict="(\w+)"\} ([01])$/gm)]
  expect(stated.filter(([, , value]) => value === '1').map(([, state]) => state)).toEqual(['fail'])
})

const bencher = z.record(
  z.string().min(1).max(1024),
  z.record(
    z.string().min(1).max(64),
    z.strictObject({ value: z.number(), lower_value: z.number().optional(), upper_value: z.number().optional() }),
  ),
)

test.each(runs)('the Bencher file of %s has the documented structure', (_, run) => {
  const found = bencher.parse(JSON.parse(rendered('bencher', run)))
  expect(found[`${run.profileName}/throughput`]?.['throughput']?.value).toBe(run.load.achievedRatePerSec)
})

test('the Bencher file gives quantiles in nanoseconds, between their bounds where there are any', () => {
  const run = keptSample('pass')
  const found = bencher.parse(JSON.parse(rendered('bencher', run)))['algo-200ms/endToEnd.p95']?.['latency']
  expect(found?.value).toBe(run.endToEnd.summary.p95Ns)
  expect(found?.lower_value).toBeLessThan(run.endToEnd.summary.p95Ns)
  expect(found?.upper_value).toBeGreaterThan(run.endToEnd.summary.p95Ns)
})

const smallerIsBetter = z.array(
  z.strictObject({
    name: z.string().min(1),
    unit: z.string().min(1),
    value: z.number(),
    range: z.string().optional(),
    extra: z.string().optional(),
  }),
)

test.each(runs)(
  'the customSmallerIsBetter list of %s has the documented structure and no figure that should be large',
  (_, run) => {
    const found = smallerIsBetter.parse(JSON.parse(rendered('benchmark-json', run)))
    expect(new Set(found.map(({ name }) => name)).size).toBe(found.length)
    expect(found.filter(({ name }) => name.includes('throughput'))).toEqual([])
    const p95 = found.find(({ name }) => name === `${run.profileName} endToEnd.p95`)
    expect([p95?.unit, p95?.value]).toEqual(
      run.endToEnd.summary.count === 0 ? [undefined, undefined] : ['ms', run.endToEnd.summary.p95Ns / 1e6],
    )
  },
)

const badge = z.strictObject({
  schemaVersion: z.literal(1),
  label: z.string(),
  message: z.string().min(1),
  color: z.enum(['brightgreen', 'green', 'yellowgreen', 'yellow', 'orange', 'red', 'blue', 'lightgrey']),
  isError: z.boolean(),
})

test.each([
  { name: 'pass', message: /^pass, end to end p95 [\d.]+ ms of 200 ms$/, color: 'brightgreen' },
  { name: 'risk-fail', message: /^fail, risk p95 7\.11 ms of 5 ms$/, color: 'red' },
  { name: 'invalid', message: /^invalid$/, color: 'lightgrey' },
  { name: 'no-data', message: /^no data$/, color: 'lightgrey' },
  { name: 'interrupted', message: /^interrupted$/, color: 'lightgrey' },
])('the badge of $name says so in a word, and only a pass is green', ({ name, message, color }) => {
  const found = badge.parse(JSON.parse(rendered('badge', keptSample(name))))
  expect(found.message).toMatch(message)
  expect([found.color, found.isError]).toEqual([color, name !== 'pass'])
})

test('a load that nobody asked to judge gets a badge with its figures', () => {
  const run = keptSample('pass')
  const load = { ...run.load, target: 'GET http://127.0.0.1/', scenario: 'http' as const }
  const found = badge.parse(JSON.parse(rendered('badge', { ...run, load, store: null, profile: {} })))
  expect([found.message, found.color]).toEqual(['p95 13.5 ms, p99 21.7 ms', 'blue'])
})

test('an annotation names the line of the profile that sets the limit', () => {
  const limitPlaces = [
    { path: 'sla.endToEnd.p95', file: 'profiles/algo-200ms.yaml', line: 30, column: 16 },
    { path: 'sla.budget.risk.p95', file: 'profiles/algo-200ms.yaml', line: 34, column: 18 },
  ]
  expect(rendered('annotations', { ...keptSample('risk-fail'), limitPlaces })).toBe(
    '::error file=profiles/algo-200ms.yaml,line=34,col=18,title=nautilus%3A risk.p95 is over its limit::risk p95 7.11 ms > 5 ms  over by 2.11 ms (sla.budget.risk.p95)\n',
  )
})

test.each(runs)('the annotations of %s are one command a line, whatever the names', (_, run) => {
  const text = rendered('annotations', run)
  const lines = text.split('\n').slice(0, -1)
  for (const line of lines)
    expect(line).toMatch(/^::(error|warning) (file=[^,:]+,line=\d+,col=\d+,)?title=[^,:]+::[^\r\n]+$/)
  const isGood = judge(run).status === 'pass'
  expect(lines.length === 0).toBe(isGood)
  expect(lines.length).toBeLessThanOrEqual(20)
})
