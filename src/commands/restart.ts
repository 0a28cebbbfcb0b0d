import { Command } from 'commander'
import type { Exit, Io } from '../core/io.js'

type RestartOptions = { readonly json?: true }

/** `nautilus restart`: ends one engine and starts it again. */
export const restartCommand = (io: Io, exit: Exit): Command =>
  new Command('restart')
    .description('Stops one engine of the system that is up, starts it again, and returns when it is ready.')
    .argument('<engine>', 'name as in `nautilus status`')
    .option('--json', 'print the new status as JSON')
    .addHelpText('after', afterHelp)
    .action(async (name: string, options: RestartOptions) => {
      await restart(io, name, options)
      exit(0)
    })

const afterHelp = `
Examples:
  nautilus restart risk
  nautilus restart order-gateway
  nautilus restart risk --json

Exit codes: 0 ready again, 2 no such engine, 4 it failed or was not ready in time, 6 no system is up in this folder.
`

async function restart(io: Io, name: string, options: RestartOptions): Promise<void> {
  const { ControlClient } = await import('../supervisor/control-client.js')
  const { stateFolder } = await import('../profile/plan.js')
  const { statusJson } = await import('../report/status-table.js')
  const client = await ControlClient.connect(stateFolder(io.cwd))
  await client.restart(name)
  if (options.json !== true) return io.out(`${name} is ready again\n`)
  const { status, usage } = await client.status()
  io.out(statusJson(status, usage))
}
