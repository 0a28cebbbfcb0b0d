import type { NextRun, Side } from '../bench/rounds.js'
import type { RunSnapshot } from '../bench/snapshot.js'
import type { Io } from '../core/io.js'
import type { Profile } from '../profile/load.js'
import type { ComparedSides, Variant } from '../profile/variant.js'
import type { Comparison } from '../results/comparison.js'
import type { RunResult } from '../results/run-result.js'
import type { Trees } from '../supervisor/worktrees.js'
import type { View } from '../ui/show.js'

// One comparison, from the checkout of commits to the last round: what `nautilus compare` does between reading its options and telling.

export type Rules = Pick<Comparison, 'marginShare' | 'roundsMax' | 'controls' | 'kind'> & {
  /** Decisive metrics that were named; none for the usual ones. */
  readonly metrics: readonly string[]
}

type Comparing = {
  readonly id: string
  readonly sides: ComparedSides
  readonly rules: Rules
  readonly build: string | null
  readonly offline: boolean
  readonly view: View<RunSnapshot>
}

type Variants = Readonly<Record<Side, Variant>>

/** Finds what is wrong with the sides before anything waits for the machine or is built. */
export async function checkSides(io: Io, sides: ComparedSides, { metrics, controls }: Rules): Promise<void> {
  const { refuseUnknownNames, variantOf } = await import('../profile/variant.js')
  const { commitOf } = await import('../supervisor/worktrees.js')
  const here: Profile[] = []
  for (const side of [sides.a, sides.b]) {
    if (side.ref === null) here.push(variantOf(side, { cwd: io.cwd, commit: null }, { env: io.env, git: null }).profile)
    else await commitOf(side.ref, io.cwd, io.stop)
  }
  // The profile of a commit is known when it is checked out.
  if (here.length > 0) refuseUnknownNames([...metrics, ...controls], here)
}

/** Measures until it is decided, and keeps each round as soon as it is over. Leaves no worktree, whatever happens. */
export async function runComparison(io: Io, comparing: Comparing): Promise<Comparison> {
  const trees = await openTreesOf(io, comparing)
  try {
    const variants = await loadVariants(io, comparing, trees)
    const { refuseUnknownNames } = await import('../profile/variant.js')
    const { metrics, controls } = comparing.rules
    refuseUnknownNames([...metrics, ...controls], [variants.a.profile, variants.b.profile])
    const comparison = await planned(comparing, variants)
    await tellPlan(io, comparing, { comparison, variants })
    return await measured(io, comparing, { comparison, variants })
  } finally {
    if (trees !== null) comparing.view.note('removing worktrees')
    await trees?.remove()
  }
}

async function openTreesOf(io: Io, { id, sides, build, view }: Comparing): Promise<Trees | null> {
  const asked = (['a', 'b'] as const).flatMap((name) => {
    const { ref } = sides[name]
    return ref === null ? [] : [{ name, ref }]
  })
  if (asked.length === 0) return null
  const { newSystemId } = await import('../profile/access.js')
  const { comparisonFolder } = await import('../results/comparisons.js')
  const { openTrees } = await import('../supervisor/worktrees.js')
  const logFolder = comparisonFolder(io.cwd, id)
  return openTrees(asked, { cwd: io.cwd, systemId: newSystemId(), logFolder, build, stop: io.stop, note: view.note })
}

async function loadVariants(io: Io, { sides, view }: Comparing, trees: Trees | null): Promise<Variants> {
  const { lendProfile, variantOf } = await import('../profile/variant.js')
  const { readGit } = await import('../results/machine.js')
  const git = readGit(io.cwd)
  const load = async (name: Side): Promise<Variant> => {
    const side = sides[name]
    const tree = trees?.of.get(name)
    if (tree !== undefined && (await lendProfile(side.profile, io.cwd, tree.cwd))) {
      view.note(`${side.label} has no ${side.profile}: the one of this folder is used`)
    }
    return variantOf(side, tree ?? { cwd: io.cwd, commit: null }, { env: io.env, git })
  }
  return { a: await load('a'), b: await load('b') }
}

async function planned({ id, rules }: Comparing, { a, b }: Variants): Promise<Comparison> {
  const { wallClockIso } = await import('../core/clock.js')
  const { packageVersion } = await import('../core/paths.js')
  const { comparisonSchemaId } = await import('../results/comparison.js')
  const { readMachine } = await import('../results/machine.js')
  const { defaultMetrics, timedMetrics } = await import('../sla/comparison-metrics.js')
  const { metrics, controls, ...limits } = rules
  const { isLoaded, timedNames } = await import('../profile/followed-names.js')
  const profiles = [a.profile, b.profile]
  const timed = timedMetrics([...new Set(profiles.flatMap(timedNames))])
  const loaded = defaultMetrics([...new Set(profiles.flatMap(({ config }) => Object.keys(config.sla.budget)))])
  // Beside a load the functions are small parts too.
  const usual = profiles.some(isLoaded) ? { ...loaded, watched: [...loaded.watched, ...timed.deciding] } : timed
  return {
    ...{ schema: comparisonSchemaId, id, nautilusVersion: packageVersion(), startedAt: wallClockIso() },
    ...{ interrupted: null, rounds: [], machine: readMachine(null), seed: a.profile.config.load.seed },
    ...limits,
    a: a.shown,
    b: b.shown,
    controls,
    deciding: (metrics.length > 0 ? [...metrics] : usual.deciding).filter((name) => !controls.includes(name)),
    watched: metrics.length > 0 ? [] : usual.watched.filter((name) => !controls.includes(name)),
  }
}

type Planned = { readonly comparison: Comparison; readonly variants: Variants }

/** Time of a run beside warm-up and window: start, drain and stop, as a guess until the first has shown it. */
const besideNs = 4e9

async function tellPlan(io: Io, { view }: Comparing, { comparison, variants }: Planned): Promise<void> {
  const { planLines } = await import('../report/comparison-plan.js')
  const { readNoiseFloor } = await import('../results/noise-floor.js')
  const { differenceOf } = await import('../profile/variant.js')
  const runsNs = [variants.a, variants.b].map(({ profile }) => {
    const { warmup, duration } = profile.config.load
    return warmup + duration + besideNs
  })
  const secondsMax = ((runsNs[0] ?? 0) + (runsNs[1] ?? 0)) * comparison.roundsMax * 1e-9
  const floor = await readNoiseFloor(io.cwd, comparison.a.profileName, comparison.machine)
  for (const line of planLines(comparison, { floor, secondsMax })) view.note(line)
  const difference = comparison.kind === 'aa' ? 'other' : differenceOf(variants.a, variants.b)
  if (difference === 'none') {
    view.note('A and B are the same: every difference is noise, and --aa would keep it as the noise floor')
  }
  if (difference === 'load') view.note('A and B have another load: what differs may be the load, not the system')
}

async function measured(io: Io, comparing: Comparing, { comparison, variants }: Planned): Promise<Comparison> {
  const { runRounds } = await import('../bench/rounds.js')
  const { monotonicClock, wallClockIso } = await import('../core/clock.js')
  const { comparisonFolder, writeComparison } = await import('../results/comparisons.js')
  const { withMaskedLabels } = await import('../report/mask-urls.js')
  const folder = comparisonFolder(io.cwd, comparing.id)
  const secrets = [...variants.a.profile.secrets, ...variants.b.profile.secrets]
  const startedAt = monotonicClock.now()
  let runCount = 0
  const done = await runRounds(comparison, {
    stop: io.stop,
    nowIso: wallClockIso,
    measure: async (next) => {
      const spentNs = monotonicClock.now() - startedAt
      comparing.view.note(progressText(comparison, next, runCount === 0 ? null : spentNs / runCount))
      const result = await measureRun(io, comparing, { next, variant: variants[next.side] })
      runCount += 1
      return result
    },
    onRound: async (kept) => {
      await refuseUnknownMetrics(kept, comparing.rules)
      await writeComparison(folder, { comparison: withMaskedLabels(kept, secrets), files: {} })
    },
  })
  return withMaskedLabels(done, secrets)
}

/** After the first whole round it is known what has samples: a name that nobody has would cost all the others for nothing. */
async function refuseUnknownMetrics({ rounds }: Comparison, { metrics, controls }: Rules): Promise<void> {
  const [first] = rounds.filter(({ a, b }) => a.failure === null && b.failure === null)
  if (first === undefined || rounds.at(-1) !== first) return
  const known = Object.keys(first.metrics)
  const unknown = [...metrics, ...controls].find((name) => !known.includes(name))
  if (unknown === undefined) return
  const { unknownMetric } = await import('../profile/variant.js')
  throw unknownMetric(unknown, known)
}

async function measureRun(
  io: Io,
  { id, offline, view }: Comparing,
  { next, variant }: { readonly next: NextRun; readonly variant: Variant },
): Promise<RunResult> {
  const { join } = await import('node:path')
  const { newSystemId } = await import('../profile/access.js')
  const { withMaskedUrls, withMaskedWords } = await import('../report/mask-urls.js')
  const { comparisonFolder } = await import('../results/comparisons.js')
  const { resultFileName, writeRunFiles } = await import('../results/store.js')
  const { measureFresh } = await import('./measuring.js')
  const name = `${String(next.index + 1).padStart(2, '0')}-${next.side}`
  const folder = join(comparisonFolder(io.cwd, id), 'rounds', name)
  const profile = variant.withSeed(next.seed)
  const { cwd, faults } = variant
  const measured = await measureFresh(io, {
    ...{ profile, view, logFolder: join(folder, 'logs') },
    asked: { systemId: newSystemId(), runId: `${id}-${name}`, cwd, offline, faults },
    onDrive: () => undefined,
  })
  const result = withMaskedWords(measured.result, profile.secrets)
  await writeRunFiles(folder, { [resultFileName]: `${JSON.stringify(withMaskedUrls(result))}\n` })
  return result
}

/** `round 3 of at most 20 (BA): A, at most 4 min left`; `(BA) (again, 1 of 3)` where it was tried before. */
function progressText({ roundsMax, kind }: Comparison, next: NextRun, runNs: number | null): string {
  const { wholeCount, order, side, again } = next
  const most = kind === 'aa' ? roundsMax : `at most ${roundsMax}`
  const isSecond = order.toLowerCase().startsWith(side) ? 0 : 1
  const leftCount = 2 * (roundsMax - wholeCount) - isSecond
  const seconds = runNs === null ? null : Math.ceil((leftCount * runNs) / 1e9)
  const left =
    seconds === null ? '' : `, at most ${seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`} left`
  return `round ${wholeCount + 1} of ${most} (${order})${again}: ${side.toUpperCase()}${left}`
}
