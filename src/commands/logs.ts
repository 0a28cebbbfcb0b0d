import { Command } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'

type LogsOptions = { readonly follow?: true; readonly lines: string; readonly json?: true }

/** `nautilus logs`: what an engine or service wrote. */
export const logsCommand = (io: Io, exit: Exit): Command =>
  new Command('logs')
    .description(
      'Prints the last lines that an engine or service wrote: of the system that is up, else of the last one.',
    )
    .argument('<engine>', 'name of an engine or service')
    .option('-f, --follow', 'go on with each new line until Ctrl-C')
    .option('-n, --lines <count>', 'how many lines', '50')
    .option('--json', 'print a JSON object a line')
    .addHelpText('after', afterHelp)
    .action(async (name: string, options: LogsOptions) => exit(await logs(io, name, options)))

const afterHelp = `
Examples:
  nautilus logs risk
  nautilus logs order-gateway -f
  nautilus logs store -n 200

Exit codes: 0 printed, 2 there is no such log, 130 a following was ended by Ctrl-C.
`

async function logs(io: Io, name: string, options: LogsOptions): Promise<number> {
  const { follow, lastLines, logSize } = await import('../supervisor/log-file.js')
  const { logFileIn, logFolders } = await import('../supervisor/log-folders.js')
  const { stateFolder } = await import('../profile/plan.js')
  const { maskUrl } = await import('../core/secrets.js')
  const folder = stateFolder(io.cwd)
  const running = await runningFolder(folder)
  const file = logFileIn(running === null ? logFolders(folder) : [running], name)
  const show = (line: string) => {
    const masked = maskUrl(line)
    io.out(options.json === true ? `${JSON.stringify({ engine: name, line: masked })}\n` : `${masked}\n`)
  }
  const from = logSize(file)
  for (const line of lastLines(file, { count: countOf(options.lines) })) show(line)
  if (options.follow !== true) return 0
  await follow(file, { from, stop: io.stop, onLine: show })
  const { exitOfInterruption } = await import('../sla/exit.js')
  return exitOfInterruption(String(io.stop.reason))
}

/** Where the system that is up writes its logs; null where none is up. */
async function runningFolder(folder: string): Promise<string | null> {
  const { ControlClient } = await import('../supervisor/control-client.js')
  try {
    const client = await ControlClient.connect(folder)
    return (await client.logs()).folder
  } catch (error) {
    if (error instanceof NautilusError && error.code === 'NOT_UP') return null
    throw error
  }
}

function countOf(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0 && count <= 100_000) return count
  throw new NautilusError('USAGE', `--lines "${text}" is not a count up to 100,000`, { hint: 'Write one such as 50.' })
}
