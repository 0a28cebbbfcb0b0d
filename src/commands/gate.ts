import { Command, Option } from 'commander'
import type { Exit, Io } from '../core/io.js'
import type { OnInconclusive } from '../sla/verdict.js'

type GateOptions = { readonly json?: true; readonly inconclusive: OnInconclusive; readonly baseline?: string }

/** `nautilus gate`: the verdict of what is kept, from its files alone. */
export const gateCommand = (io: Io, exit: Exit): Command =>
  new Command('gate')
    .description(
      'Judges a kept run, set of runs, comparison or search again and ends with the exit code of the verdict.',
    )
    .argument('<run>', 'an id or its beginning (7f3c, s-12ab, c-3f2a, m-7610), `last`, `last~1`, or a path')
    .addOption(
      new Option('--inconclusive <what>', 'exit code where the data cannot tell: 3 (fail) or 0')
        .choices(['fail', 'warn', 'pass'])
        .default('fail'),
    )
    .option('--baseline <name>', 'hold the run also against what `nautilus baseline save` kept')
    .option('--json', 'print the verdict as JSON')
    .addHelpText('after', afterHelp)
    .action(async (reference: string, options: GateOptions) => exit(await gate(io, reference, options)))

const afterHelp = `
Examples:
  nautilus gate last
  nautilus gate 7f3c --json
  nautilus gate c-3f2a --inconclusive warn
  nautilus gate m-7610
  nautilus gate last --baseline main

Exit codes: 0 pass, 1 fail or regressed, 2 no such run, 3 inconclusive, 4 no data, invalid or unreadable,
5 no such baseline or one of another machine, 130 and 143 interrupted. A \`nautilus load\` without --limit, and functions
without a budget, were only measured: they end with 0 here as they did then. A profile without limits is 4.
`

async function gate(io: Io, reference: string, options: GateOptions): Promise<number> {
  const { json, inconclusive } = options
  const { verdictText } = await import('../report/gate.js')
  const { resolveKept } = await import('../results/references.js')
  const kept = await resolveKept(io.cwd, reference)
  const shown = { json: json === true, color: io.color }
  if (kept.kind === 'comparison') {
    const { renderComparison } = await import('../report/comparison.js')
    const { judgeComparison } = await import('../sla/comparison.js')
    const { exitOfComparison } = await import('../sla/noise.js')
    const verdict = judgeComparison(kept.comparison, inconclusive)
    io.out(renderComparison(shown.json ? 'json' : 'terminal', kept.comparison, { verdict, color: io.color }))
    return exitOfComparison(kept.comparison, verdict)
  }
  if (kept.kind === 'capacity') {
    const { renderCapacity } = await import('../report/capacity.js')
    const { exitOfSearch } = await import('../sla/rate-search.js')
    io.out(renderCapacity(shown.json ? 'json' : 'terminal', kept.capacity))
    return exitOfSearch(kept.capacity.status, kept.capacity.interrupted)
  }
  const { judgeKept } = await import('../sla/set-verdict.js')
  const { historyBefore } = await import('../results/history.js')
  const first = kept.kind === 'run' ? kept.result : kept.results[0]
  const history = first === undefined ? null : await historyBefore(io.cwd, first)
  const { result, verdict } = judgeKept(kept, { inconclusive, history })
  if (options.baseline === undefined) {
    io.out(verdictText(result, verdict, shown))
    return verdict.exit
  }
  const { findBaseline } = await import('../results/baselines.js')
  const { judgeByBaseline } = await import('../sla/baseline.js')
  const { exitOf } = await import('../sla/exit.js')
  const baseline = await findBaseline(io.cwd, options.baseline)
  const against = judgeByBaseline(result, { name: options.baseline, baseline, inconclusive })
  io.out(verdictText(result, verdict, { ...shown, against }))
  return exitOf([verdict.exit, against.exit])
}
