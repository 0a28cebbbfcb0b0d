import { type Clock, wallClockIso } from '../core/clock.js'
import { durationNs, type InstantNs, later, nsPerMs, nsPerSec } from '../core/units.js'
import type { HandOver } from '../engines/catalog.js'
import { readIdleState } from '../results/idle-state.js'
import { type CpuTicks, readCpuTicks, readGit, readMachine, readThrottledNs } from '../results/machine.js'
import type { RunResult } from '../results/run-result.js'
import { assembleResult } from './assemble.js'
import { type Availability, notWatched } from './availability.js'
import { BusLoads } from './bus-load.js'
import type { NoiseFloor } from './calibration.js'
import { clockReadNs } from './clock-cost.js'
import { instanceKey } from './collection.js'
import { Deciding } from './deciding.js'
import { type UntilDecided, windowNsMaxOf } from './decision.js'
import { Driver } from './driver.js'
import { EngineUsage } from './engine-usage.js'
import { Interruption } from './interruption.js'
import { measuredWindow } from './measured-window.js'
import { pacingFor } from './pacer.js'
import type { BenchPlan, SystemAccess } from './plan.js'
import { RunView } from './run-view.js'
import type { Sent } from './sending.js'
import type { EngineSnapshot, RunSnapshot } from './snapshot.js'
import { checkStore, type FlushResult } from './store-check.js'
import type { ThreadHealth } from './thread-health.js'

// One run of the bench. The main thread only directs: ticks leave in the sender's thread and come back in the collector's,
// and neither waits for what is shown.

export type BenchHooks = {
  readonly clock: Clock
  /** Ends the load at once; what was measured until then is the result. Its reason is shown. */
  readonly stop: AbortSignal
  readonly onSnapshot: (snapshot: RunSnapshot) => void
  /** Resolves when an engine or a service has failed for good. */
  readonly systemFailed: Promise<{ readonly name: string; readonly reason: string }>
  readonly sampleEngines?: () => readonly EngineSnapshot[]
  readonly availability?: (engine: string, instance: number) => Availability
  /** Engines that the driver hosts itself, on the in-process bus. */
  readonly inProcess?: readonly HandOver[]
  /** As calibrated right before the run. */
  readonly noiseFloor?: NoiseFloor | null
  readonly keptAwake?: boolean
  /** Ends the run early, or goes on longer, by what it says of itself. */
  readonly untilDecided?: UntilDecided | null
  /** The resolved profile with its secrets masked. */
  readonly profile: Readonly<Record<string, unknown>>
  readonly version: string
  /** Folder whose repository names the commit. */
  readonly cwd?: string
}

/** Time from the word to start until the first tick is due: both threads must have heard it. */
const leadNs = durationNs(50 * nsPerMs)
const flushDeadlineNs = durationNs(5 * nsPerSec)
/** What is under way after an interruption gets this long. */
const hurryNs = durationNs(1 * nsPerSec)
const drainSliceNs = 100 * nsPerMs
const usageMs = 500

/** Warms up, measures, drains, flushes, checks the store, and tells. An interrupted run gives a partial result. */
export async function runBench(plan: BenchPlan, access: SystemAccess, hooks: BenchHooks): Promise<RunResult> {
  const startedAt = wallClockIso()
  const interruption = new Interruption(hooks.clock)
  const stopListening = interruption.listen(hooks.stop, hooks.systemFailed)
  const view = new RunView(plan, hooks)
  const { untilDecided = null } = hooks
  const deciding = untilDecided === null ? null : new Deciding(plan, hooks, untilDecided)
  const driver = await Driver.open({
    plan,
    access,
    pacing: pacingFor(access),
    inProcess: hooks.inProcess ?? [],
    windowNsMax: untilDecided === null ? null : windowNsMaxOf(plan, untilDecided),
    onEvent: (event) => {
      if (event.kind === 'problem') return interruption.raise(`${event.name}: ${event.reason}`)
      deciding?.progress(event.progress)
      view.progress(event.progress)
    },
  })
  try {
    const loaded = await load({ plan, access, hooks, driver, interruption, view, deciding })
    view.phase('draining')
    await drain({ hooks, plan, driver, interruption })
    const ranNs = interruption.first === null ? null : interruption.first.at - loaded.startAt
    const window = measuredWindow(driver.prepared, loaded.sent, ranNs)
    const collectorHealth = await driver.close(window.plannedCount)
    view.phase('checking')
    const flush = await flushWriters({ plan, driver, interruption })
    const store =
      access.storeUrl === null
        ? null
        : await checkStore(access.storeUrl, { id: plan.runId, flush, tally: () => driver.tally() }, hooks.clock)
    view.phase('writing')
    const { prepared } = driver
    return assembleResult({
      ...{ plan, access, prepared, startedAt, store, ...window },
      collected: await driver.finish(window.windowNs),
      startAtNs: loaded.startAt,
      interrupted: interruption.first?.reason ?? null,
      decided: deciding?.outcome(window.windowNs) ?? null,
      sentCount: driver.measuredSentCount(),
      clockReadNs: clockReadNs(hooks.clock),
      health: { sender: loaded.sent.health, collector: collectorHealth },
      throttledNs: loaded.throttledNs,
      noiseFloor: hooks.noiseFloor ?? null,
      keptAwake: hooks.keptAwake ?? false,
      idleState: readIdleState(),
      seen: loaded.usage.activity(),
      told: flush.flushed,
      buses: loaded.buses,
      engines: loaded.usage.results(toldBy(flush), hooks.availability ?? (() => notWatched)),
      machine: readMachine(loaded.cpuBefore),
      git: readGit(hooks.cwd ?? process.cwd()),
      profile: hooks.profile,
      version: hooks.version,
    })
  } finally {
    stopListening()
    await driver.end()
    view.phase('done')
  }
}

type Running = {
  readonly plan: BenchPlan
  readonly access: SystemAccess
  readonly hooks: BenchHooks
  readonly driver: Driver
  readonly interruption: Interruption
  readonly view: RunView
  readonly deciding: Deciding | null
}

type Loaded = {
  readonly startAt: InstantNs
  readonly sent: Sent & { readonly health: ThreadHealth }
  readonly usage: EngineUsage
  readonly buses: RunResult['buses']
  readonly cpuBefore: CpuTicks | null
  readonly throttledNs: number | null
}

/** Warm-up and window: until the last tick is sent and its window is over, or something interrupts. */
async function load({ access, hooks, driver, interruption, view, deciding }: Running): Promise<Loaded> {
  const { warmupNs } = driver.prepared
  const usage = new EngineUsage(access.engines)
  const buses = await BusLoads.open(access, hooks.clock)
  const startAt = later(hooks.clock.now(), leadNs)
  view.begin(driver, startAt)
  deciding?.begin(driver, startAt)
  let cpuBefore: CpuTicks | null = null
  let throttledBefore: number | null = null
  const openWindow = (): void => {
    view.phase('measuring')
    cpuBefore = readCpuTicks()
    throttledBefore = readThrottledNs()
    usage.sample()
    void buses.sample()
  }
  const windowTimer = setTimeout(openWindow, (leadNs + warmupNs) / nsPerMs)
  const usageTimer = setInterval(() => {
    if (view.current === 'measuring') usage.sample()
  }, usageMs)
  try {
    const sending = driver.send(startAt)
    void interruption.happened.then(() => driver.stop())
    const sent = await sending
    await until(hooks.clock, later(startAt, durationNs(warmupNs + driver.windowNs)), interruption)
    usage.sample()
    await buses.sample()
    const throttledAfter = readThrottledNs()
    const throttledNs = throttledAfter === null || throttledBefore === null ? null : throttledAfter - throttledBefore
    return { startAt, sent, usage, buses: buses.results(), cpuBefore, throttledNs }
  } finally {
    clearTimeout(windowTimer)
    clearInterval(usageTimer)
    usage.close()
    buses.close()
  }
}

/** The last tick may be due well before the window ends. */
async function until(clock: Clock, at: InstantNs, interruption: Interruption): Promise<void> {
  const remainingMs = (at - clock.now()) / nsPerMs
  if (remainingMs <= 0 || interruption.first !== null) return
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, remainingMs)
  })
  await Promise.race([over, interruption.happened])
  clearTimeout(timer)
}

/** Waits for outcomes until all have come or the deadline passes; an interruption shortens it. */
async function drain(running: Pick<Running, 'hooks' | 'plan' | 'driver' | 'interruption'>): Promise<void> {
  const { hooks, plan, driver, interruption } = running
  const deadlineAt = later(hooks.clock.now(), plan.load.drain)
  for (;;) {
    const endAt = interruption.first === null ? deadlineAt : Math.min(deadlineAt, interruption.first.at + hurryNs)
    const remainingNs = endAt - hooks.clock.now()
    // In slices, so that an interruption is seen.
    if (await driver.drain(durationNs(Math.min(Math.max(remainingNs, nsPerMs), drainSliceNs)))) return
    if (remainingNs <= drainSliceNs) return
  }
}

/** Tells every engine to write out what it holds, and waits for those that write to the store. */
function flushWriters({
  plan,
  driver,
  interruption,
}: Pick<Running, 'plan' | 'driver' | 'interruption'>): Promise<FlushResult> {
  const instances = plan.engines.flatMap(({ name, replicas, writes }) =>
    Array.from({ length: replicas }, (_, instance) => ({
      key: instanceKey(name, instance),
      writes: writes.length > 0,
    })),
  )
  return driver.flush({
    writers: instances.filter(({ writes }) => writes).map(({ key }) => key),
    others: instances.filter(({ writes }) => !writes).map(({ key }) => key),
    deadlineNs: interruption.first === null ? flushDeadlineNs : hurryNs,
  })
}

const toldBy =
  ({ flushed }: FlushResult) =>
  (engine: string, instance: number): FlushResult['flushed'][number] | undefined =>
    flushed.find((each) => each.engine === engine && each.instance === instance)
