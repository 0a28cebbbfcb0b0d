import type { MaxRate, RateAsked } from '../bench/max-rate.js'
import type { SystemAccess } from '../bench/plan.js'
import type { Io } from '../core/io.js'
import type { Profile } from '../profile/load.js'
import type { Capacity, Probe } from '../results/capacity.js'
import type { RunResult } from '../results/run-result.js'
import type { Driven, Measure } from './measuring.js'

// `--find-max-rate` of bench and load: the search, joined with what is measured and with what is kept.

type Search = {
  readonly profile: Profile
  /** How the profile was named on the command line; null where there is none. */
  readonly named: string | null
  readonly view: Measure['view']
  readonly queue: boolean
  readonly json: boolean
  /** Gives what runs to the work, and stops it when the work is done. */
  readonly onSystem: (work: (driven: Driven) => Promise<Found>, searchId: string) => Promise<Found>
}

type Found = { readonly probes: readonly Probe[]; readonly search: MaxRate; readonly startedAt: string }

/** Searches, keeps and shows what was found. */
export async function searchMaxRate(io: Io, asked: Search): Promise<number> {
  const { searchableRate } = await import('../profile/at-rate.js')
  const { newCapacityId } = await import('../results/capacity.js')
  const { whileAlone } = await import('./measuring.js')
  const { profile, view, queue } = asked
  searchableRate(profile)
  const id = newCapacityId(io.cwd)
  const alone = { profileName: profile.config.name, runId: id, queue, note: view.note }
  const found = await whileAlone(io, alone, () => asked.onSystem((driven) => find(io, asked, driven), id))
  view.close()
  return conclude(io, asked, { id, found })
}

async function find(io: Io, { profile, view }: Search, driven: Driven): Promise<Found> {
  const { findMaxRate } = await import('../bench/max-rate.js')
  const { plannedMax } = await import('../bench/arrivals.js')
  const { isPlain } = await import('../bench/config.js')
  const { wallClockIso } = await import('../core/clock.js')
  const { nsPerSec } = await import('../core/units.js')
  const { searchableRate } = await import('../profile/at-rate.js')
  const startedAt = wallClockIso()
  const { load, sla } = profile.config
  const plain = isPlain(load.scenario)
  const probes = plain ? await probe(io, { profile, view, driven }) : []
  // The schedule of a shipped scenario is made whole before it begins.
  const ratePerSecMax = plain ? plainPerSecMax : (plannedMax * nsPerSec) / (load.duration + load.warmup) / 2
  const search = await findMaxRate(
    {
      ...{ sla, probes, startPerSec: searchableRate(profile), ratePerSecMax },
      ...{ warmupNs: load.warmup, durationNs: load.duration },
    },
    {
      stop: io.stop,
      note: (text) => view.note(text),
      measure: (rate, purpose) => measureAt(io, { profile, driven }, rate, purpose !== 'confirmation'),
    },
  )
  return { probes, search, startedAt }
}

const plainPerSecMax = 1_000_000

async function measureAt(
  io: Io,
  { profile, driven }: { readonly profile: Profile; readonly driven: Driven },
  { ratePerSec, warmupNs, durationNs }: RateAsked,
  short: boolean,
): Promise<RunResult> {
  const { profileAt } = await import('../profile/at-rate.js')
  const { newRunId, runsFolderOf } = await import('../results/store.js')
  const at = profileAt(profile, { load: { ratePerSec }, warmupNs, durationNs, short })
  return driven.drive(at, newRunId(runsFolderOf(io.cwd)))
}

type Probing = Pick<Search, 'profile' | 'view'> & { readonly driven: Driven }

/** Closed loops that take their time in nothing but answers: how much throughput there is at all. */
async function probe(io: Io, { profile, view, driven }: Probing): Promise<Probe[]> {
  const { probeByAutocannon } = await import('../bench/autocannon-probe.js')
  const { durationNs, nsPerSec } = await import('../core/units.js')
  const { profileAt } = await import('../profile/at-rate.js')
  const { formatDuration } = await import('../report/format.js')
  const { newRunId, runsFolderOf } = await import('../results/store.js')
  const { load } = profile.config
  // A function has no connections, and a bus answers when it likes.
  if (load.scenario === 'function' || load.scenario === 'bus') return []
  const { connections } = load
  const spanNs = durationNs(Math.min(3 * nsPerSec, Math.max(nsPerSec, load.duration / 6)))
  view.note(`closed loop of ${connections} connections for ${formatDuration(spanNs)}: how much throughput there is`)
  const closed = profileAt(profile, {
    load: { users: connections },
    warmupNs: load.warmup,
    durationNs: spanNs,
    short: true,
  })
  const result = await driven.drive(closed, newRunId(runsFolderOf(io.cwd)))
  const reached = result.load.achievedRatePerSec
  const own = { tool: 'nautilus' as const, connections, durationNs: spanNs, completedPerSec: reached, problem: null }
  if (io.stop.aborted) return [own]
  const client = await clientOf(profile, driven.access)
  const other = await probeByAutocannon({ client, connections, durationNs: spanNs, stop: io.stop })
  return other === null ? [own] : [own, other]
}

async function clientOf(profile: Profile, access: SystemAccess) {
  const { planClient } = await import('../bench/target/plan-client.js')
  const { planBench } = await import('../profile/plan.js')
  const { systemId } = access
  const plan = await planBench(profile, { systemId, cwd: profile.baseFolder, runId: '', offline: true, faults: {} })
  return planClient(plan, access)
}

/** Keeps the search and its full-length run, says what was found, and gives the exit code. */
async function conclude(
  io: Io,
  asked: Search,
  { id, found }: { readonly id: string; readonly found: Found },
): Promise<number> {
  const { writeCapacity } = await import('../results/capacity.js')
  const { renderCapacity } = await import('../report/capacity.js')
  const { exitOfSearch } = await import('../sla/rate-search.js')
  const { confirmation } = found.search
  const problem = confirmation === null ? null : await keepConfirmation(io, asked, confirmation)
  const capacity = await capacityOf(io, asked, { id, found })
  io.out(renderCapacity(asked.json ? 'json' : 'terminal', capacity))
  await writeCapacity(io.cwd, capacity)
  if (problem !== null) throw problem
  return exitOfSearch(capacity.status, capacity.interrupted)
}

async function capacityOf(io: Io, { profile }: Search, { id, found }: { readonly id: string; readonly found: Found }) {
  const { precision } = await import('../bench/max-rate.js')
  const { unitOf } = await import('../bench/config.js')
  const { describeTarget } = await import('../bench/target/config.js')
  const { packageVersion } = await import('../core/paths.js')
  const { maskSecrets } = await import('../core/secrets.js')
  const { withMaskedUrls } = await import('../report/mask-urls.js')
  const { capacitySchemaId } = await import('../results/capacity.js')
  const { search, probes, startedAt } = found
  const { target, scenario } = profile.config.load
  const { state, status, rungs, confirmation } = search
  const masked = (text: string): string => maskSecrets(text, profile.secrets)
  return withMaskedUrls<Capacity>({
    ...{ schema: capacitySchemaId, id, nautilusVersion: packageVersion(), profileName: profile.config.name, startedAt },
    interrupted: io.stop.aborted ? String(io.stop.reason) : null,
    unit: unitOf(scenario),
    target: target === undefined ? null : masked(describeTarget(target)),
    precision,
    probes: probes.map((each) => ({ ...each, problem: each.problem === null ? null : masked(each.problem) })),
    rungs: rungs.map((rung) => ({ ...rung, reasons: rung.reasons.map(masked) })),
    status,
    ...{ holdsPerSec: state.holdsPerSec, breaksPerSec: state.breaksPerSec, confirmed: state.confirmed === true },
    runId: confirmation?.id ?? null,
  })
}

async function keepConfirmation(io: Io, { profile, named }: Search, confirmation: RunResult) {
  const { limitPlacesOf } = await import('../profile/limit-places.js')
  const { judgeAndKeep } = await import('../report/keep.js')
  const limitPlaces = named === null ? [] : limitPlacesOf(profile, io.cwd)
  const asked = { secrets: profile.secrets, profile: named, services: null }
  const { problem } = await judgeAndKeep(io.cwd, { ...confirmation, limitPlaces }, asked)
  return problem
}
