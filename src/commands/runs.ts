import { Command } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'

type RunsOptions = {
  readonly json?: true
  readonly all?: true
  readonly prune?: true
  readonly keep: string
  readonly maxSize: string
}

const shownMax = 30

/** `nautilus runs`: what is kept under .nautilus/runs. */
export const runsCommand = (io: Io, exit: Exit): Command =>
  new Command('runs')
    .description('Lists the runs kept in .nautilus/runs of this folder, newest last.')
    .option('--all', `list all, not the newest ${shownMax} only`)
    .option('--json', 'print JSON, all runs')
    .option(
      '--prune',
      'remove the oldest runs, comparisons, searches and studies beyond --keep and --max-size, and sets whose runs are gone',
    )
    .option('--keep <count>', 'with --prune: how many stay of each', '20')
    .option('--max-size <size>', 'with --prune: disk space that the runs may take together', '1GiB')
    .addHelpText('after', afterHelp)
    .action(async (options: RunsOptions, command: Command) => {
      if (options.prune === true) await prune(io, options)
      else if (isGiven(command, 'keep')) throw pruneMissing('--keep')
      else if (isGiven(command, 'maxSize')) throw pruneMissing('--max-size')
      else await list(io, options)
      exit(0)
    })

const isGiven = (command: Command, option: string): boolean => command.getOptionValueSource(option) === 'cli'

const pruneMissing = (option: string): NautilusError =>
  new NautilusError('USAGE', `${option} says what --prune leaves, and --prune is not there`, {
    hint: `Add --prune to remove runs, or leave ${option} out to list them.`,
  })

const afterHelp = `
Examples:
  nautilus runs
  nautilus runs --json
  nautilus runs --prune --keep 5

Exit codes: 0 listed or removed, 2 usage.
`

async function list(io: Io, options: RunsOptions): Promise<void> {
  const { listRuns, runsFolderOf } = await import('../results/store.js')
  const { judgedOrUnreadable, runsJson, runsText, unreadableRun } = await import('../report/runs-table.js')
  const { wallClockIso } = await import('../core/clock.js')
  const { runs, unreadable } = await listRuns(runsFolderOf(io.cwd))
  const { historiesIn } = await import('../results/history.js')
  const historyOf = historiesIn(io.cwd)
  const judged = await Promise.all(runs.map(async (run) => judgedOrUnreadable(run, await historyOf(run.result))))
  const listed = [...unreadable.map(unreadableRun), ...judged]
  if (options.json === true) io.out(runsJson(listed))
  else io.out(runsText(options.all === true ? listed : listed.slice(-shownMax), wallClockIso()))
}

async function prune(io: Io, options: RunsOptions): Promise<void> {
  const { pruneCapacities } = await import('../results/capacity.js')
  const { pruneComparisons } = await import('../results/comparisons.js')
  const { pruneStudies } = await import('../results/studies.js')
  const { pruneSets } = await import('../results/sets.js')
  const { pruneRuns, runsFolderOf } = await import('../results/store.js')
  const { parseSize } = await import('../core/units.js')
  const { jsonText } = await import('../report/json.js')
  const { prunedText } = await import('../report/runs-table.js')
  const countMax = Number(options.keep)
  if (!Number.isInteger(countMax) || countMax < 0) {
    throw new NautilusError('USAGE', `--keep "${options.keep}" is not a count`, { hint: 'Write one such as 20.' })
  }
  const size = parseSize(options.maxSize)
  if ('problem' in size) throw new NautilusError('USAGE', `--max-size: ${size.problem}`)
  const bounds = { countMax, bytesMax: size.value }
  const runs = await pruneRuns(runsFolderOf(io.cwd), bounds)
  const comparisons = await pruneComparisons(io.cwd, bounds)
  const searches = await pruneCapacities(io.cwd, bounds)
  const studies = await pruneStudies(io.cwd, bounds)
  const kinds = [runs, comparisons, searches, studies]
  const removed = [...kinds.flatMap((kind) => kind.removed), ...(await pruneSets(io.cwd))]
  const pruned = { removed, freedBytes: kinds.reduce((sum, { freedBytes }) => sum + freedBytes, 0) }
  io.out(options.json === true ? jsonText({ schema: 'nautilus.pruned/1', ...pruned }) : prunedText(pruned))
}
