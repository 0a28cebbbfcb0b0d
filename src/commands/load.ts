import { Command, Option } from 'commander'
import type { SystemAccess } from '../bench/plan.js'
import type { RunSnapshot } from '../bench/snapshot.js'
import type { Exit, Io } from '../core/io.js'
import type { DurationNs } from '../core/units.js'
import type { Profile } from '../profile/load.js'
import type { QuickLoadOptions } from '../profile/quick-load.js'
import type { ReportFormat } from '../report/render.js'
import type { RunResult } from '../results/run-result.js'
import type { OnInconclusive } from '../sla/verdict.js'
import type { View } from '../ui/show.js'

type LoadOptions = QuickLoadOptions & {
  readonly out?: readonly string[]
  readonly inconclusive: OnInconclusive
  readonly queue?: true
  readonly keepAwake?: true
  readonly json?: true
  readonly findMaxRate?: true
  readonly untilDecided?: string | true
}

/** `nautilus load URL`: one target, without a profile. */
export const loadCommand = (io: Io, exit: Exit): Command =>
  new Command('load')
    .description('Sends requests to one URL on schedule and shows how long they took from the intended instant.')
    .argument('<url>', 'where the requests go; `{{seq}}` and `{{column}}` are filled in for each')
    .optionsGroup('When:')
    .option('-r, --rate <rate>', 'requests per second of constant and poisson arrivals (default: 100/s)')
    .option(
      '--arrivals <arrivals>',
      'constant, poisson, ramp:100/s..1000/s, or recorded:FILE (a time in ms a line)',
      'constant',
    )
    .option('--closed', 'each connection sends again when it was answered: throughput, but no response times')
    .option('-d, --duration <duration>', 'length of the measured window', '10s')
    .option('--warmup <duration>', 'load before it, counted in no figure', '1s')
    .option('--timeout <duration>', 'what has no answer by then counts as timed out', '5s')
    .option('--seed <number>', 'of arrivals and of rows in random order; the same seed sends the same load')
    .optionsGroup('What:')
    .option('-X, --method <method>', 'HTTP method (default: GET, with a body POST)')
    .option('-H, --header <header>', 'a header `name: value`; may be given again', collect)
    .option('--body <text>', 'body of each request, or @file')
    .option('--data <file>', 'rows that fill {{column}}, one a request in turn: .csv, .ndjson or .jsonl')
    .option('--correlate <field>', 'ws: field of the JSON answer that holds {{seq}} of its request (default: id)')
    .option('--command <words>', 'redis: the command and its arguments (default: PING)')
    .option('--query <statement>', 'postgres: the statement (default: select 1)')
    .option('--expect-status <statuses>', 'what counts as completed, such as 200,404 or 2xx', collect)
    .optionsGroup('How:')
    .option('-c, --connections <count>', 'connections, or users of a closed loop', '10')
    .option('--workers <count>', 'threads of the generator', '1')
    .option('--pipelining <count>', 'requests under way on one connection')
    .option('--http2', 'HTTP/2, over TLS')
    .option('--keep-awake', 'keep idle cores from sleeping: smaller figures, comparable with their like only')
    .option('--insecure', 'also take certificates that nobody signed')
    .optionsGroup('Result:')
    .option(
      '--limit <limit>',
      'judge: p95<20ms (or p50, p99, p99.9, max), errors<1%, rate>900/s; may be given again',
      collect,
    )
    .addOption(
      new Option('--find-max-rate', 'search the highest rate at which every --limit holds').conflicts([
        ...['rate', 'closed', 'out', 'inconclusive'],
      ]),
    )
    .addOption(
      new Option(
        '--until-decided [max]',
        'end at a quarter, half or three quarters where the verdict is clear, or go on up to max (3 x the duration)',
      ).conflicts(['findMaxRate', 'closed']),
    )
    .option('--out <file>', 'write a report too, its format by the extension; may be given again', collect)
    .addOption(
      new Option('--inconclusive <what>', 'exit code where the data cannot tell: 3 (fail) or 0')
        .choices(['fail', 'warn', 'pass'])
        .default('fail'),
    )
    .option('--queue', 'wait for a measurement that is running instead of failing')
    .option('--json', 'print the result as JSON instead of the summary')
    .addHelpText('after', afterHelp)
    .action(async (url: string, options: LoadOptions) => exit(await load(io, url, options)))

const afterHelp = `
Examples:
  nautilus load http://127.0.0.1:3000/
  nautilus load http://127.0.0.1:3000/orders --rate 1000/s -d 30s --body @order.json -H 'content-type: application/json'
  nautilus load http://127.0.0.1:3000/items/{{id}} --data items.csv --limit 'p95<20ms' --limit 'errors<0.1%'
  nautilus load http://127.0.0.1:3000/ --limit 'p95<20ms' --find-max-rate
  nautilus load redis://127.0.0.1:6379 --command 'GET key:{{seq}}' --rate 5000/s

The result and its reports are kept in .nautilus/runs/ID; \`nautilus report last\` shows them again.

Exit codes: 0 done or pass, 1 a limit is exceeded, 2 usage, 3 inconclusive, 4 nothing completed or measurement invalid,
6 environment unfit (nobody answers, another measurement, disk full), 130/143 interrupted.
`

function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value]
}

async function load(io: Io, url: string, options: LoadOptions): Promise<number> {
  const { formatsOfFiles } = await import('../report/file-format.js')
  const { quickProfile } = await import('../profile/quick-load.js')
  const { newRunId, refuseUnwritable, runsFolderOf } = await import('../results/store.js')
  const { showRun } = await import('../ui/show.js')
  const { whileAlone } = await import('./measuring.js')
  const formats = formatsOfFiles(options.out ?? [])
  await refuseUnwritable(io.cwd, options.out ?? [])
  const profile = quickProfile(url, options, io.cwd)
  const runId = newRunId(runsFolderOf(io.cwd))
  const view = showRun(io, io)
  io.stop.addEventListener('abort', () => view.note('stopping; partial result will be kept (again to kill now)'), {
    once: true,
  })
  const { longestWindow } = await import('../profile/until-decided.js')
  const { describeLoad } = await import('../profile/dry-run.js')
  const { maskSecrets } = await import('../core/secrets.js')
  const keepAwake = options.keepAwake === true
  const queue = options.queue === true
  const windowNsMax = longestWindow(options.untilDecided, profile)
  try {
    for (const line of describeLoad(profile)) view.note(maskSecrets(line, profile.secrets))
    if (options.findMaxRate === true) {
      const { searchMaxRate } = await import('./max-rate.js')
      const driven = {
        access: nothingRuns(''),
        drive: (at: Profile, id: string) => drive(io, { profile: at, runId: id, view, keepAwake, windowNsMax: null }),
      }
      const asked = { profile, named: null, view, queue, json: options.json === true }
      return await searchMaxRate(io, { ...asked, onSystem: (work) => work(driven) })
    }
    const alone = { profileName: profile.config.name, runId, queue, note: view.note }
    const result = await whileAlone(io, alone, () => drive(io, { profile, runId, view, keepAwake, windowNsMax }))
    view.close()
    return await conclude(io, result, { profile, formats, ...options })
  } finally {
    view.close()
  }
}

/** The target is there already, and no part of what nautilus starts. */
const nothingRuns = (systemId: string): SystemAccess => ({
  systemId,
  bus: { kind: 'in-process' },
  storeUrl: null,
  services: [],
  addresses: {},
  engines: [],
})

type Driven = {
  readonly profile: Profile
  readonly runId: string
  readonly view: View<RunSnapshot>
  readonly keepAwake: boolean
  readonly windowNsMax: DurationNs | null
}

async function drive(io: Io, { profile, runId, view, ...rest }: Driven): Promise<RunResult> {
  const { withInstrument } = await import('./measuring.js')
  const { runTarget } = await import('../bench/target/run-target.js')
  const { monotonicClock } = await import('../core/clock.js')
  const { packageVersion } = await import('../core/paths.js')
  const { maskedInput } = await import('../profile/origins.js')
  const { planBench } = await import('../profile/plan.js')
  const { newSystemId } = await import('../profile/access.js')
  const systemId = newSystemId()
  const plan = await planBench(profile, { systemId, cwd: io.cwd, runId, offline: true, faults: {} })
  const nothing = nothingRuns(systemId)
  const instrument = { profile, plan, access: nothing, view, ...rest }
  return withInstrument(io, instrument, (known) =>
    runTarget(plan, nothing, {
      ...known,
      clock: monotonicClock,
      stop: io.stop,
      onSnapshot: (snapshot) => view.update(snapshot),
      systemFailed: new Promise(() => undefined),
      profile: maskedInput(profile),
      version: packageVersion(),
      cwd: io.cwd,
    }),
  )
}

type Concluded = {
  readonly profile: Profile
  readonly formats: readonly { readonly file: string; readonly format: ReportFormat }[]
  readonly json?: true
  readonly inconclusive: OnInconclusive
}

/** Keeps the result, says what it means, and gives the exit code. */
async function conclude(io: Io, found: RunResult, concluded: Concluded): Promise<number> {
  const { judgeAndKeep } = await import('../report/keep.js')
  const { renderReport } = await import('../report/render.js')
  const { writeOutput } = await import('../results/store.js')
  const { profile, formats, json, inconclusive } = concluded
  const asked = { secrets: profile.secrets, profile: null, services: null, inconclusive }
  const { result, verdict, context, problem } = await judgeAndKeep(io.cwd, found, asked)
  io.out(renderReport(json === true ? 'json' : 'terminal', result, { verdict, context, color: io.color }))
  for (const { file, format } of formats) {
    await writeOutput(io.cwd, file, renderReport(format, result, { verdict, context, color: false }))
    io.err(`wrote ${file}\n`)
  }
  if (problem !== null) throw problem
  return verdict.exit
}
