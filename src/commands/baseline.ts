import { Command } from 'commander'
import type { Exit, Io } from '../core/io.js'

type SaveOptions = { readonly profile?: string; readonly json?: true }
type HistoryOptions = {
  readonly profile?: string
  readonly metric?: string
  readonly machine?: string
  readonly json?: true
}
type JsonOption = { readonly json?: true }

/** `nautilus baseline`: earlier runs by a name, and the history of a profile. */
export const baselineCommand = (io: Io, exit: Exit): Command => {
  const done =
    <Arguments extends readonly unknown[]>(work: (...given: Arguments) => Promise<void>) =>
    async (...given: Arguments): Promise<void> => {
      await work(...given)
      exit(0)
    }
  return new Command('baseline')
    .description(
      'Keeps earlier runs under a name, for `nautilus gate RUN --baseline NAME`, and shows how figures moved.',
    )
    .addCommand(
      new Command('save')
        .description('Keeps runs as a baseline: those named, else all of the history of the profile on this machine.')
        .argument('<name>', 'such as main or v1.2')
        .argument('[runs...]', 'ids, `last`, `last~1`, or paths')
        .option(
          '-p, --profile <profile>',
          'name of the profile whose history is kept; that of the last run if not given',
        )
        .option('--json', 'print JSON')
        .addHelpText('after', saveHelp)
        .action(done((name: string, runs: readonly string[], options: SaveOptions) => save(io, name, runs, options))),
    )
    .addCommand(
      new Command('list')
        .description('Lists the baselines of this folder.')
        .option('--json', 'print JSON')
        .addHelpText('after', listHelp)
        .action(done((options: JsonOption) => list(io, options))),
    )
    .addCommand(
      new Command('show')
        .description('Shows where a baseline expects the next run, metric by metric.')
        .argument('<name>', 'as it was saved')
        .option('--json', 'print JSON')
        .addHelpText('after', showHelp)
        .action(done((name: string, options: JsonOption) => show(io, name, options))),
    )
    .addCommand(
      new Command('remove')
        .description('Removes a baseline; the runs and their history stay.')
        .argument('<name>', 'as it was saved')
        .option('--json', 'print JSON')
        .addHelpText('after', removeHelp)
        .action(done((name: string, options: JsonOption) => remove(io, name, options))),
    )
    .addCommand(
      new Command('history')
        .description(
          'Shows the followed figures of a profile over its kept history, and where they took another level.',
        )
        .option('-p, --profile <profile>', 'name of the profile; that of the last run if not given')
        .option('--metric <name>', 'only figures whose name contains this; if it is one, its values by time')
        .option('--machine <class>', 'another class of machine than this one')
        .option('--json', 'print JSON')
        .addHelpText('after', historyHelp)
        .action(done((options: HistoryOptions) => history(io, options))),
    )
    .addHelpText('after', afterHelp)
}

const afterHelp = `
Examples:
  nautilus baseline save main
  nautilus gate last --baseline main
  nautilus baseline history --profile algo-200ms

Each takes --json; its own help says the rest, such as \`nautilus baseline save --help\`.

Exit codes: 0 done, 2 usage, 5 no such baseline, 6 no space to write.
`

const saveHelp = `
Examples:
  nautilus baseline save main
  nautilus baseline save v1.2 --profile algo-200ms
  nautilus baseline save before-cache 7f3c 7e91 7d02

A baseline judges from eight runs on: fewer do not tell how much runs differ. Spread them over hours or days.

Exit codes: 0 saved, 2 usage or no such run, 6 no space to write.
`

const listHelp = `
Examples:
  nautilus baseline list
  nautilus baseline list --json
  nautilus baseline list --json > baselines.json

Exit codes: 0 listed, 2 usage.
`

const showHelp = `
Examples:
  nautilus baseline show main
  nautilus baseline show v1.2
  nautilus baseline show main --json

Exit codes: 0 shown, 2 usage, 5 no such baseline.
`

const removeHelp = `
Examples:
  nautilus baseline remove main
  nautilus baseline remove v1.2
  nautilus baseline remove before-cache --json

Exit codes: 0 removed, 2 usage, 5 no such baseline.
`

const historyHelp = `
Examples:
  nautilus baseline history
  nautilus baseline history --profile algo-200ms
  nautilus baseline history --profile algo-200ms --metric risk.p95

Exit codes: 0 shown, 2 usage or nothing kept.
`

async function save(io: Io, name: string, references: readonly string[], options: SaveOptions): Promise<void> {
  const { saveBaseline } = await import('../results/baselines.js')
  const { historyOfRuns, keptHistory } = await import('../results/chosen-history.js')
  const { wallClockIso } = await import('../core/clock.js')
  const { savedText } = await import('../report/baseline.js')
  const { jsonText } = await import('../report/json.js')
  const { occasionsMin } = await import('../stats/between-runs.js')
  const [first, ...others] = references
  const { profileName, machineClass, entries } = await (first === undefined
    ? keptHistory(io.cwd, options)
    : historyOfRuns(io.cwd, [first, ...others]))
  const fingerprint = entries.at(-1)?.fingerprint ?? ''
  const made = { name, createdAt: wallClockIso(), profileName, machineClass, fingerprint, entries: [...entries] }
  const saved = await saveBaseline(io.cwd, made)
  io.out(options.json === true ? jsonText(saved) : savedText(saved, occasionsMin))
}

async function list(io: Io, options: JsonOption): Promise<void> {
  const { listBaselines } = await import('../results/baselines.js')
  const { baselinesText } = await import('../report/baseline.js')
  const { jsonText } = await import('../report/json.js')
  const { wallClockIso } = await import('../core/clock.js')
  const baselines = await listBaselines(io.cwd)
  const json = () => jsonText({ schema: 'nautilus.baselines/1', baselines })
  io.out(options.json === true ? json() : baselinesText(baselines, wallClockIso()))
}

async function show(io: Io, name: string, options: JsonOption): Promise<void> {
  const { readBaseline } = await import('../results/baselines.js')
  const { baselineText } = await import('../report/baseline.js')
  const { jsonText } = await import('../report/json.js')
  const { expectedBy } = await import('../sla/baseline.js')
  const baseline = await readBaseline(io.cwd, name)
  io.out(options.json === true ? jsonText(baseline) : baselineText(baseline, expectedBy(baseline)))
}

async function remove(io: Io, name: string, options: JsonOption): Promise<void> {
  const { removeBaseline } = await import('../results/baselines.js')
  await removeBaseline(io.cwd, name)
  const { jsonText } = await import('../report/json.js')
  const json = () => jsonText({ schema: 'nautilus.baseline-removed/1', name })
  io.out(options.json === true ? json() : `removed baseline ${name}\n`)
}

async function history(io: Io, options: HistoryOptions): Promise<void> {
  const { keptHistory } = await import('../results/chosen-history.js')
  const { followedMetrics } = await import('../results/followed.js')
  const { followedText, valuesText } = await import('../report/baseline.js')
  const { jsonText } = await import('../report/json.js')
  const kept = await keptHistory(io.cwd, options)
  const metrics = followedMetrics(kept, options.metric)
  const { profileName, machineClass } = kept
  const [only, ...others] = metrics
  if (options.json === true)
    io.out(jsonText({ schema: 'nautilus.profile-history/1', profileName, machineClass, metrics }))
  else if (only !== undefined && others.length === 0) io.out(valuesText(only))
  else io.out(followedText(kept, metrics))
}
