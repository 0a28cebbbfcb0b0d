import { Command } from 'commander'
import type { RunSnapshot } from '../bench/snapshot.js'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'
import type { Running } from '../profile/access.js'
import type { Profile } from '../profile/load.js'
import type { PlanOptions } from '../profile/plan.js'
import type { RunResult } from '../results/run-result.js'
import type { SystemStatus } from '../supervisor/spec.js'
import type { View } from '../ui/show.js'

type BenchOptions = {
  readonly profile: string
  readonly set?: readonly string[]
  readonly inject?: readonly string[]
  readonly offline?: true
  readonly queue?: true
  readonly dryRun?: true
  readonly json?: true
}

/** `nautilus bench`: starts the system of a profile or joins the one that is up, drives it, judges it, stops what it started. */
export const benchCommand = (io: Io, exit: Exit): Command =>
  new Command('bench')
    .description('Starts the system of a profile, drives it on schedule, and judges it against its latency budgets.')
    .requiredOption('-p, --profile <profile>', 'a file, or the name of a profile in ./profiles or of a shipped one')
    .option('--set <path=value>', 'override one value of the profile; may be given again', collect)
    .option(
      '--inject <engine:fault>',
      'deliberate fault: +7ms, busy+2ms, error=1% or hang; may be given again',
      collect,
    )
    .option('--offline', 'never download a server')
    .option('--queue', 'wait for a measurement that is running instead of failing')
    .option('--dry-run', 'print what would start, in which order and for how long; start nothing')
    .option('--json', 'print the result as JSON instead of the summary')
    .addHelpText('after', afterHelp)
    .action(async (options: BenchOptions) => exit(await bench(io, options)))

const afterHelp = `
Examples:
  nautilus bench --profile quickstart
  nautilus bench --profile algo-200ms --set load.duration=10s --set engines.order-gateway.settings.batch=off
  nautilus bench --profile algo-200ms --inject risk:+7ms

A system of the same profile that is already up (nautilus up) is used and left running.
The result, the reports and the logs are kept in .nautilus/runs/ID.

Exit codes: 0 pass, 1 fail, 2 usage or profile invalid, 4 no data or measurement invalid or an engine failed,
6 environment unfit (port busy, another measurement, no server, disk full), 130/143 interrupted.
`

const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]

type Asked = PlanOptions & { readonly runId: string }
type RunView = View<RunSnapshot>

async function bench(io: Io, options: BenchOptions): Promise<number> {
  const { loadProfile } = await import('../profile/load.js')
  const profile = loadProfile(options.profile, { cwd: io.cwd, env: io.env, set: options.set ?? [] })
  const asked = await whatIsAsked(io, profile, options)
  if (options.dryRun === true) {
    const { planSystem } = await import('../profile/plan.js')
    const { describeStart } = await import('../profile/dry-run.js')
    io.out(describeStart(profile, planSystem(profile, asked), asked.faults))
    return 0
  }
  const { showRun } = await import('../ui/show.js')
  const view = showRun(io, io)
  let atStop = 'stopping before anything was measured (again to kill now)'
  const onDrive = () => {
    atStop = 'stopping; partial result will be kept (again to kill now)'
  }
  io.stop.addEventListener('abort', () => view.note(atStop), { once: true })
  try {
    const measured = await measureAlone(io, { profile, asked, view, onDrive, queue: options.queue === true })
    view.close()
    const told = { secrets: profile.secrets, profile: options.profile, json: options.json === true }
    return await conclude(io, measured, told)
  } finally {
    view.close()
  }
}

async function whatIsAsked(io: Io, profile: Profile, options: BenchOptions): Promise<Asked> {
  const { parseInjections } = await import('../profile/faults.js')
  const { newSystemId } = await import('../profile/access.js')
  const { newRunId, runsFolderOf } = await import('../results/store.js')
  return {
    systemId: newSystemId(),
    cwd: io.cwd,
    runId: newRunId(runsFolderOf(io.cwd)),
    offline: options.offline === true,
    faults: parseInjections(options.inject ?? [], profile.config),
  }
}

type Measure = {
  readonly profile: Profile
  readonly asked: Asked
  readonly view: RunView
  /** Called when there is something to drive: from now on a stop leaves a result. */
  readonly onDrive: () => void
}
type Measured = { readonly result: RunResult; readonly services: 'stopped' | 'running' }

/** Measures while no other measurement runs on this machine. */
async function measureAlone(io: Io, { queue, ...measure }: Measure & { readonly queue: boolean }): Promise<Measured> {
  const { acquireLock } = await import('../results/lock.js')
  const { profile, asked, view } = measure
  const onWait = (holder: { readonly pid: number; readonly profileName: string } | null): void =>
    view.note(
      `waiting for ${holder === null ? 'another measurement' : `process ${holder.pid}, which measures ${holder.profileName}`}`,
    )
  const lock = await acquireLock(
    { pid: process.pid, profileName: profile.config.name, runId: asked.runId },
    queue ? { queue: { stop: io.stop, onWait } } : {},
  )
  try {
    return (await measureJoined(io, measure)) ?? (await measureStarted(io, measure))
  } finally {
    await lock.release()
  }
}

/** On the system that is up, which stays up; null where none is. */
async function measureJoined(io: Io, measure: Measure): Promise<Measured | null> {
  const { profile, asked, view } = measure
  const { joinSystem } = await import('../profile/join.js')
  const joined = await joinSystem(profile, io.cwd)
  if (joined === null) return null
  if (Object.keys(asked.faults).length > 0) {
    throw new NautilusError('ALREADY_UP', 'a fault cannot be injected into a system that is already up', {
      hint: 'Run `nautilus down` first, or `nautilus up --inject ...`.',
    })
  }
  const { status, addresses } = joined.access
  view.note(`using the system that is up (pid ${status.pid})`)
  try {
    const running = { systemId: status.systemId, addresses, status }
    const faults = joined.faults
    const live = { running, failed: joined.failed, statusNow: () => joined.statusNow() }
    const result = await drive(io, { ...measure, asked: { ...asked, systemId: status.systemId, faults } }, live)
    return { result, services: 'running' }
  } finally {
    joined.leave()
  }
}

/** On a system of its own, which leaves nothing. */
async function measureStarted(io: Io, measure: Measure): Promise<Measured> {
  const { profile, asked, view } = measure
  const { planSystem } = await import('../profile/plan.js')
  const { startSystem } = await import('../supervisor/system.js')
  const system = await startSystem(planSystem(profile, asked), {
    stop: io.stop,
    untilReady: true,
    secrets: profile.secrets,
    onEvent: ({ source, text }) => view.note(`${source}: ${text}`),
  })
  const { systemId, addresses, failed } = system
  const running = { systemId, addresses, status: system.status() }
  try {
    const result = await drive(io, measure, { running, failed, statusNow: () => system.status() })
    return { result, services: 'stopped' }
  } finally {
    view.note('stopping engines and services')
    await system.stop()
  }
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
  const { runBench } = await import('../bench/run.js')
  const inProcess = profile.config.bus.kind === 'in-process'
  onDrive()
  return runBench(await planBench(profile, asked), systemAccess(profile, running), {
    clock: monotonicClock,
    stop: io.stop,
    onSnapshot: (snapshot) => view.update(snapshot),
    systemFailed: failed,
    sampleEngines: engineSnapshots(statusNow),
    restartCount: (engine, instance) =>
      statusNow().processes.find(({ name }) => name === instanceName(engine, instance))?.restartCount ?? 0,
    ...(inProcess && { inProcess: planInProcess(profile, asked, running.addresses) }),
    profile: maskedInput(profile),
    version: packageVersion(),
    cwd: io.cwd,
  })
}

/** Keeps the result, says what it means, and gives the exit code. A full disk loses the files, never the summary. */
async function conclude(
  io: Io,
  measured: Measured,
  { secrets, profile, json }: { readonly secrets: readonly string[]; readonly profile: string; readonly json: boolean },
): Promise<number> {
  const { keepRun } = await import('../report/keep.js')
  const { withMaskedWords } = await import('../report/mask-urls.js')
  const { renderReport } = await import('../report/render.js')
  const { judge } = await import('../sla/verdict.js')
  const { services } = measured
  const result = withMaskedWords(measured.result, secrets)
  const verdict = judge(result)
  const { context, problem } = await keepRun(io.cwd, { result, verdict, profile, services })
  io.out(renderReport(json ? 'json' : 'terminal', result, { verdict, context, color: io.color }))
  if (problem !== null) throw problem
  return verdict.exit
}
