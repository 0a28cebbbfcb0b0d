import type { Io } from '../core/io.js'
import type { ChosenComponents } from '../profile/components.js'
import type { RunResult } from '../results/run-result.js'

// Functions that are timed by themselves: alone, or after a load whose system has been stopped.

type Timing = {
  readonly chosen: ChosenComponents
  readonly cwd: string
  readonly note: (text: string) => void
}

/** A run that times functions and starts neither engine nor service. */
export async function timeAlone(io: Io, timing: Timing & { readonly runId: string }): Promise<RunResult> {
  const { wallClockIso } = await import('../core/clock.js')
  const { packageVersion } = await import('../core/paths.js')
  const { componentResult } = await import('../bench/components/assemble.js')
  const { readCpuTicks, readGit, readMachine } = await import('../results/machine.js')
  const [startedAt, cpuBefore] = [wallClockIso(), readCpuTicks()]
  const measured = await time(io, timing)
  const { profileName, input } = timing.chosen
  return componentResult({
    ...{ measured, startedAt, profileName, runId: timing.runId },
    profile: input,
    machine: readMachine(cpuBefore),
    git: readGit(timing.cwd),
    version: packageVersion(),
  })
}

/** The same run with the functions that its profile times; an interrupted run stays as it is. */
export async function timeAfter(io: Io, timing: Timing, result: RunResult): Promise<RunResult> {
  const { components, claims } = timing.chosen
  if (components.length + claims.length === 0 || result.interrupted !== null) return result
  const { withComponents } = await import('../bench/components/assemble.js')
  return withComponents(result, await time(io, timing))
}

async function time(io: Io, { chosen, note }: Timing) {
  const { monotonicClock } = await import('../core/clock.js')
  const { planComponents } = await import('../bench/components/plan.js')
  const { runComponents } = await import('../bench/components/run.js')
  return runComponents(planComponents(chosen), { clock: monotonicClock, stop: io.stop, onProgress: note })
}
