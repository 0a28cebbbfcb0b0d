import { wallClockIso } from '../../core/clock.js'
import { readIdleState } from '../../results/idle-state.js'
import { type CpuTicks, readCpuTicks, readGit, readMachine, readThrottledNs } from '../../results/machine.js'
import type { RunResult } from '../../results/run-result.js'
import { notWatched } from '../availability.js'
import { BusLoads } from '../bus-load.js'
import { clockReadNs } from '../clock-cost.js'
import { Decision, windowNsMaxOf } from '../decision.js'
import { EngineUsage } from '../engine-usage.js'
import { Interruption } from '../interruption.js'
import type { BenchPlan, SystemAccess } from '../plan.js'
import type { BenchHooks } from '../run.js'
import { assembleTargetResult } from './assemble.js'
import type { MeasurementProgress } from './measurement.js'
import { measurementPlan } from './measurement-plan.js'
import { TargetView } from './target-view.js'
import { runWorkers } from './worker-pool.js'

// One run against a plain target. The workers measure; here the run is directed, watched, and made a result.

/** Warms up, measures, drains, and tells. An interrupted run gives a partial result. */
export async function runTarget(plan: BenchPlan, access: SystemAccess, hooks: BenchHooks): Promise<RunResult> {
  const startedAt = wallClockIso()
  const interruption = new Interruption(hooks.clock)
  const stopListening = interruption.listen(hooks.stop, hooks.systemFailed)
  const view = new TargetView(plan, hooks)
  // Any other target is no bus of ours.
  const buses = plan.load.scenario === 'bus' ? await BusLoads.open(access, hooks.clock) : null
  const window = new WindowWatch(access, buses)
  try {
    const { untilDecided = null } = hooks
    const decision = untilDecided === null ? null : new Decision(plan, hooks.profile, untilDecided)
    const windowNsMax = untilDecided === null ? plan.load.duration : windowNsMaxOf(plan, untilDecided)
    const asked = measurementPlan(plan, access, windowNsMax)
    const measurement = await runWorkers(asked, {
      clock: hooks.clock,
      interruption,
      decision,
      onProgress: (progress) => {
        window.see(progress.phase)
        view.progress(progress)
      },
    })
    view.phase('writing')
    const result = assembleTargetResult({
      ...{ plan, access, measurement, startedAt, plannedWindowNs: asked.windowNs },
      decided: decision?.outcome(measurement.windowNs) ?? null,
      ...window.facts(),
      buses: await window.busLoads(),
      engines: window.usage.results(() => undefined, hooks.availability ?? (() => notWatched)),
      seen: window.usage.activity(),
      noiseFloor: hooks.noiseFloor ?? null,
      keptAwake: hooks.keptAwake ?? false,
      idleState: readIdleState(),
      clockReadNs: clockReadNs(hooks.clock),
      git: readGit(hooks.cwd ?? process.cwd()),
      profile: hooks.profile,
      version: hooks.version,
    })
    view.phase('done')
    return result
  } finally {
    stopListening()
    window.usage.close()
    buses?.close()
  }
}

/** Reads of the machine and of the engines as the window opens, goes on and closes, by what the workers tell. */
class WindowWatch {
  readonly usage: EngineUsage
  readonly #buses: BusLoads | null
  #cpuBefore: CpuTicks | null = null
  #throttledBefore: number | null = null
  #throttledNs: number | null = null
  #phase: MeasurementProgress['phase'] = 'warm-up'
  #sampled: Promise<void> = Promise.resolve()
  #closed = false

  constructor(access: SystemAccess, buses: BusLoads | null) {
    this.usage = new EngineUsage(access.engines)
    this.#buses = buses
  }

  see(phase: MeasurementProgress['phase']): void {
    const opens = phase === 'measuring' && this.#phase === 'warm-up'
    if (opens) {
      this.#cpuBefore = readCpuTicks()
      this.#throttledBefore = readThrottledNs()
    }
    const closes = phase === 'draining' && this.#phase === 'measuring'
    this.#phase = phase
    if (opens || closes) this.#sampleBuses(closes)
    if (phase !== 'measuring' && !closes) return
    this.usage.sample()
    const throttled = readThrottledNs()
    this.#throttledNs = throttled === null || this.#throttledBefore === null ? null : throttled - this.#throttledBefore
  }

  facts(): { readonly machine: RunResult['machine']; readonly throttledNs: number | null } {
    return { machine: readMachine(this.#cpuBefore), throttledNs: this.#throttledNs }
  }

  /** The end of the window may have gone by between two looks. */
  async busLoads(): Promise<RunResult['buses']> {
    if (!this.#closed) this.#sampleBuses(true)
    await this.#sampled
    return this.#buses?.results() ?? []
  }

  #sampleBuses(closes: boolean): void {
    this.#closed = closes
    this.#sampled = this.#sampled.then(() => this.#buses?.sample())
  }
}
