import type { Machine, RunResult } from '../results/run-result.js'
import { busLoads, busSentence } from './bus-load.js'
import { deliverySentence, engineSentence } from './engine-rows.js'
import { formatBytes, formatCount, formatDuration, formatRate, formatShare, noFigure } from './format.js'
import { shownQuantileNs } from './quantile.js'
import { breakerSentences, recoverySentences } from './recovery.js'
import { serviceNames, storeSentence } from './words.js'

// How a run was measured and on what, as pairs of a name and a value: Markdown and HTML show the same.

type Fact = readonly [name: string, value: string]

export function instrumentFacts({ fidelity, load }: RunResult): Fact[] {
  const { lateness, noiseFloor, libraryPath, idleState, keptAwake } = fidelity
  return [
    ['loop', `${load.loop}, ${load.arrivals}, seed ${load.seed}`],
    ['source', load.source],
    ...(load.target === null ? [] : [['target', load.target] as const]),
    ...(load.connections === null ? [] : [['connections', formatCount(load.connections)] as const]),
    ['workers', formatCount(load.workers)],
    ['achieved', `${formatRate(load.achievedRatePerSec)}${load.loop === 'closed' ? '' : targetWords(load)}`],
    ['sent', `${formatCount(fidelity.sentCount)} of ${formatCount(fidelity.plannedCount)}`],
    [
      'lateness of the send',
      `p50 ${formatDuration(lateness.p50Ns)}, p99 ${formatDuration(lateness.p99Ns)}, max ${formatDuration(lateness.maxNs)}`,
    ],
    ['noise floor', noiseFloor === null ? 'not calibrated' : noiseFloorWords(noiseFloor)],
    ['pacing', fidelity.pacing],
    ...(libraryPath === null ? [] : [['library path', libraryPath] as const]),
    ['idle cores', `${keptAwake ? 'kept awake' : 'free to sleep'}${idleState === null ? '' : `, ${idleState}`}`],
    ['generator waited for a core', formatShare(fidelity.generatorRunQueueShare)],
    ['event-loop delay p99', formatDuration(fidelity.generatorEventLoopDelayNsP99)],
    ['garbage collection', formatDuration(fidelity.generatorGcNs)],
    ['throttled', formatDuration(fidelity.throttledNs)],
    ['clock read', formatDuration(fidelity.clockReadNs)],
    ['negative differences', formatCount(fidelity.negativeDifferences)],
    ...(fidelity.serverOverruns === 0
      ? []
      : [['Server-Timing above the time of answers', formatCount(fidelity.serverOverruns)] as const]),
    ['trend of the p95', fidelity.trendShare === null ? noFigure : formatShare(fidelity.trendShare)],
  ]
}

const targetWords = ({ targetRatePerSec }: RunResult['load']): string => ` of ${formatRate(targetRatePerSec)}`

const noiseFloorWords = ({ p50Ns, p95Ns, p99Ns, target }: NonNullable<RunResult['fidelity']['noiseFloor']>): string =>
  `p50 ${formatDuration(p50Ns)}, p95 ${formatDuration(p95Ns)}, p99 ${formatDuration(p99Ns)} against a ${target}`

export function systemFacts(result: RunResult, previous: RunResult | null): Fact[] {
  const { machine, git, nautilusVersion } = result
  const store = storeSentence(result)
  const bus = busSentence(result)
  const engines = engineSentence(result)
  const delivery = deliverySentence(result)
  return [
    ...machineFacts(machine, nautilusVersion),
    ['commit', git === null ? noFigure : `${git.commit.slice(0, 12)}${git.dirty ? ' with local changes' : ''}`],
    ['services', serviceNames(result).join(', ') || noFigure],
    ...(engines === null ? [] : [['engines', engines] as const]),
    ...(delivery === null ? [] : [['delivery', delivery] as const]),
    ...recoverySentences(result).map((sentence) => ['recovery', sentence] as const),
    ...breakerSentences(result).map((sentence) => ['breaker', sentence] as const),
    ...(bus === null ? [] : [['bus', bus] as const]),
    ...busLoads(result).map(({ name, words }) => [`bus ${name}`, words] as const),
    ...(store === null ? [] : [['postgresql', store] as const]),
    ...(previous === null ? [] : [['last run', lastRunWords(previous)] as const]),
  ]
}

const lastRunWords = ({ id, startedAt, endToEnd }: RunResult): string =>
  `${id}, ${startedAt}: end to end p95 ${formatDuration(shownQuantileNs(endToEnd, 'p95'))}`

export const machineFacts = (machine: Machine, version: string): Fact[] => [
  ['machine', `${machine.cpuModel}, ${machine.coresUsable} cores, ${formatBytes(machine.memoryBytes)}`],
  ['governor', machine.governor ?? noFigure],
  ['load average, 1 min', String(machine.loadAverage1m)],
  ['CPU pressure, 10 s', machine.pressureCpuSome10 === null ? noFigure : `${machine.pressureCpuSome10} %`],
  ['steal', machine.stealShare === null ? noFigure : formatShare(machine.stealShare)],
  ['CPU limit of the cgroup', machine.cgroupCpuMax ?? noFigure],
  ['software', `nautilus ${version}, Node ${machine.node}, ${machine.platform} ${machine.kernel}`],
]
