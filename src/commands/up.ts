import { Command } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'
import type { InstantNs } from '../core/units.js'
import type { Profile } from '../profile/load.js'
import type { PlanOptions } from '../profile/plan.js'
import type { ControlServer } from '../supervisor/control-server.js'
import type { RunningSystem, SystemSpec } from '../supervisor/spec.js'
import type { SystemDisplay } from '../ui/system-display.js'

type UpOptions = {
  readonly profile: string
  readonly wait?: true
  readonly set?: readonly string[]
  readonly inject?: readonly string[]
  readonly offline?: true
  readonly dryRun?: true
  readonly json?: true
}

/** `nautilus up`: starts the system of a profile and keeps it up until it is stopped. */
export const upCommand = (io: Io, exit: Exit): Command =>
  new Command('up')
    .description(
      'Starts the services and engines of a profile and keeps them up, in the foreground, until Ctrl-C or `nautilus down`.',
    )
    .requiredOption('-p, --profile <profile>', 'a file, or the name of a profile in ./profiles or of a shipped one')
    .option('--wait', 'end with an error unless everything becomes ready and every one-shot exits with 0')
    .option('--set <path=value>', 'override one value of the profile; may be given again', collect)
    .option(
      '--inject <engine:fault>',
      'a deliberate fault: +7ms, busy+2ms, error=1% or hang; may be given again',
      collect,
    )
    .option('--offline', 'never download a server')
    .option('--dry-run', 'print what would start and in which order; start nothing')
    .option('--json', 'print the status as JSON, once it is up')
    .addHelpText('after', afterHelp)
    .action(async (options: UpOptions) => exit(await up(io, options)))

const afterHelp = `
Examples:
  nautilus up --profile quickstart
  nautilus up --profile algo-200ms --wait --set engines.risk.settings.cache=off
  nautilus up --profile algo-200ms --inject risk:+7ms

From other shells of the same folder: nautilus status, logs, restart, bench, down.

Exit codes: 0 stopped by \`nautilus down\`, 2 usage or profile invalid, 4 an engine failed or was not ready,
6 environment (port busy, no server, another system is up here), 130 and 143 interrupted.
`

async function up(io: Io, options: UpOptions): Promise<number> {
  const { monotonicClock } = await import('../core/clock.js')
  const askedAt = monotonicClock.now()
  const { loadProfile } = await import('../profile/load.js')
  const { parseInjections } = await import('../profile/faults.js')
  const { newSystemId } = await import('../profile/access.js')
  const { planSystem } = await import('../profile/plan.js')
  const profile = loadProfile(options.profile, { cwd: io.cwd, env: io.env, set: options.set ?? [] })
  const faults = parseInjections(options.inject ?? [], profile.config)
  const plan = { systemId: newSystemId(), cwd: io.cwd, runId: null, offline: options.offline === true, faults }
  const spec = planSystem(profile, plan)
  if (options.dryRun === true) {
    const { describeStart } = await import('../profile/dry-run.js')
    io.out(describeStart(profile, spec, faults))
    return 0
  }
  if (spec.services.length + spec.processes.length === 0) {
    throw new NautilusError(
      'USAGE',
      `${profile.shownFile} has nothing to keep up: the bench itself hosts its engines`,
      {
        hint: `Run \`nautilus bench --profile ${options.profile}\`.`,
      },
    )
  }
  const { openSystemDisplay } = await import('../ui/system-display.js')
  const { busNote } = await import('../profile/bus-address.js')
  const display = openSystemDisplay(io)
  const instead = busNote(profile)
  if (instead !== null) display.note(instead)
  try {
    const code = await keepUp(io, { profile, plan, spec, options, display, askedAt })
    display.close()
    io.err(`stopped; logs are in ${spec.logFolder}\n`)
    return code
  } finally {
    display.close()
  }
}

type Up = {
  readonly profile: Profile
  readonly plan: PlanOptions
  readonly spec: SystemSpec
  readonly options: UpOptions
  readonly display: SystemDisplay
  readonly askedAt: InstantNs
}

async function keepUp(io: Io, { profile, plan, spec, options, display, askedAt }: Up): Promise<number> {
  const { startSystem } = await import('../supervisor/system.js')
  const { ControlServer } = await import('../supervisor/control-server.js')
  const { joinPlan } = await import('../profile/access.js')
  const ending = new AbortController()
  const interrupt = () => ending.abort(io.stop.reason)
  if (io.stop.aborted) interrupt()
  io.stop.addEventListener('abort', interrupt)
  let control: ControlServer | undefined
  let created: RunningSystem | undefined
  const down = ({ now }: { readonly now: boolean }) => {
    ending.abort('down')
    if (now) void created?.stop({ now: true })
  }
  try {
    const system = await startSystem(spec, {
      stop: ending.signal,
      untilReady: options.wait === true,
      askedAt,
      secrets: profile.secrets,
      onCreated: (system) => {
        created = system
        display.show(system)
      },
      claim: async ({ removeAtDeath }) => {
        control = await ControlServer.open({ stateFolder: spec.stateFolder, onClaim: removeAtDeath })
        const access = () => joinPlan(profile, plan.faults)
        if (created !== undefined) control.serve({ system: created, logFolder: spec.logFolder, access, down })
      },
    })
    await tellReady(io, system, { options, display })
    await untilEnd(system, { spec, ending: ending.signal, note: (text) => display.note(text) })
  } catch (error) {
    if (!(ending.signal.aborted && error === ending.signal.reason)) throw error
  } finally {
    display.end()
    if (io.stop.aborted) display.note('stopping; again to kill now')
    await created?.stop()
    await control?.close()
    io.stop.removeEventListener('abort', interrupt)
  }
  const { exitOfInterruption } = await import('../sla/exit.js')
  return io.stop.aborted ? exitOfInterruption(String(io.stop.reason)) : 0
}

/** Returns when it is to be stopped. An engine that has failed leaves the others up; a service that has died does not. */
async function untilEnd(
  system: RunningSystem,
  {
    spec,
    ending,
    note,
  }: { readonly spec: SystemSpec; readonly ending: AbortSignal; readonly note: (text: string) => void },
): Promise<void> {
  const ended = new Promise<null>((resolve) => {
    if (ending.aborted) resolve(null)
    ending.addEventListener('abort', () => resolve(null), { once: true })
  })
  const failure = await Promise.race([system.failed, ended])
  if (failure === null) return
  const service = spec.services.find(({ name }) => failure.name === `service ${name}`)
  if (service !== undefined) {
    throw new NautilusError('SERVICE_DIED', `${failure.name} ${failure.reason}`, {
      hint:
        service.config.url === undefined
          ? `See \`nautilus logs ${service.name}\`.`
          : 'It runs elsewhere: see its own log, and start it again there.',
    })
  }
  note(
    `${failure.name} has failed: ${failure.reason}; see \`nautilus logs ${failure.name}\`, then \`nautilus restart ${failure.name}\``,
  )
  await ended
}

/** What was waited for: the time until all is ready and the memory of each process, which a drawn view shows by itself. */
async function tellReady(
  io: Io,
  system: RunningSystem,
  { options, display }: Pick<Up, 'options' | 'display'>,
): Promise<void> {
  if (options.json !== true && options.wait !== true) return
  const { readySentence, statusJson, statusText } = await import('../report/status-table.js')
  const { statusWithUsage } = await import('../supervisor/usage-now.js')
  const { status, usage } = await statusWithUsage(system)
  if (options.json === true) io.out(statusJson(status, usage))
  else if (io.terminal) display.note(readySentence(status, usage))
  else io.out(`${statusText(status, usage)}\n${readySentence(status, usage)}\n`)
}

const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]
