import { Command } from 'commander'
import type { Exit, Io } from '../core/io.js'

type DownOptions = { readonly now?: true; readonly json?: true }

/** `nautilus down`: stops the system that is up in this folder. */
export const downCommand = (io: Io, exit: Exit): Command =>
  new Command('down')
    .description(
      'Stops the system that is up in this folder, in reverse order, and returns when nothing of it is left.',
    )
    .option('--now', 'kill at once instead of waiting for an orderly end')
    .option('--json', 'print JSON')
    .addHelpText('after', afterHelp)
    .action(async (options: DownOptions) => {
      await down(io, options)
      exit(0)
    })

const afterHelp = `
Examples:
  nautilus down
  nautilus down --now
  nautilus down --json

Exit codes: 0 stopped, 6 no system is up in this folder.
`

async function down(io: Io, options: DownOptions): Promise<void> {
  const { ControlClient } = await import('../supervisor/control-client.js')
  const { stateFolder } = await import('../profile/plan.js')
  const client = await ControlClient.connect(stateFolder(io.cwd))
  await client.down({ now: options.now === true, onEvent: (text) => io.err(`${text}\n`) })
  io.out(options.json === true ? `${JSON.stringify({ schema: 'nautilus.down/1', pid: client.pid })}\n` : 'stopped\n')
}
