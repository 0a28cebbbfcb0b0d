import { Command, Option } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'
import type { Profile } from '../profile/load.js'
import type { StudyHeader } from '../results/study.js'

type TuneOptions = {
  readonly profile?: string
  readonly set?: readonly string[]
  readonly list?: true
  readonly runs?: string
  readonly seed?: string
  readonly rounds: string
  readonly confirm: boolean
  readonly apply?: true
  readonly resume?: string
  readonly offline?: true
  readonly queue?: true
  readonly json?: true
}

/** `nautilus tune`: searches better settings within the limits of a profile, and confirms that they are better. */
export const tuneCommand = (io: Io, exit: Exit): Command =>
  new Command('tune')
    .description(
      'Searches the settings that a profile names under `tune` for better ones that keep its limits, each tried on a fresh system, and confirms the best by a comparison with the profile.',
    )
    .option('-p, --profile <profile>', 'the profile whose settings are tuned')
    .option('--set <path=value>', 'a setting of all runs; may be given again', collect)
    .option('--list', 'list what can be tuned, with ranges, and measure nothing')
    .option('--runs <count>', 'runs of the search; tune.runs of the profile without it')
    .option('--seed <number>', 'seed of the search; load.seed of the profile without it')
    .addOption(
      new Option('--rounds <count>', 'most rounds of each comparison')
        .choices(['5', '7', '10', '14', '20'])
        .default('20'),
    )
    .option('--no-confirm', 'end after the search: nothing is confirmed, and no patch is written')
    .option('--apply', 'write the confirmed settings into the profile too, keeping its comments and order')
    .option('--resume <study>', 'go on with a study that was interrupted, or that is to have more --runs')
    .option('--offline', 'never download a server')
    .option('--queue', 'wait for a measurement that is running instead of failing')
    .option('--json', 'print the study as JSON instead of the summary')
    .addHelpText('after', afterHelp)
    .action(async (options: TuneOptions) => {
      exit(options.list === true ? await list(io, options) : await tune(io, options))
    })

const afterHelp = `
Examples:
  nautilus tune --profile algo-200ms --list
  nautilus tune --profile profiles/desk.yaml --runs 40
  nautilus tune --resume t-3f2a

The profile says what may change and what is to get better:
  tune:
    goals: [minimise endToEnd.p95]        # or maximise throughput, minimise cpu.risk
    settings:
      engines.order-gateway.settings.batch.window: {}               # its own range, see --list
      engines.shop.env.POOL_SIZE: { min: 1, max: 64, scale: log }   # a variable of your own command
The first run is the profile as it is; from the seventh on every fourth is the best so far again, for the drift of the machine.
Only what a fresh comparison finds IMPROVED is a gain; settings that are not needed for it are set back. Everything is kept in
.nautilus/studies/ID, with best.patch.yaml: a profile that extends yours.

Exit codes: 0 improved, or nothing better found, 1 no settings meet the limits, 2 usage or profile, 4 no run has figures,
6 environment unfit, 130/143 interrupted.
`

const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]

async function list(io: Io, { profile, set, json }: TuneOptions): Promise<number> {
  const { loadProfile } = await import('../profile/load.js')
  const { tunableOf } = await import('../profile/tunable.js')
  const { renderTunable } = await import('../report/tunable.js')
  const loaded = loadProfile(named(profile), { cwd: io.cwd, env: io.env, set: [...(set ?? [])] })
  io.out(renderTunable(json === true ? 'json' : 'terminal', loaded.config.name, tunableOf(loaded)))
  return 0
}

function named(profile: string | undefined): string {
  if (profile !== undefined) return profile
  throw new NautilusError('USAGE', 'no profile is named', {
    hint: 'Write `nautilus tune --profile P`, or `--resume ID`.',
  })
}

async function tune(io: Io, options: TuneOptions): Promise<number> {
  const { openStudy, newStudyId, studyFolder } = await import('../results/studies.js')
  const { loadProfile } = await import('../profile/load.js')
  const { showRun } = await import('../ui/show.js')
  const { study } = await import('./tune-study.js')
  const resumed = options.resume === undefined ? null : await openStudy(io.cwd, options.resume)
  const name = named(options.profile ?? resumed?.header.profile)
  const set = options.set ?? (resumed === null ? [] : await setAgain(resumed.header))
  const profile = loadProfile(name, { cwd: io.cwd, env: io.env, set })
  const id = resumed?.header.id ?? newStudyId(io.cwd)
  const seed = countOf('--seed', options.seed) ?? resumed?.header.seed ?? profile.config.load.seed
  if (options.apply === true) await refuseShipped(profile)
  const runsMax = countOf('--runs', options.runs) ?? resumed?.header.runsMax ?? profile.config.tune?.runs ?? 0
  const header = await headerOf({ id, name, set, seed, profile, runsMax })
  if (resumed !== null) await refuseOther(resumed.header, header)
  const view = showRun(io, io)
  const atStop = 'stopping; whole runs are kept (again to kill now)'
  io.stop.addEventListener('abort', () => view.note(atStop), { once: true })
  try {
    return await study(io, {
      ...{ header: resumed?.header ?? header, resumed, profile, set, runsMax, view, folder: studyFolder(io.cwd, id) },
      ...{
        roundsMax: Number(options.rounds),
        confirm: options.confirm,
        apply: options.apply === true,
        offline: options.offline === true,
      },
      ...{ queue: options.queue === true, json: options.json === true },
    })
  } finally {
    view.close()
  }
}

/** A study keeps no secret, so who typed one types it again. */
async function setAgain({ id, set }: StudyHeader): Promise<readonly string[]> {
  const { mask } = await import('../core/secrets.js')
  const hidden = set.filter((one) => one.includes(mask))
  if (hidden.length === 0) return set
  throw new NautilusError('USAGE', `study ${id} had ${hidden.join(', ')}, which is not kept`, {
    hint: 'Repeat each --set of the study.',
  })
}

async function refuseShipped({ file, shownFile }: Profile): Promise<void> {
  const { isShipped } = await import('../profile/find.js')
  if (!isShipped(file)) return
  throw new NautilusError('USAGE', `${shownFile} ships with nautilus, and --apply would change it`, {
    hint: 'Leave out --apply and use the patch, or tune a profile of your own that extends it.',
  })
}

const countMax = 2 ** 31

function countOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= countMax) return value
  throw new NautilusError('USAGE', `${option} "${text}" is not a count`, { hint: 'Write a whole number such as 40.' })
}

type Named = {
  readonly id: string
  readonly name: string
  readonly set: readonly string[]
  readonly seed: number
  readonly runsMax: number
  readonly profile: Profile
}

async function headerOf({ id, name, set, seed, runsMax, profile }: Named): Promise<StudyHeader> {
  const { wallClockIso } = await import('../core/clock.js')
  const { packageVersion } = await import('../core/paths.js')
  const { maskSecrets } = await import('../core/secrets.js')
  const { maskedInput } = await import('../profile/origins.js')
  const { tuneSpaceOf } = await import('../profile/tune-space.js')
  const { machineClassOf, readMachine } = await import('../results/machine.js')
  const { studySchemaId } = await import('../results/study.js')
  const { space, current, overridesOf } = tuneSpaceOf(profile)
  const { tune: _, ...input } = maskedInput(profile)
  return {
    ...{ kind: 'study', schema: studySchemaId, id, nautilusVersion: packageVersion(), startedAt: wallClockIso() },
    ...{ profile: name, set: set.map((one) => maskSecrets(one, profile.secrets)), profileName: profile.config.name },
    ...{ input, machineClass: machineClassOf(readMachine(null)), goal: profile.config.tune?.goals[0] ?? '' },
    ...{ seed, runsMax, space: { ...space }, current: { ...current }, currentSet: overridesOf(current) },
  }
}

async function refuseOther(kept: StudyHeader, now: StudyHeader): Promise<void> {
  const { differencesOf } = await import('../tune/resume.js')
  const found = differencesOf(kept, now)
  if (found.length === 0) return
  throw new NautilusError('USAGE', `study ${kept.id} cannot be gone on with: ${found.join('; ')}`, {
    hint: 'Undo what differs, or begin another study: leave out --resume.',
  })
}
