import type { BenchPlan, SystemAccess } from '../bench/plan.js'
import type { BenchHooks } from '../bench/run.js'
import type { RunSnapshot } from '../bench/snapshot.js'
import { NautilusError } from '../core/errors.js'
import type { Io } from '../core/io.js'
import type { DurationNs } from '../core/units.js'
import type { Running } from '../profile/access.js'
import type { Profile } from '../profile/load.js'
import type { PlanOptions } from '../profile/plan.js'
import type { ProfileHistory } from '../results/history.js'
import type { SeenHolder } from '../results/lock.js'
import type { RunResult } from '../results/run-result.js'
import type { SystemStatus } from '../supervisor/spec.js'
import type { View } from '../ui/show.js'

// One measurement, from the lock of the machine to the stop of what was started: what every command that measures shares. It
// keeps and judges nothing.

export type Measure = {
  readonly profile: Profile
  readonly asked: PlanOptions & {
    readonly runId: string
    readonly keepAwake?: boolean
    readonly windowNsMax?: DurationNs | null
  }
  readonly view: View<RunSnapshot>
  /** Called when there is something to drive: from now on a stop leaves a result. */
  readonly onDrive: () => void
  /** Where the logs of the system go; the folder of the run where none is named. */
  readonly logFolder?: string
}
export type Measured = { readonly result: RunResult; readonly services: 'stopped' | 'running' }

type Alone = {
  readonly profileName: string
  readonly runId: string
  /** Waits for a measurement that runs instead of failing. */
  readonly queue: boolean
  readonly note: (text: string) => void
}

/** Does its work while no other measurement runs on this machine. */
export async function whileAlone<Value>(io: Io, alone: Alone, work: () => Promise<Value>): Promise<Value> {
  const { acquireLock, holderSentence } = await import('../results/lock.js')
  const { profileName, runId, queue, note } = alone
  const onWait = (holder: SeenHolder | null): void =>
    note(`waiting for ${holder === null ? 'another measurement' : `the end: ${holderSentence(holder)}`}`)
  const lock = await acquireLock(
    { pid: process.pid, profileName, runId },
    queue ? { queue: { stop: io.stop, onWait } } : {},
  )
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

/** On the system of the folder that is up, which stays up; where none is, on one of its own. */
export const measureOnce = (io: Io, measure: Measure): Promise<Measured> =>
  inFull(io, measure, async () => (await measureJoined(io, measure)) ?? (await measureStarted(io, measure)))

/** On a system of its own, whatever is up: one of several runs that are compared with each other. */
export const measureFresh = (io: Io, measure: Measure): Promise<Measured> =>
  inFull(io, measure, async () => {
    await refuseWhatIsUp(io, measure.profile)
    return measureStarted(io, measure)
  })

/** What a profile loads, and then what it times, when nothing of the system is left to disturb it. */
async function inFull(io: Io, measure: Measure, load: () => Promise<Measured>): Promise<Measured> {
  const { componentsOf } = await import('../profile/components.js')
  const { limitPlacesOf } = await import('../profile/limit-places.js')
  const { timeAfter, timeAlone } = await import('./timing.js')
  const { profile, asked, view, onDrive } = measure
  const timing = { chosen: componentsOf(profile), cwd: asked.cwd, note: view.note }
  const limitPlaces = limitPlacesOf(profile, asked.cwd)
  if (profile.config.load.scenario === 'component') {
    onDrive()
    const result = await timeAlone(io, { ...timing, runId: asked.runId })
    return { result: { ...result, limitPlaces }, services: 'stopped' }
  }
  const measured = await load()
  const result = await timeAfter(io, timing, measured.result)
  return { ...measured, result: { ...result, limitPlaces } }
}

/** A system that is up would be measured beside the one that is started, and with it. */
async function refuseWhatIsUp(io: Io, profile: Profile): Promise<void> {
  const { joinSystem } = await import('../profile/join.js')
  const joined = await joinSystem(profile, io.cwd)
  if (joined === null) return
  joined.leave()
  throw new NautilusError(
    'ALREADY_UP',
    `${profile.config.name} is up in this folder, and each run needs a fresh system`,
    {
      hint: 'Run `nautilus down` first.',
    },
  )
}

async function measureJoined(io: Io, measure: Measure): Promise<Measured | null> {
  const result = await onJoined(measure, ({ asked, live }) => drive(io, { ...measure, asked }, live))
  return result === null ? null : { result, services: 'running' }
}

async function measureStarted(io: Io, measure: Measure): Promise<Measured> {
  const result = await onStarted(io, measure, ({ live }) => drive(io, measure, live))
  // A profile is written when its process ends, which it has by now.
  return { result: await withCpuProfiles(result, measure.asked), services: 'stopped' }
}

/** What runs, and how it is measured with a profile that differs in its load alone. */
export type Driven = {
  readonly access: SystemAccess
  readonly drive: (profile: Profile, runId: string) => Promise<RunResult>
}

/** For many measurements of one system, which stays up between them. */
export async function onOneSystem<Value>(
  io: Io,
  measure: Measure,
  work: (driven: Driven) => Promise<Value>,
): Promise<Value> {
  const { systemAccess } = await import('../profile/access.js')
  const driven = ({ asked, live }: Driving): Driven => ({
    access: systemAccess(measure.profile, live.running),
    drive: (profile, runId) => drive(io, { ...measure, profile, asked: { ...asked, runId } }, live),
  })
  const joined = await onJoined(measure, async (driving) => ({ value: await work(driven(driving)) }))
  return joined === null ? onStarted(io, measure, (driving) => work(driven(driving))) : joined.value
}

type Driving = { readonly asked: Measure['asked']; readonly live: Live }

/** On the system that is up; null where there is none. */
async function onJoined<Value>(
  { profile, asked, view }: Measure,
  work: (driving: Driving) => Promise<Value>,
): Promise<Value | null> {
  const { joinSystem } = await import('../profile/join.js')
  const joined = await joinSystem(profile, asked.cwd)
  if (joined === null) return null
  if (Object.keys(asked.faults).length > 0) {
    throw new NautilusError('ALREADY_UP', 'a fault cannot be injected into a system that is already up', {
      hint: 'Run `nautilus down` first, or `nautilus up --inject ...`.',
    })
  }
  if (asked.cpuProfile !== undefined) {
    throw new NautilusError('ALREADY_UP', 'an engine of a system that is already up cannot be profiled', {
      hint: 'Run `nautilus down` first.',
    })
  }
  const { status, addresses } = joined.access
  view.note(`using the system that is up (pid ${status.pid})`)
  try {
    const running = { systemId: status.systemId, addresses, status }
    const live = { running, failed: joined.failed, statusNow: () => joined.statusNow() }
    return await work({ asked: { ...asked, systemId: status.systemId, faults: joined.faults }, live })
  } finally {
    joined.leave()
  }
}

/** On a system of its own, which leaves nothing. */
async function onStarted<Value>(
  io: Io,
  { profile, asked, view, logFolder }: Measure,
  work: (driving: Driving) => Promise<Value>,
): Promise<Value> {
  const { planSystem } = await import('../profile/plan.js')
  const { startSystem } = await import('../supervisor/system.js')
  const { busNote } = await import('../profile/bus-address.js')
  const instead = busNote(profile)
  if (instead !== null) view.note(instead)
  const spec = planSystem(profile, asked)
  const system = await startSystem(logFolder === undefined ? spec : { ...spec, logFolder }, {
    stop: io.stop,
    untilReady: true,
    secrets: profile.secrets,
    onEvent: ({ source, text }) => view.note(`${source}: ${text}`),
  })
  const { systemId, addresses, failed } = system
  const running = { systemId, addresses, status: system.status() }
  try {
    return await work({ asked, live: { running, failed, statusNow: () => system.status() } })
  } finally {
    view.note('stopping engines and services')
    await system.stop()
  }
}

/** Profiling slows an engine, so what was measured beside it is labelled. */
async function withCpuProfiles(result: RunResult, { cwd, runId, cpuProfile }: Measure['asked']): Promise<RunResult> {
  if (cpuProfile === undefined) return result
  const { readCpuProfiles } = await import('../results/cpu-profiles.js')
  const { cpuProfileFolder } = await import('../profile/plan.js')
  return readCpuProfiles(result, cpuProfile, cpuProfileFolder(cwd, runId))
}

type Live = {
  readonly running: Running
  readonly failed: Promise<{ readonly name: string; readonly reason: string }>
  readonly statusNow: () => SystemStatus
}

async function drive(
  io: Io,
  { profile, asked, view, onDrive }: Measure,
  { running, failed, statusNow }: Live,
): Promise<RunResult> {
  const { monotonicClock } = await import('../core/clock.js')
  const { packageVersion } = await import('../core/paths.js')
  const { systemAccess } = await import('../profile/access.js')
  const { instanceName } = await import('../profile/names.js')
  const { planBench, planInProcess } = await import('../profile/plan.js')
  const { maskedInput } = await import('../profile/origins.js')
  const { engineSnapshots } = await import('../bench/engine-snapshots.js')
  const { availabilityOf } = await import('../bench/availability.js')
  const { isPlain } = await import('../bench/config.js')
  const run = isPlain(profile.config.load.scenario)
    ? (await import('../bench/target/run-target.js')).runTarget
    : (await import('../bench/run.js')).runBench
  const inProcess = profile.config.bus.kind === 'in-process'
  onDrive()
  const plan = await planBench(profile, asked)
  const access = systemAccess(profile, running)
  const { keepAwake = false, windowNsMax = null } = asked
  const watched = { from: statusNow(), fromAt: monotonicClock.now() }
  const instrument = { profile, plan, access, view, keepAwake, windowNsMax }
  return withInstrument(io, instrument, (known) =>
    run(plan, access, {
      ...known,
      clock: monotonicClock,
      stop: io.stop,
      onSnapshot: (snapshot) => view.update(snapshot),
      systemFailed: failed,
      sampleEngines: engineSnapshots(statusNow),
      availability: (engine, instance) => {
        const of = ({ processes }: SystemStatus) =>
          processes.find(({ name }) => name === instanceName(engine, instance))
        return availabilityOf(of(watched.from), of(statusNow()), { fromAt: watched.fromAt, toAt: monotonicClock.now() })
      },
      ...(inProcess && { inProcess: planInProcess(profile, asked, running.addresses) }),
      profile: maskedInput(profile),
      version: packageVersion(),
      cwd: asked.cwd,
    }),
  )
}

type Instrument = {
  readonly profile: Profile
  readonly plan: BenchPlan
  readonly access: SystemAccess
  readonly view: View<RunSnapshot>
  readonly keepAwake: boolean
  /** How long the window may become where the data cannot tell; null for one that is as long as planned. */
  readonly windowNsMax: DurationNs | null
}

/** Wakes the cores where that is asked for, and calibrates; what is measured then knows of both. */
export async function withInstrument(
  io: Io,
  { profile, plan, access, view, keepAwake, windowNsMax }: Instrument,
  run: (instrument: Pick<BenchHooks, 'noiseFloor' | 'keptAwake' | 'untilDecided'>) => Promise<RunResult>,
): Promise<RunResult> {
  const { monotonicClock } = await import('../core/clock.js')
  const { calibrateDriver } = await import('../bench/calibration.js')
  const { keepCoresAwake } = await import('../bench/keep-awake.js')
  const note = (text: string): void => view.note(text)
  const awake = keepAwake ? await keepCoresAwake() : null
  if (awake !== null && awake.problem !== null) note(`cores are not kept awake: ${awake.problem}`)
  try {
    const noiseFloor = await calibrateDriver({ plan, access, clock: monotonicClock, stop: io.stop, note })
    const keptAwake = awake !== null && awake.problem === null
    const history = windowNsMax === null ? null : await earlierRuns(io, { profile, runId: plan.runId, keptAwake })
    return await run({ noiseFloor, keptAwake, ...(windowNsMax !== null && { untilDecided: { windowNsMax, history } }) })
  } finally {
    await awake?.end()
  }
}

type Known = { readonly profile: Profile; readonly runId: string; readonly keptAwake: boolean }

/** Earlier runs like one that is about to begin. */
async function earlierRuns(io: Io, { profile, runId, keptAwake }: Known): Promise<ProfileHistory> {
  const { wallClockIso } = await import('../core/clock.js')
  const { maskedInput } = await import('../profile/origins.js')
  const { historyBefore } = await import('../results/history.js')
  const { readMachine } = await import('../results/machine.js')
  return historyBefore(io.cwd, {
    ...{ id: runId, startedAt: wallClockIso(), profileName: profile.config.name, machine: readMachine(null) },
    ...{ profile: { ...maskedInput(profile) }, fidelity: { keptAwake } },
  })
}
