import { Command } from 'commander'
import type { Exit, Io } from '../core/io.js'
import type { Profile } from '../profile/load.js'
import type { Measure, Measured } from './measuring.js'

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
  const { measureOnce, whileAlone } = await import('./measuring.js')
  const { showRun } = await import('../ui/show.js')
  const view = showRun(io, io)
  let atStop = 'stopping before anything was measured (again to kill now)'
  const onDrive = () => {
    atStop = 'stopping; partial result will be kept (again to kill now)'
  }
  io.stop.addEventListener('abort', () => view.note(atStop), { once: true })
  try {
    const alone = { profileName: profile.config.name, runId: asked.runId, queue: options.queue === true }
    const measured = await whileAlone(io, { ...alone, note: view.note }, () =>
      measureOnce(io, { profile, asked, view, onDrive }),
    )
    view.close()
    const told = { secrets: profile.secrets, profile: options.profile, json: options.json === true }
    return await conclude(io, measured, told)
  } finally {
    view.close()
  }
}

async function whatIsAsked(io: Io, profile: Profile, options: BenchOptions): Promise<Measure['asked']> {
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
