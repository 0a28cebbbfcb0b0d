import type { Clock } from '../../core/clock.js'
import { type DurationNs, durationNs, elapsed, type InstantNs, nsPerMs } from '../../core/units.js'
import type { RunResult, Series } from '../../results/run-result.js'
import { type CaseFacts, judgeCases } from './fidelity.js'
import type { ComponentsPlan, PlannedGroup, PlannedVariant } from './plan.js'
import { callsPerSampleFor } from './sampling.js'
import { type Round, seriesOf } from './series.js'
import { VariantProcess } from './variant-process.js'

// Component cases, one group after the other. The variants of a group are measured in turns, in rounds of a slice each whose
// order is turned round every time (ABBA), so that a drift of the machine meets all alike. A process of JavaScript settles
// into code and a heap of its own, and no number of samples within one shows that (Kalibera and Jones, "Rigorous benchmarking
// in reasonable time", ISMM 2013): so the rounds are spread over several fresh processes of each variant.

const processCount = 5
const roundsPerProcess = 8
const warmupNsMax = 250 * nsPerMs

type ComponentHooks = {
  readonly clock: Clock
  /** Ends the measurement after the slice that runs; whole rounds are kept. Its reason is shown. */
  readonly stop: AbortSignal
  readonly onProgress: (text: string) => void
}

export type MeasuredComponents = {
  readonly series: readonly Series[]
  readonly cases: RunResult['cases']
  readonly interrupted: string | null
  readonly elapsedNs: DurationNs
  readonly warmupNs: DurationNs
  readonly instrument: ReturnType<typeof judgeCases>
}

export async function runComponents(plan: ComponentsPlan, hooks: ComponentHooks): Promise<MeasuredComponents> {
  const startedAt = hooks.clock.now()
  const tracks: Track[] = []
  for (const [index, group] of plan.groups.entries()) {
    if (hooks.stop.aborted) break
    const names = group.variants.map(({ name }) => name).join(', ')
    hooks.onProgress(`component ${index + 1} of ${plan.groups.length}: ${names}`)
    tracks.push(...(await runGroup(group, startedAt, hooks)))
  }
  const measured = tracks.filter(({ rounds }) => rounds.length > 0)
  const series = measured.map(({ variant, rounds }) => seriesOf(variant.name, variant.limitsNs, rounds))
  return {
    series,
    cases: measured.map(caseOf),
    interrupted: hooks.stop.aborted ? reasonOf(hooks.stop) : null,
    elapsedNs: elapsed(startedAt, hooks.clock.now()),
    warmupNs: durationNs(
      plan.groups.reduce((sum, group) => sum + group.variants.length * warmupOf(group), 0) * processCount,
    ),
    instrument: judgeCases(measured.map((track, index) => factsOf(track, series[index]))),
  }
}

/** What has been learnt of one variant. */
type Track = {
  readonly variant: PlannedVariant
  readonly rounds: Round[]
  callsPerSample: number
  clockNs: number
  /** Per sample and process. */
  readonly overheadsNs: number[]
  runQueueNs: number
  gcNs: number
  busyNs: number
}

const newTrack = (variant: PlannedVariant): Track => ({
  variant,
  rounds: [],
  callsPerSample: 0,
  clockNs: 0,
  overheadsNs: [],
  runQueueNs: 0,
  gcNs: 0,
  busyNs: 0,
})

const warmupOf = ({ durationNs: spanNs }: PlannedGroup): DurationNs => durationNs(Math.min(warmupNsMax, spanNs / 4))

async function runGroup(group: PlannedGroup, startedAt: InstantNs, hooks: ComponentHooks): Promise<Track[]> {
  const tracks = group.variants.map(newTrack)
  const sliceNs = durationNs(Math.max(1, Math.round(group.durationNs / (processCount * roundsPerProcess))))
  for (let process = 0; process < processCount && !hooks.stop.aborted; process += 1) {
    const pairs = tracks.map((track) => ({ track, process: new VariantProcess(track.variant.name) }))
    try {
      for (const pair of pairs) await prepare(pair, warmupOf(group))
      for (let round = 0; round < roundsPerProcess && !hooks.stop.aborted; round += 1) {
        await runRound(round % 2 === 0 ? pairs : pairs.toReversed(), { sliceNs, startedAt, hooks })
      }
      for (const pair of pairs) await finish(pair)
    } finally {
      await Promise.all(pairs.map((pair) => pair.process.kill()))
    }
  }
  return tracks
}

type Pair = { readonly track: Track; readonly process: VariantProcess }

async function prepare({ track, process }: Pair, warmupNs: DurationNs): Promise<void> {
  const { caseName, variant } = track.variant
  const { callNs, clockNs } = await process.ask({ kind: 'prepare', name: caseName, variant, warmupNs })
  // Decided once, so that all samples of a variant are means of equally many calls.
  if (track.callsPerSample === 0) track.callsPerSample = callsPerSampleFor(callNs, clockNs)
  track.clockNs = Math.max(track.clockNs, clockNs)
  const { overheadNs } = await process.ask({ kind: 'time', callsPerSample: track.callsPerSample })
  track.overheadsNs.push(overheadNs)
}

/** A slice of each; where a stop comes in between, none of them counts. */
async function runRound(
  pairs: readonly Pair[],
  { sliceNs, startedAt, hooks }: { sliceNs: DurationNs; startedAt: InstantNs; hooks: ComponentHooks },
): Promise<void> {
  const rounds: Round[] = []
  for (const { process } of pairs) {
    if (hooks.stop.aborted) return
    const slice = await process.ask({ kind: 'slice', spanNs: sliceNs })
    rounds.push({ startNs: slice.startedAt - startedAt, samplesNs: slice.samplesNs })
  }
  for (const [index, round] of rounds.entries()) pairs[index]?.track.rounds.push(round)
}

async function finish({ track, process }: Pair): Promise<void> {
  const { runQueueNs, gcNs, busyNs } = await process.ask({ kind: 'end' })
  track.runQueueNs += runQueueNs
  track.gcNs += gcNs
  track.busyNs += busyNs
}

const overheadOf = ({ overheadsNs, callsPerSample }: Track): number =>
  overheadsNs.reduce((sum, ns) => sum + ns, 0) / overheadsNs.length / callsPerSample

function caseOf(track: Track): RunResult['cases'][number] {
  const { variant, rounds, callsPerSample } = track
  return {
    name: variant.name,
    of: variant.caseName,
    callsPerSample,
    callCount: callsPerSample * rounds.reduce((sum, { samplesNs }) => sum + samplesNs.length, 0),
    roundCount: rounds.length,
    roundsPerProcess,
    overheadNs: overheadOf(track),
  }
}

function factsOf(track: Track, series: Series | undefined): CaseFacts {
  const p50s = series?.intervals.map(({ p50Ns }) => p50Ns) ?? []
  return {
    name: track.variant.name,
    p50Ns: series?.summary.p50Ns ?? 0,
    limitNs: track.variant.limitsNs[0] ?? null,
    overheadsNs: track.overheadsNs.map((ns) => ns / track.callsPerSample),
    clockNs: track.clockNs,
    runQueueNs: track.runQueueNs,
    gcNs: track.gcNs,
    busyNs: track.busyNs,
    processesP50Ns: Array.from({ length: Math.ceil(p50s.length / roundsPerProcess) }, (_, index) =>
      p50s.slice(index * roundsPerProcess, (index + 1) * roundsPerProcess),
    ),
  }
}

const reasonOf = (stop: AbortSignal): string =>
  stop.reason instanceof Error ? 'stopped' : String(stop.reason ?? 'stopped')
