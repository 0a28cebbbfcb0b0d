import { Command } from 'commander'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'

type CheckOptions = {
  readonly set?: readonly string[]
  readonly origins?: true
  readonly list?: true
  readonly json?: true
}

/** `nautilus check`: every problem of a profile at once, or what it will do. Starts nothing. */
export const checkCommand = (io: Io, exit: Exit): Command =>
  new Command('check')
    .description('Checks a profile and lists every problem with its place. Starts nothing.')
    .argument('[profile]', 'a file, or the name of a profile in ./profiles or of a shipped one')
    .option('--set <path=value>', 'override one value; may be given again', collect)
    .option('--origins', 'print each value and where it was written')
    .option('--list', 'list the profiles that a name can mean')
    .option('--json', 'print JSON')
    .addHelpText('after', afterHelp)
    .action(async (name: string | undefined, options: CheckOptions) => {
      if (options.list === true) return exit(await list(io, options))
      if (name !== undefined) return exit(await check(io, name, options))
      throw new NautilusError('USAGE', 'no profile is named', { hint: '`nautilus check --list` lists them.' })
    })

const afterHelp = `
Examples:
  nautilus check quickstart
  nautilus check algo-200ms --origins --set load.arrivals.rate=500/s
  nautilus check --list

Exit codes: 0 sound, 2 problems found.
`

async function list(io: Io, options: CheckOptions): Promise<number> {
  const { listedProfiles, listText } = await import('../profile/report.js')
  const { jsonText } = await import('../report/json.js')
  io.out(options.json === true ? jsonText(listedProfiles(io.cwd)) : listText(io.cwd))
  return 0
}

async function check(io: Io, name: string, options: CheckOptions): Promise<number> {
  const { examineProfile, loadProfile } = await import('../profile/load.js')
  const { checkedJson, originsText, summaryText } = await import('../profile/report.js')
  const load = { cwd: io.cwd, env: io.env, set: options.set ?? [] }
  if (options.json === true) {
    const checked = checkedJson(examineProfile(name, load), io.cwd)
    const { jsonText } = await import('../report/json.js')
    io.out(jsonText(checked))
    return checked.ok ? 0 : 2
  }
  const profile = loadProfile(name, load)
  io.out(options.origins === true ? originsText(profile, io.cwd) : summaryText(profile))
  return 0
}

const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]
