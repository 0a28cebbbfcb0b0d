import { Command } from 'commander'
import type { Exit, Io } from '../core/io.js'

type StatusOptions = { readonly json?: true }

/** `nautilus status`: what runs of the system that is up in this folder. */
export const statusCommand = (io: Io, exit: Exit): Command =>
  new Command('status')
    .description('Shows services and engines of the system that is up in this folder.')
    .option('--json', 'print JSON')
    .addHelpText('after', afterHelp)
    .action(async (options: StatusOptions) => {
      await status(io, options)
      exit(0)
    })

const afterHelp = `
Examples:
  nautilus status
  nautilus status --json
  watch -n 1 nautilus status

CPU is of one core, measured over a fifth of a second.

Exit codes: 0 shown, 6 no system is up in this folder.
`

async function status(io: Io, options: StatusOptions): Promise<void> {
  const { ControlClient } = await import('../supervisor/control-client.js')
  const { stateFolder } = await import('../profile/plan.js')
  const { statusJson, statusText } = await import('../report/status-table.js')
  const client = await ControlClient.connect(stateFolder(io.cwd))
  const reply = await client.status()
  io.out(options.json === true ? statusJson(reply.status, reply.usage) : statusText(reply.status, reply.usage))
}
