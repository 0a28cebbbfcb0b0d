import { describeArrivals, plannedRequests } from '../bench/arrivals.js'
import { planComponents } from '../bench/components/plan.js'
import { unitOf } from '../bench/config.js'
import { describeTarget } from '../bench/target/config.js'
import { maskSecrets } from '../core/secrets.js'
import { formatCount, formatLimit } from '../report/format.js'
import { textTable } from '../report/text-table.js'
import type { ProcessSpec, SystemSpec } from '../supervisor/spec.js'
import type { Profile } from './load.js'
import { enginesOf, runsInKit } from './plan.js'
import type { EngineConfig } from './schema.js'

export type Faults = Readonly<Record<string, readonly string[]>>

/** What would be started, where, in which order, and what would be sent for how long. Pure text for `--dry-run`. */
export function describeStart(profile: Profile, spec: SystemSpec, faults: Faults): string {
  const masked = (row: Row): string[] => row.map((cell) => maskSecrets(cell, profile.secrets))
  const rows = wavesOf(profile, spec).flatMap((wave, index) => wave.map((row) => [String(index + 1), ...masked(row)]))
  const injected = Object.entries(faults).map(([engine, texts]) => `faults  ${engine}: ${texts.join(', ')}`)
  const lines = [
    `${spec.profileName}  ${profile.shownFile}`,
    '',
    'would start, in this order',
    ...textTable(rows).map((line) => `  ${line}`),
    '',
    ...[...describeLoad(profile), ...injected].map((line) => `  ${line}`),
    '',
    'Nothing was started.',
  ]
  return maskSecrets(`${lines.join('\n')}\n`, profile.secrets)
}

/** The load in words, a line each: what, when, how long. */
export function describeLoad({ config }: Profile): string[] {
  const { load } = config
  if (load.scenario === 'component') return describeComponents(config)
  const { source, arrivals } = load
  const what =
    load.target !== undefined
      ? `${describeTarget(load.target)}, seed ${load.seed}`
      : source.kind === 'generated'
        ? `${load.scenario === 'orders' ? 'generated orders' : `${source.symbols} generated symbols`}, seed ${load.seed}`
        : `replay of ${source.file} (${source.format}) among ${source.symbols} symbols, seed ${load.seed}`
  const planned = plannedRequests(arrivals, load.duration)
  const unit = unitOf(load.scenario)
  const count = planned === null ? '' : `, ${formatCount(planned)} ${unit}${source.kind === 'replay' ? ' at most' : ''}`
  const spans = `${formatLimit(load.warmup)} warm-up + ${formatLimit(load.duration)} measured${count}`
  return [
    `load    ${load.scenario}: ${what}`,
    `when    ${describeArrivals(arrivals)}`,
    `for     ${spans} + at most ${formatLimit(load.drain)} drain`,
    ...describeComponents(config),
  ]
}

/** What is timed by itself: variants that are measured in turns stand together. */
export function describeComponents({ components, claims }: Pick<Profile['config'], 'components' | 'claims'>): string[] {
  const { groups } = planComponents({ components, claims })
  return groups.map(({ variants, durationNs }) => {
    const names = variants.map(({ name }) => name).join(', ')
    return `times   ${names}: ${formatLimit(durationNs)}${variants.length > 1 ? ' each, in turns' : ''}`
  })
}

type Row = readonly [kind: string, name: string, what: string, where: string]

/** What can start at once stands in one wave; each wave waits for those before it. */
function wavesOf(profile: Profile, spec: SystemSpec): Row[][] {
  const services = spec.services.map(({ name, config }): Row => {
    const where = config.url === undefined ? placeOf(config.port) : 'runs elsewhere'
    return ['service', name, config.kind, where]
  })
  const waves: Row[][] = services.length === 0 ? [] : [services]
  const started = new Set(spec.services.map(({ name }) => name))
  let waiting = [...spec.processes]
  while (waiting.length > 0) {
    const next = waiting.filter(({ dependsOn }) => Object.keys(dependsOn).every((name) => started.has(name)))
    // A circle cannot come here from a checked profile; what is left is shown rather than looped over.
    const wave = next.length > 0 ? next : waiting
    waves.push(wave.map(processRow))
    for (const { name } of wave) started.add(name)
    waiting = waiting.filter((process) => !wave.includes(process))
  }
  const hosted = profile.config.bus.kind === 'in-process' ? enginesOf(profile.config).filter(hostedByBench) : []
  if (hosted.length > 0)
    waves.push(hosted.map(([name]) => ['engine', name, 'ships with nautilus', 'in the bench itself']))
  return waves
}

const hostedByBench = ([name, engine]: [string, EngineConfig]): boolean => runsInKit(name, engine)

function processRow({ name, port, command, cpus }: ProcessSpec): Row {
  const where = port === null ? 'no port' : placeOf(port)
  const cores = cpus === null ? '' : `, cores ${cpus.join(',')}`
  const shipped = command[0] === process.execPath
  return ['engine', name, shipped ? 'ships with nautilus' : command.join(' '), `${where}${cores}`]
}

function placeOf(port: number | undefined): string {
  if (port === undefined) return 'unix socket'
  return port === 0 ? 'a free port' : `127.0.0.1:${port}`
}
