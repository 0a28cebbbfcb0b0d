import type { Baseline } from '../results/baselines.js'
import type { FollowedMetric } from '../results/followed.js'
import type { ProfileHistory } from '../results/history.js'
import type { BaselineMetric, BaselineVerdict } from '../sla/baseline.js'
import { changeText, valueText } from './comparison-words.js'
import { formatAgo, formatCount, noFigure } from './format.js'
import { textTable } from './text-table.js'

// What `nautilus baseline` prints, and what a gate says of a run against one.

const baselineWord: Readonly<Record<BaselineVerdict['status'], string>> = {
  ok: 'OK',
  regressed: 'REGRESSED',
  inconclusive: 'INCONCLUSIVE',
  noData: 'NO DATA',
  missing: 'NO BASELINE',
  unfit: 'NO BASELINE',
}

/** Lines of a gate: the word, then each figure that is not where it was expected. */
export function baselineLines(verdict: BaselineVerdict): string[] {
  const { name, status, reason, metrics } = verdict
  const okCount = metrics.filter((metric) => metric.status === 'ok').length
  const found = metrics.filter((metric) => metric.status === 'regressed' || metric.status === 'noData')
  const gains = metrics.filter((metric) => metric.status === 'improved')
  return [
    [`${baselineWord[status]}  against baseline ${name}`, ...(reason === null ? [] : [reason])].join(': '),
    ...found.map((metric) => `${metric.status === 'regressed' ? 'REGRESSED' : 'NO DATA'}  ${metricSentence(metric)}`),
    ...gains.map((metric) => `IMPROVED  ${metricSentence(metric)}`),
    ...(okCount > 0 ? [`OK  ${okCount} of ${metrics.length} figures are where they were expected`] : []),
  ]
}

/** `risk.p95 7.09 ms, expected 95.0 us to 112 us of 12 earlier runs` */
function metricSentence({ name, value, lower, upper, unit, occasionCount }: BaselineMetric): string {
  const expected = `expected ${valueText(lower, unit)} to ${valueText(upper, unit)} by ${countText(occasionCount)} before it`
  return `${name} ${value === null ? 'has no data' : valueText(value, unit)}, ${expected}`
}

const countText = (count: number): string => (count === 1 ? '1 run' : `${formatCount(count)} runs`)

export function savedText({ name, entries, profileName, machineClass }: Baseline, occasionsMin: number): string {
  const runs = countText(entries.length)
  const missing = occasionsMin - entries.length
  const next =
    missing > 0
      ? `${missing} more are needed before it judges; measure the same again, then:  nautilus baseline save ${name}`
      : `Hold a run against it:  nautilus gate last --baseline ${name}`
  return `baseline ${name}: ${runs} of ${profileName} on ${machineClass}\n${next}\n`
}

export function baselinesText(baselines: readonly Baseline[], nowIso: string): string {
  if (baselines.length === 0) return 'no baselines are kept here; save one:  nautilus baseline save main\n'
  const rows = baselines.map(({ name, profileName, entries, createdAt, machineClass }) => [
    ...[name, profileName, String(entries.length), formatAgo(createdAt, nowIso), machineClass],
  ])
  const table = textTable([['baseline', 'profile', 'runs', 'saved', 'machine'], ...rows], (column) => column === 2)
  return `${table.join('\n')}\n`
}

/** The figures of a history: where they are, and where they took another level. */
export function followedText(
  { profileName, machineClass, entries }: ProfileHistory,
  metrics: readonly FollowedMetric[],
): string {
  const rows = metrics.map(({ name, unit, count, median, latest, least, most, changes }) => [
    ...[name, String(count), valueText(median, unit), valueText(least, unit), valueText(most, unit)],
    ...[valueText(latest, unit), changes.length === 0 ? '' : String(changes.length)],
  ])
  const title = ['metric', 'runs', 'median', 'least', 'most', 'latest', 'changes']
  const changes = metrics.flatMap((metric) => metric.changes.map((change) => changeLine(metric, change)))
  return [
    `${profileName} on ${machineClass}, ${countText(entries.length)}`,
    '',
    ...textTable([title, ...rows], (column) => column > 0),
    ...(changes.length === 0 ? [] : ['', ...changes]),
    '',
  ].join('\n')
}

function changeLine({ name, unit }: FollowedMetric, change: FollowedMetric['changes'][number]): string {
  const { before, after, startedAt, id, commit } = change
  const share = before === 0 ? '' : ` (${changeText(after / before - 1, 'ratio')})`
  const where = commit === null ? '' : `, commit ${commit.slice(0, 12)}`
  return `${name} went from ${valueText(before, unit)} to ${valueText(after, unit)}${share} with run ${id}, ${startedAt}${where}`
}

/** One figure by time, newest last. */
export function valuesText({ name, unit, values, changes }: FollowedMetric): string {
  const rows = values.map(({ id, startedAt, value }) => {
    const change = changes.find((one) => one.id === id)
    const word = change === undefined ? '' : `changed from ${valueText(change.before, unit)}`
    return [startedAt, id, valueText(value, unit), word]
  })
  return `${textTable([['started', 'run', name, ''], ...rows], (column) => column === 2).join('\n')}\n`
}

/** Where a baseline expects the next run, metric by metric. */
export function baselineText(baseline: Baseline, expected: readonly BaselineMetric[]): string {
  const { name, profileName, machineClass, entries } = baseline
  const rows = expected.map(({ name: metric, unit, centre, lower, upper, occasionCount, role }) => [
    ...[metric, role, String(occasionCount), valueText(centre, unit)],
    lower === null || upper === null ? noFigure : `${valueText(lower, unit)} to ${valueText(upper, unit)}`,
  ])
  const title = ['metric', 'role', 'runs', 'centre', 'the next run is expected']
  return [
    `baseline ${name}: ${profileName} on ${machineClass}, ${countText(entries.length)}`,
    '',
    ...textTable([title, ...rows], (column) => column === 2 || column === 3),
    '',
  ].join('\n')
}
