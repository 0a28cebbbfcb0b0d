import { isPlain } from '../bench/config.js'
import { maskSecrets } from '../core/secrets.js'
import { formatLimit } from '../report/format.js'
import { textTable } from '../report/text-table.js'
import { describeLoad } from './dry-run.js'
import { readFamily } from './extend.js'
import { listProfiles, shownFile } from './find.js'
import type { Examined, Profile } from './load.js'
import type { Place } from './located.js'
import { childOf } from './located.js'
import { maskedInput, originsOf } from './origins.js'
import { enginesOf, runsInKit } from './plan.js'

// What `nautilus check` says of a profile: text for people, data for programs.

/** What a sound profile will do, in a few lines. */
export function summaryText(profile: Profile): string {
  const { config } = profile
  const services = Object.entries(config.services).map(([name, { kind }]) => `${name} (${kind})`)
  const engines = enginesOf(config).map(([name, { replicas }]) => (replicas > 1 ? `${name} x${replicas}` : name))
  const lines = [
    `${profile.shownFile}: ok`,
    ...(config.description === undefined ? [] : [`  ${config.description}`]),
    `  system  ${services.join(', ') || 'no services'}${meetsOnBus(config) ? `; ${busText(config)}` : ''}`,
    `  engines ${engines.join(', ') || 'none'}`,
    ...describeLoad(profile).map((line) => `  ${line}`),
    `  sla     ${slaText(profile)}`,
  ]
  return maskSecrets(`${lines.join('\n')}\n`, profile.secrets)
}

/** A plain target meets nobody, unless it is the bus itself or the system beside it has engines of ours. */
const meetsOnBus = ({ load, engines }: Profile['config']): boolean =>
  !isPlain(load.scenario) ||
  load.scenario === 'bus' ||
  Object.entries(engines).some(([name, engine]) => runsInKit(name, engine))

/** `bus redis`, or `buses bus, market-bus (market.event, tick)`: the first carries what no other does. */
function busText({ bus }: Profile['config']): string {
  const others = bus.kind === 'redis' ? Object.keys(bus.others) : []
  if (bus.kind !== 'redis' || others.length === 0) return `bus ${bus.kind}`
  const routed = Object.entries(bus.topics)
  const named = others.map((name) => {
    const topics = routed.filter(([, route]) => route.bus === name).map(([topic]) => topic)
    return `${name} (${topics.join(', ') || 'no topics'})`
  })
  return `buses ${[bus.service, ...named].join(', ')}`
}

/** Each value with the place where it was written, or `default`. */
export function originsText(profile: Profile, cwd: string): string {
  const rows = originsOf(profile, cwd).map(({ path, value, from }) => [path, value, from])
  return `${textTable(rows).join('\n')}\n`
}

/** The profiles that a bare name can mean, with what each is for. */
export function listedProfiles(cwd: string): { name: string; file: string; description: string }[] {
  return listProfiles(cwd).map(({ name, file }) => {
    const { tree } = readFamily(file)
    const found = tree === null ? null : childOf(tree, 'description')
    const description = found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : ''
    return { name, file: shownFile(file, cwd), description }
  })
}

export function listText(cwd: string): string {
  const rows = listedProfiles(cwd).map(({ name, file, description }) => [name, file, description])
  return rows.length === 0 ? 'no profiles\n' : `${textTable(rows).join('\n')}\n`
}

type CheckedJson = {
  readonly ok: boolean
  readonly problems: readonly { readonly place: PlaceJson; readonly text: string }[]
  readonly profile: Readonly<Record<string, unknown>> | null
  readonly origins: readonly { readonly path: string; readonly value: string; readonly from: string }[]
}
type PlaceJson = { readonly file: string; readonly line: number; readonly column: number } | { readonly option: string }

/** The same as data, secrets masked. */
export function checkedJson(examined: Examined, cwd: string): CheckedJson {
  const { profile, problems } = examined
  if (profile !== null) {
    return { ok: true, problems: [], profile: maskedInput(profile), origins: originsOf(profile, cwd) }
  }
  const secrets = examined.secrets
  const listed = problems.map(({ at, text }) => ({ place: placeJson(at, cwd), text: maskSecrets(text, secrets) }))
  return { ok: false, problems: listed, profile: null, origins: [] }
}

const placeJson = (at: Place, cwd: string): PlaceJson =>
  at.kind === 'file'
    ? { file: shownFile(at.file, cwd), line: at.line, column: at.column }
    : { option: `--set ${at.text}` }

function slaText({ config }: Profile): string {
  const limits = Object.entries(config.sla.endToEnd).map(([name, limit]) => `${name} ${formatLimit(limit ?? null)}`)
  const groups = Object.keys(config.sla.budget).length
  const checks = config.sla.checks.length
  const windows = config.sla.windows.length
  return [
    limits.length === 0 ? 'no end-to-end limit' : `end to end ${limits.join(', ')}`,
    groups === 0 ? 'no budget' : `${groups} budget groups`,
    checks === 1 ? '1 check' : `${checks} checks`,
    ...(windows === 0 ? [] : [windows === 1 ? '1 limit over a window' : `${windows} limits over windows`]),
  ].join('; ')
}
