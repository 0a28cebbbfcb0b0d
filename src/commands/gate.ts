import { Command } from 'commander'
import type { Exit, Io } from '../core/io.js'

type GateOptions = { readonly json?: true }

/** `nautilus gate`: the verdict of a kept run, from its file alone. */
export const gateCommand = (io: Io, exit: Exit): Command =>
  new Command('gate')
    .description('Judges a kept run by the limits in its own profile and ends with the exit code of the verdict.')
    .argument('<run>', 'an id or its beginning, `last`, `last~1`, or a path to a run folder or result.json')
    .option('--json', 'print the verdict as JSON')
    .addHelpText('after', afterHelp)
    .action(async (reference: string, options: GateOptions) => {
      const { resolveRun } = await import('../results/store.js')
      const { judge } = await import('../sla/verdict.js')
      const { verdictText } = await import('../report/gate.js')
      const { result } = await resolveRun(io.cwd, reference)
      const verdict = judge(result)
      io.out(verdictText(result, verdict, { json: options.json === true, color: io.color }))
      exit(verdict.exit)
    })

const afterHelp = `
Examples:
  nautilus gate last
  nautilus gate 7f3c --json
  nautilus gate artifacts/result.json

Exit codes: 0 pass, 1 fail, 2 no such run, 4 no data, invalid or unreadable, 130 and 143 interrupted.
`
