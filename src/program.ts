import { EventEmitter } from 'node:events'
import { Command, Help } from 'commander'
import type { Exit, Io } from './core/io.js'
import { packageVersion } from './core/paths.js'

// The commands. Each is loaded only where it is called, so that the list may grow and `--help` stays as quick as node itself.

type MakeCommand = (io: Io, exit: Exit) => Command

export type CommandEntry = {
  readonly name: string
  /** The line in the list of commands; the command's own help says more. */
  readonly summary: string
  readonly group: string
  /** Runs until it is stopped or done, so it listens to signals and to the death of its parent. */
  readonly long: boolean
  readonly load: () => Promise<MakeCommand>
}

const measure = 'Measure and judge:'
const operate = 'Run a system:'
const write = 'Write a profile:'

export const commandEntries: readonly CommandEntry[] = [
  {
    name: 'bench',
    summary: 'start the system of a profile, drive it, judge it, stop it',
    group: measure,
    long: true,
    load: async () => (await import('./commands/bench.js')).benchCommand,
  },
  {
    name: 'load',
    summary: 'load one URL on schedule and show how long it took, without a profile',
    group: measure,
    long: true,
    load: async () => (await import('./commands/load.js')).loadCommand,
  },
  {
    name: 'gate',
    summary: 'judge a kept run, set or comparison again and end with its exit code',
    group: measure,
    long: false,
    load: async () => (await import('./commands/gate.js')).gateCommand,
  },
  {
    name: 'compare',
    summary: 'say whether one variant is slower than another, by paired rounds',
    group: measure,
    long: true,
    load: async () => (await import('./commands/compare.js')).compareCommand,
  },
  {
    name: 'tune',
    summary: 'search better settings within the limits, and confirm that they are better',
    group: measure,
    long: true,
    load: async () => (await import('./commands/tune.js')).tuneCommand,
  },
  {
    name: 'baseline',
    summary: 'keep earlier runs to hold later ones against, and show how figures moved',
    group: measure,
    long: false,
    load: async () => (await import('./commands/baseline.js')).baselineCommand,
  },
  {
    name: 'report',
    summary: 'show a kept run as terminal text, Markdown, HTML, JUnit, JSON or for another tool',
    group: measure,
    long: false,
    load: async () => (await import('./commands/report.js')).reportCommand,
  },
  {
    name: 'runs',
    summary: 'list the kept runs, or remove old ones',
    group: measure,
    long: false,
    load: async () => (await import('./commands/runs.js')).runsCommand,
  },
  {
    name: 'up',
    summary: 'start what a profile describes and keep it running',
    group: operate,
    long: true,
    load: async () => (await import('./commands/up.js')).upCommand,
  },
  {
    name: 'down',
    summary: 'stop the system that is up',
    group: operate,
    long: false,
    load: async () => (await import('./commands/down.js')).downCommand,
  },
  {
    name: 'status',
    summary: 'show the processes and services of the system that is up',
    group: operate,
    long: false,
    load: async () => (await import('./commands/status.js')).statusCommand,
  },
  {
    name: 'logs',
    summary: 'print or follow the log of an engine',
    group: operate,
    long: true,
    load: async () => (await import('./commands/logs.js')).logsCommand,
  },
  {
    name: 'restart',
    summary: 'restart one engine of the system that is up',
    group: operate,
    long: false,
    load: async () => (await import('./commands/restart.js')).restartCommand,
  },
  {
    name: 'check',
    summary: 'list every problem of a profile, or what it will do',
    group: write,
    long: false,
    load: async () => (await import('./commands/check.js')).checkCommand,
  },
  {
    name: 'schema',
    summary: 'print the JSON Schema of profiles',
    group: write,
    long: false,
    load: async () => (await import('./commands/schema.js')).schemaCommand,
  },
  {
    name: 'data',
    summary: 'read, convert and generate files of market data to replay',
    group: write,
    long: true,
    load: async () => (await import('./commands/data.js')).dataCommand,
  },
]

/** The command that the arguments call, also by `help NAME`. */
export function calledEntry(args: readonly string[]): CommandEntry | undefined {
  const [first, second] = args.filter((argument) => !argument.startsWith('-'))
  const name = first === 'help' ? second : first
  return commandEntries.find((entry) => entry.name === name)
}

/** The whole program: the called command in full, the others by name. */
export async function buildProgram(
  { io, exit }: { readonly io: Io; readonly exit: Exit },
  called: readonly (CommandEntry | undefined)[],
): Promise<Command> {
  const program = new Command('nautilus')
    .description('Starts a system of many services from a profile, loads it, and judges it against latency budgets.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
      getOutHasColors: () => io.color,
      getErrHasColors: () => io.color,
    })
    .addHelpText('after', afterHelp)
  for (const entry of commandEntries) {
    const command = called.includes(entry) ? (await entry.load())(io, exit) : new Command(entry.name)
    command.summary(entry.summary).helpGroup(entry.group)
    inherit(program, command)
    program.addCommand(command)
  }
  arrangeHelp(program)
  return program
}

const afterHelp = `
Examples:
  nautilus bench --profile quickstart
  nautilus check algo-200ms
  nautilus report last --format markdown

Exit codes: 0 pass or done, 1 fail, 2 usage or profile, 3 inconclusive, 4 no data,
5 baseline, 6 environment, 70 a bug of nautilus, 130 and 143 interrupted.
`

function inherit(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inherit(command, child)
  arrangeHelp(command)
}

/** What the command is for and its examples come first, then usage and options, and the exit codes last. */
function arrangeHelp(command: Command): void {
  command.configureHelp({
    ...command.configureHelp(),
    formatHelp: (target, helper) => {
      const after = takeAfterHelp(target)
      const cut = after.search(/^Exit codes/m)
      const examples = cut < 0 ? after : after.slice(0, cut)
      const exits = cut < 0 ? '' : after.slice(cut)
      helper.commandDescription = () => ''
      const usage = Help.prototype.formatHelp.call(helper, target, helper)
      const blocks = [target.description(), examples, usage, exits].map((block) => block.trim())
      return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
    },
  })
}

/** The texts of `addHelpText('after')`, which commander keeps as listeners; taken out, so that they are not printed twice. */
function takeAfterHelp(command: Command): string {
  const emitter: unknown = command
  if (!(emitter instanceof EventEmitter)) return ''
  const texts: string[] = []
  emitter.emit('afterHelp', { error: false, command, write: (text: string) => texts.push(text) })
  emitter.removeAllListeners('afterHelp')
  return texts.join('')
}
