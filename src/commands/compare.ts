import { Command, Option } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'
import type { Comparison } from '../results/comparison.js'
import type { OnInconclusive } from '../sla/verdict.js'
import type { Rules } from './comparing.js'

type CompareOptions = {
  readonly profile?: string
  readonly set?: readonly string[]
  readonly a?: readonly string[]
  readonly b?: readonly string[]
  readonly injectB?: readonly string[]
  readonly build?: string
  readonly aa?: true
  readonly rounds?: string
  readonly margin: string
  readonly metric?: readonly string[]
  readonly control?: readonly string[]
  readonly inconclusive: OnInconclusive
  readonly offline?: true
  readonly queue?: true
  readonly json?: true
}

/** `nautilus compare`: whether B is worse than A, by paired rounds of fresh systems. */
export const compareCommand = (io: Io, exit: Exit): Command =>
  new Command('compare')
    .description('Measures two variants in turns, each time on a fresh system, and says whether B is worse than A.')
    .argument('[a]', 'a profile, or git:REF for a commit of this repository')
    .argument('[b]', 'the other one')
    .option('-p, --profile <profile>', 'the profile of both sides, where they are commits or settings')
    .option('--a <path=value>', 'a setting of A only; may be given again', collect)
    .option('--b <path=value>', 'a setting of B only; may be given again', collect)
    .option('--set <path=value>', 'a setting of both sides; may be given again', collect)
    .option('--inject-b <engine:fault>', 'deliberate fault of B, such as risk:+7ms: tries what is found', collect)
    .option('--build <command>', 'run by a shell in the worktree of each commit, such as "npm ci && npm run build"')
    .option('--aa', 'compare A with itself, and keep how much its figures differ by chance')
    .addOption(
      new Option('--rounds <count>', 'most rounds; 20 without it, 10 with --aa').choices(['5', '7', '10', '14', '20']),
    )
    .option('--margin <share>', 'change that is no regression yet', '5%')
    .option('--metric <name>', 'decide by this metric instead of the usual ones; may be given again', collect)
    .option('--control <name>', 'a metric that must not move, else the environment did; may be given again', collect)
    .addOption(
      new Option('--inconclusive <what>', 'exit code where it stays undecided: 3 (fail) or 0')
        .choices(['fail', 'warn', 'pass'])
        .default('fail'),
    )
    .option('--offline', 'never download a server')
    .option('--queue', 'wait for a measurement that is running instead of failing')
    .option('--json', 'print the comparison as JSON instead of the summary')
    .addHelpText('after', afterHelp)
    .action(async (a: string | undefined, b: string | undefined, options: CompareOptions) => {
      exit(
        await compare(
          io,
          [a, b].flatMap((name) => name ?? []),
          options,
        ),
      )
    })

const afterHelp = `
Examples:
  nautilus compare --profile algo-200ms --b engines.order-gateway.settings.batch=off
  nautilus compare git:main git:HEAD --profile profiles/desk.yaml --build "npm ci && npm run build"
  nautilus compare --aa --profile algo-200ms

Metrics are endToEnd.p50, .p95 and .p99, the same of each budget group (risk.p95), throughput, errors.rate and
cpu.ENGINE. Without --metric these decide: endToEnd.p50, endToEnd.p95, throughput and errors.rate. The p99 and the p95
of each budget group are watched: they can regress, but no round is added for them.
Everything is kept in .nautilus/comparisons/ID.

Exit codes: 0 ok, improved or --aa done, 1 regressed, 2 usage, profile or unknown commit, 3 inconclusive, 4 no data, or
a build or an engine failed, 6 environment unfit, 130/143 interrupted.
`

const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]

async function compare(io: Io, names: readonly string[], options: CompareOptions): Promise<number> {
  const { readSides } = await import('../profile/variant.js')
  const { newComparisonId } = await import('../results/comparisons.js')
  const { showRun } = await import('../ui/show.js')
  const { checkSides, runComparison } = await import('./comparing.js')
  const { whileAlone } = await import('./measuring.js')
  const sides = readSides({
    names,
    profile: options.profile ?? null,
    set: options.set ?? [],
    setA: options.a ?? [],
    setB: options.b ?? [],
    injectB: options.injectB ?? [],
    againstItself: options.aa === true,
  })
  const rules = await rulesOf(options)
  await checkSides(io, sides, rules)
  const id = newComparisonId(io.cwd)
  const view = showRun(io, io)
  const atStop = 'stopping; whole rounds are kept (again to kill now)'
  io.stop.addEventListener('abort', () => view.note(atStop), { once: true })
  try {
    const alone = { profileName: sides.a.label, runId: id, queue: options.queue === true, note: view.note }
    const { build = null, offline = false } = options
    const comparison = await whileAlone(io, alone, () => runComparison(io, { id, sides, rules, build, offline, view }))
    view.close()
    return await conclude(io, comparison, { inconclusive: options.inconclusive, json: options.json === true })
  } finally {
    view.close()
  }
}

async function rulesOf({ aa, rounds, margin, metric, control }: CompareOptions): Promise<Rules> {
  const { parseShare } = await import('../core/units.js')
  const roundsMax = Number(rounds ?? (aa === true ? 10 : 20))
  const parsed = parseShare(margin)
  if ('problem' in parsed) throw new NautilusError('USAGE', `--margin: ${parsed.problem}`)
  const kind = aa === true ? 'aa' : 'ab'
  return { kind, roundsMax, marginShare: parsed.value, metrics: metric ?? [], controls: [...(control ?? [])] }
}

/** Keeps the report and the noise floor, says what was found, and gives the exit code. A full disk loses the files, never the summary. */
async function conclude(
  io: Io,
  comparison: Comparison,
  { inconclusive, json }: { readonly inconclusive: OnInconclusive; readonly json: boolean },
): Promise<number> {
  const { keepComparison } = await import('../report/keep-comparison.js')
  const { renderComparison } = await import('../report/comparison.js')
  const { judgeComparison } = await import('../sla/comparison.js')
  const { exitOfComparison } = await import('../sla/noise.js')
  const verdict = judgeComparison(comparison, inconclusive)
  const problem = await keepComparison(io.cwd, comparison, verdict)
  io.out(renderComparison(json ? 'json' : 'terminal', comparison, { verdict, color: io.color }))
  if (problem !== null) throw problem
  return exitOfComparison(comparison, verdict)
}
