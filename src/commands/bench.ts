import { Command, Option } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'
import type { Profile } from '../profile/load.js'
import type { OnInconclusive } from '../sla/verdict.js'
import type { Measure, Measured } from './measuring.js'

type BenchOptions = {
  readonly profile?: string
  readonly component?: readonly string[]
  readonly set?: readonly string[]
  readonly inject?: readonly string[]
  readonly offline?: true
  readonly queue?: true
  readonly dryRun?: true
  readonly json?: true
  readonly runs: string
  readonly inconclusive: OnInconclusive
  readonly keepAwake?: true
  readonly cpuProfile?: string
  readonly selfCheck?: true
  readonly findMaxRate?: true
  readonly untilDecided?: string | true
}

/** `nautilus bench`: starts the system of a profile or joins the one that is up, drives it, judges it, stops what it started. */
export const benchCommand = (io: Io, exit: Exit): Command =>
  new Command('bench')
    .description('Starts the system of a profile, drives it on schedule, and judges it against its latency budgets.')
    .option('-p, --profile <profile>', 'a file, or the name of a profile in ./profiles or of a shipped one')
    .addOption(
      new Option(
        '-c, --component <name>',
        'time this function alone, start nothing; an unknown name lists all; may be given again',
      )
        .argParser(collect)
        .conflicts(['inject', 'runs', 'findMaxRate']),
    )
    .option('--set <path=value>', 'override one value of the profile; may be given again', collect)
    .option(
      '--inject <engine:fault>',
      'deliberate fault: +7ms, busy+2ms, error=1% or hang; may be given again',
      collect,
    )
    .option('--runs <count>', 'measure so many times, each on a fresh system, and judge them together: 1 to 20', '1')
    .addOption(
      new Option(
        '--find-max-rate',
        'search the highest rate at which every limit holds, and what breaks first above it',
      ).conflicts(['runs', 'cpuProfile', 'selfCheck', 'inconclusive']),
    )
    .addOption(
      new Option(
        '--until-decided [max]',
        'end at a quarter, half or three quarters where the verdict is clear, or go on up to max (3 x the duration)',
      ).conflicts(['runs', 'findMaxRate', 'selfCheck', 'component']),
    )
    .addOption(
      new Option('--inconclusive <what>', 'exit code where the data cannot tell: 3 (fail) or 0')
        .choices(['fail', 'warn', 'pass'])
        .default('fail'),
    )
    .option(
      '--keep-awake',
      'keep idle cores from sleeping while it measures: smaller figures, comparable with their like only',
    )
    .option('--cpu-profile <engine>', 'keep a .cpuprofile of this engine; such a run is labelled degraded')
    .option('--self-check', 'drive built-in servers whose response times are known, and compare; needs no profile')
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
  nautilus bench --profile algo-200ms --runs 5
  nautilus bench --profile algo-200ms --find-max-rate
  nautilus bench --profile algo-200ms --cpu-profile risk
  nautilus bench --self-check
  nautilus bench --component risk.check --component breaker.call

A system of the same profile that is already up (nautilus up) is used and left running.
The result, the reports and the logs are kept in .nautilus/runs/ID, a set of several runs in .nautilus/sets/ID,
a search in .nautilus/capacities/ID.

Exit codes: 0 pass, 1 fail, 2 usage or profile invalid, 3 inconclusive, 4 no data or measurement invalid or an engine
failed, 6 environment unfit (port busy, another measurement, no server, disk full), 130/143 interrupted.
`

const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]

const atPartialStop = 'stopping; partial result will be kept (again to kill now)'

async function bench(io: Io, options: BenchOptions): Promise<number> {
  if (options.selfCheck === true) {
    const { checkSelf } = await import('./self-checking.js')
    return checkSelf(io, { json: options.json === true, queue: options.queue === true })
  }
  if (options.component !== undefined) return benchComponents(io, options.component, options)
  if (options.profile === undefined) {
    throw new NautilusError('USAGE', 'nothing is named to measure', {
      hint: 'Name a profile with --profile, or a function with --component.',
    })
  }
  return benchProfile(io, options.profile, options)
}

/** Functions alone: a profile, where one is named, tells their limits. */
async function benchComponents(io: Io, names: readonly string[], options: BenchOptions): Promise<number> {
  const { loadProfile } = await import('../profile/load.js')
  const { componentsNamed } = await import('../profile/components.js')
  const { newRunId, runsFolderOf } = await import('../results/store.js')
  const { whileAlone } = await import('./measuring.js')
  const { timeAlone } = await import('./timing.js')
  const { profile: name, set = [] } = options
  const profile = name === undefined ? null : loadProfile(name, { cwd: io.cwd, env: io.env, set })
  const chosen = componentsNamed(names, profile)
  if (options.dryRun === true) {
    const { describeComponents } = await import('../profile/dry-run.js')
    io.out(`${describeComponents(chosen).join('\n')}\n`)
    return 0
  }
  const runId = newRunId(runsFolderOf(io.cwd))
  const note = (text: string): void => io.err(`${text}\n`)
  io.stop.addEventListener('abort', () => note(atPartialStop), { once: true })
  const alone = { profileName: chosen.profileName, runId, queue: options.queue === true, note }
  const result = await whileAlone(io, alone, () => timeAlone(io, { chosen, runId, cwd: io.cwd, note }))
  const { json = false, inconclusive } = options
  const told = { secrets: profile?.secrets ?? [], profile: name ?? null, json, inconclusive }
  return conclude(io, { result, services: 'stopped' }, told)
}

async function benchProfile(io: Io, name: string, options: BenchOptions): Promise<number> {
  const { loadProfile } = await import('../profile/load.js')
  const profile = loadProfile(name, { cwd: io.cwd, env: io.env, set: options.set ?? [] })
  const asked = await whatIsAsked(io, profile, options)
  if (options.dryRun === true) {
    const { planSystem } = await import('../profile/plan.js')
    const { describeStart } = await import('../profile/dry-run.js')
    io.out(describeStart(profile, planSystem(profile, asked), asked.faults))
    return 0
  }
  const { measureOnce, whileAlone } = await import('./measuring.js')
  const { showRun } = await import('../ui/show.js')
  const view = showRun(io, io)
  let atStop = 'stopping before anything was measured (again to kill now)'
  const onDrive = () => {
    atStop = atPartialStop
  }
  io.stop.addEventListener('abort', () => view.note(atStop), { once: true })
  try {
    if (options.findMaxRate === true) return await benchMaxRate(io, { profile, asked, view, onDrive }, options)
    const wantedCount = runCountOf(options)
    if (wantedCount > 1) {
      const { benchSet } = await import('./bench-set.js')
      const load = { cwd: io.cwd, env: io.env }
      return await benchSet(io, {
        ...{ wantedCount, profile, profileName: name, view, onDrive },
        withSeed: (seed) =>
          // What sends nothing has no seed.
          profile.config.load.scenario === 'component'
            ? profile
            : loadProfile(name, { ...load, set: [...(options.set ?? []), `load.seed=${seed}`] }),
        nextRun: () => whatIsAsked(io, profile, options),
        ...{ queue: options.queue === true, json: options.json === true, inconclusive: options.inconclusive },
      })
    }
    const alone = { profileName: profile.config.name, runId: asked.runId, queue: options.queue === true }
    const measured = await whileAlone(io, { ...alone, note: view.note }, () =>
      measureOnce(io, { profile, asked, view, onDrive }),
    )
    view.close()
    const told = {
      secrets: profile.secrets,
      profile: name,
      json: options.json === true,
      inconclusive: options.inconclusive,
    }
    return await conclude(io, measured, told)
  } finally {
    view.close()
  }
}

/** Searches on one system, which stays up between the rates. */
async function benchMaxRate(io: Io, measure: Measure, { profile, json, queue }: BenchOptions): Promise<number> {
  const { join } = await import('node:path')
  const { capacityFolder } = await import('../results/capacity.js')
  const { onOneSystem } = await import('./measuring.js')
  const { searchMaxRate } = await import('./max-rate.js')
  return searchMaxRate(io, {
    ...{ profile: measure.profile, named: profile ?? null, view: measure.view },
    ...{ json: json === true, queue: queue === true },
    onSystem: (work, id) => onOneSystem(io, { ...measure, logFolder: join(capacityFolder(io.cwd, id), 'logs') }, work),
  })
}

const runsMax = 20

function runCountOf({ runs }: BenchOptions): number {
  const count = Number(runs)
  if (Number.isInteger(count) && count >= 1 && count <= runsMax) return count
  throw new NautilusError('USAGE', `--runs ${runs} is not a count from 1 to ${runsMax}`)
}

async function whatIsAsked(io: Io, profile: Profile, options: BenchOptions): Promise<Measure['asked']> {
  const { longestWindow } = await import('../profile/until-decided.js')
  const { parseInjections } = await import('../profile/faults.js')
  const { profiledEngine } = await import('../profile/profiling.js')
  const { newSystemId } = await import('../profile/access.js')
  const { newRunId, runsFolderOf } = await import('../results/store.js')
  return {
    systemId: newSystemId(),
    cwd: io.cwd,
    runId: newRunId(runsFolderOf(io.cwd)),
    offline: options.offline === true,
    faults: parseInjections(options.inject ?? [], profile.config),
    keepAwake: options.keepAwake === true,
    windowNsMax: longestWindow(options.untilDecided, profile),
    ...(options.cpuProfile !== undefined && { cpuProfile: profiledEngine(options.cpuProfile, profile.config) }),
  }
}

/** Keeps the result, says what it means, and gives the exit code. A full disk loses the files, never the summary. */
async function conclude(
  io: Io,
  measured: Measured,
  told: {
    readonly secrets: readonly string[]
    readonly profile: string | null
    readonly json: boolean
    readonly inconclusive: OnInconclusive
  },
): Promise<number> {
  const { judgeAndKeep } = await import('../report/keep.js')
  const { renderReport } = await import('../report/render.js')
  const { json, ...known } = told
  const { services } = measured
  const { result, verdict, context, problem } = await judgeAndKeep(io.cwd, measured.result, { ...known, services })
  io.out(renderReport(json ? 'json' : 'terminal', result, { verdict, context, color: io.color }))
  if (problem !== null) throw problem
  return verdict.exit
}
