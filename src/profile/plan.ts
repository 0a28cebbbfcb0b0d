import { join, resolve } from 'node:path'
import type { BenchPlan, ComponentPlan } from '../bench/plan.js'
import { handOverVariable } from '../core/child-variables.js'
import type { DurationNs } from '../core/units.js'
import { catalog, type HandOver } from '../engines/catalog.js'
import type { Addresses, ProcessSpec, Readiness, SystemSpec } from '../supervisor/spec.js'
import { busAddress } from './bus-address.js'
import { profiledCommand } from './cpu-profile.js'
import { engineCommand, engineVariables, plainEngineCommand } from './engine-command.js'
import { folderOf, type Profile } from './load.js'
import { type Path, plain, valueAt } from './located.js'
import { instanceName } from './names.js'
import type { EngineConfig, ProfileConfig } from './schema.js'

// A checked profile -> what the supervisor starts and what the bench drives. Pure, but for loading the definitions of the
// shipped engines, which know what they write.

export type PlanOptions = {
  readonly systemId: string
  readonly cwd: string
  /** Null for a system without a run, as `up` starts it. */
  readonly runId: string | null
  readonly offline: boolean
  /** Engine -> faults as written, from `parseInjections`. */
  readonly faults: Readonly<Record<string, readonly string[]>>
  /** The engine to profile, from `profiledEngine`. */
  readonly cpuProfile?: string
}

/** `<cwd>/.nautilus`: state, control socket, runs. */
export const stateFolder = (cwd: string): string => join(cwd, '.nautilus')

/** Where the CPU profiles of a run are written. */
export const cpuProfileFolder = (cwd: string, runId: string): string =>
  join(stateFolder(cwd), 'runs', runId, 'cpu-profiles')

/** Services and processes. With an in-process bus the shipped engines are none: see `planInProcess`. */
export function planSystem(profile: Profile, options: PlanOptions): SystemSpec {
  const { config } = profile
  const folder = stateFolder(options.cwd)
  const inProcess = config.bus.kind === 'in-process'
  return {
    systemId: options.systemId,
    profileName: config.name,
    services: Object.entries(config.services).map(([name, service]) => ({ name, config: service })),
    processes: enginesOf(config)
      .filter(([name, engine]) => engine.url === undefined && !(inProcess && runsInKit(name, engine)))
      .flatMap(([name, engine]) => processesOf(profile, options, name, engine)),
    stateFolder: folder,
    logFolder: options.runId === null ? join(folder, 'logs') : join(folder, 'runs', options.runId, 'logs'),
    offline: options.offline,
  }
}

/** What the bench gives to the engines that it hosts itself when the bus is in-process. */
export function planInProcess(profile: Profile, options: PlanOptions, addresses: Addresses): HandOver[] {
  return enginesOf(profile.config)
    .filter(([name, engine]) => runsInKit(name, engine))
    .map(([name]) => handOver(profile, options, { name, instance: 0 }, addresses, 0))
}

/** What the bench sends, measures and waits for. */
export async function planBench(
  profile: Profile,
  options: PlanOptions & { readonly runId: string },
): Promise<BenchPlan> {
  const { config } = profile
  const stored = storeService(config) !== null
  const engines = await Promise.all(
    enginesOf(config)
      .filter(([name, engine]) => runsInKit(name, engine))
      .map(async ([name, engine]) => {
        const definition = await catalog[name]?.load()
        return { name, replicas: engine.replicas, writes: stored ? [...(definition?.writes ?? [])] : [] }
      }),
  )
  return {
    runId: options.runId,
    profileName: config.name,
    // What has no file was made from a command line, which it tells as its description.
    quickCommand: profile.file === '' ? (config.description ?? null) : null,
    load: loadOf(profile),
    baseFolder: profile.baseFolder,
    components: Object.entries(config.sla.budget).map(([name, group]): ComponentPlan => {
      return { name, of: group.of, limitsNs: limitsOf(config, name, group) }
    }),
    endToEndLimitsNs: limitsOf(config, 'endToEnd', config.sla.endToEnd),
    engines,
    faults: options.faults,
  }
}

/** The load with the files of a plain target found from where they are named. */
function loadOf({ config, tree, baseFolder }: Profile): BenchPlan['load'] {
  const { load } = config
  const { target, arrivals } = load
  const absolute = (path: Path, file: string): string => resolve(folderOf(tree, ['load', ...path], baseFolder), file)
  const found = { ...load }
  if (arrivals.kind === 'recorded' && arrivals.file !== undefined) {
    found.arrivals = { ...arrivals, file: absolute(['arrivals', 'file'], arrivals.file) }
  }
  if (target?.kind === 'function') {
    found.target = { ...target, module: absolute(['target', 'module'], target.module) }
  } else if (target !== undefined) {
    const { data } = target
    found.target = {
      ...target,
      ...(data !== undefined && { data: { ...data, file: absolute(['target', 'data', 'file'], data.file) } }),
      ...('bodyFile' in target &&
        target.bodyFile !== undefined && { bodyFile: absolute(['target', 'bodyFile'], target.bodyFile) }),
    }
  }
  return found
}

/** Connection string of the PostgreSQL that keeps orders, reports and positions; null where the profile has none. */
export function storeUrl(profile: Profile, addresses: Addresses): string | null {
  const name = storeService(profile.config)
  return name === null ? null : (addresses[name] ?? null)
}

/** The service that keeps what engines write: the postgres named `store`, else the first one. */
function storeService(config: ProfileConfig): string | null {
  const names = Object.entries(config.services).flatMap(([name, { kind }]) => (kind === 'postgres' ? [name] : []))
  return names.includes('store') ? 'store' : (names[0] ?? null)
}

/** Engines in the order in which a tick meets them; foreign ones after them. */
export function enginesOf(config: ProfileConfig): [string, EngineConfig][] {
  const order = Object.keys(catalog)
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)
  return Object.entries(config.engines).sort(([a], [b]) => rank(a) - rank(b))
}

/** True for an engine of ours that nautilus itself starts. */
export const runsInKit = (name: string, engine: EngineConfig): boolean =>
  Object.hasOwn(catalog, name) && engine.command === undefined && engine.url === undefined

function processesOf(profile: Profile, options: PlanOptions, name: string, engine: EngineConfig): ProcessSpec[] {
  return Array.from({ length: engine.replicas }, (_, instance) =>
    processOf(profile, options, { name, engine, instance }),
  )
}

type Instance = { readonly name: string; readonly engine: EngineConfig; readonly instance: number }

function processOf(profile: Profile, options: PlanOptions, { name, engine, instance }: Instance): ProcessSpec {
  const home = folderOf(profile.tree, ['engines', name], options.cwd)
  return {
    name: instanceName(name, instance),
    command: commandOf(options, { name, instance }, engine.command),
    cwd: engine.command === undefined ? options.cwd : resolve(home, engine.cwd ?? '.'),
    env: (addresses, port) => ({
      ...(engine.command === undefined
        ? {
            [handOverVariable]: JSON.stringify(handOver(profile, options, { name, instance }, addresses, port)),
            ...engineVariables(),
          }
        : foreignVariables(options.systemId, addresses, port)),
      ...engine.env,
    }),
    port: instance === 0 ? portOf(name, engine) : 0,
    dependsOn: dependenciesOf(profile.config, name, engine),
    ready: readinessOf(engine),
    readyTimeoutNs: engine.readyTimeout,
    restart: { policy: engine.restart.policy, restartsMax: engine.restart.max, windowNs: engine.restart.window },
    stopGraceNs: engine.stopGrace,
    cpus: engine.cpus ?? null,
  }
}

/** An engine that ships with nautilus may have a port of its own; one of the user's under its name has none. */
const portOf = (name: string, engine: EngineConfig): number =>
  engine.port ?? (runsInKit(name, engine) ? catalog[name]?.port : undefined) ?? 0

function commandOf(
  { cwd, runId, cpuProfile }: PlanOptions,
  { name, instance }: { readonly name: string; readonly instance: number },
  command: readonly string[] | undefined,
): readonly string[] {
  if (name !== cpuProfile || runId === null) return command ?? engineCommand()
  return profiledCommand(command ?? plainEngineCommand(), {
    folder: cpuProfileFolder(cwd, runId),
    name: `${instanceName(name, instance)}.cpuprofile`,
  })
}

/**
 * Every service must be ready before an engine, but for a store before a shipped one that keeps nothing there. An engine
 * with replicas means all of them.
 */
function dependenciesOf(config: ProfileConfig, name: string, engine: EngineConfig): ProcessSpec['dependsOn'] {
  const stores = !runsInKit(name, engine) || catalog[name]?.stores === true
  const services = Object.entries(config.services).flatMap(([service, { kind }]) =>
    kind === 'postgres' && !stores ? [] : [[service, 'ready'] as const],
  )
  const named = Object.entries(engine.dependsOn).flatMap(([name, state]) => {
    const other = config.engines[name]
    // One that runs elsewhere is never started here, so there is nothing to wait for.
    if (other?.url !== undefined) return []
    return Array.from({ length: other?.replicas ?? 1 }, (_, instance) => [instanceName(name, instance), state] as const)
  })
  return Object.fromEntries([...services, ...named])
}

function readinessOf(engine: EngineConfig): Readiness {
  const { ready } = engine
  if (ready === undefined) {
    if (engine.command === undefined) return { kind: 'notify' }
    return engine.port === undefined ? { kind: 'none' } : { kind: 'tcp' }
  }
  if ('http' in ready) return { kind: 'http', path: ready.http }
  if ('log' in ready) return { kind: 'log', text: ready.log }
  if ('tcp' in ready) return { kind: 'tcp' }
  return 'exit' in ready ? { kind: 'exit' } : { kind: 'notify' }
}

function handOver(
  profile: Profile,
  options: PlanOptions,
  { name, instance }: { readonly name: string; readonly instance: number },
  addresses: Addresses,
  port: number,
): HandOver {
  return {
    engine: name,
    instance,
    systemId: options.systemId,
    settings: settingsInput(profile, name),
    bus: busAddress(profile, options.systemId, addresses),
    storeUrl: storeUrl(profile, addresses),
    port,
    faults: options.faults[name] ?? [],
  }
}

/** The settings as written: the child parses them with the same schema. */
function settingsInput(profile: Profile, name: string): unknown {
  const found = valueAt(profile.tree, ['engines', name, 'settings'])
  return found === null ? {} : plain(found)
}

/** What a command of the user's own is told: its port, and where the services are. */
function foreignVariables(systemId: string, addresses: Addresses, port: number): Record<string, string> {
  const services = Object.entries(addresses).map(([name, url]) => {
    return [`NAUTILUS_SERVICE_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`, url] as const
  })
  return { PORT: String(port), NAUTILUS_SYSTEM: systemId, ...Object.fromEntries(services) }
}

type Limits = ProfileConfig['sla']['endToEnd']

/** Each limit once, smallest first: whoever counts samples above them needs not know their quantiles. */
function limitsOf({ sla }: ProfileConfig, component: string, limits: Limits): DurationNs[] {
  const overWindows = sla.windows.filter((window) => window.component === component).map(({ limitNs }) => limitNs)
  const named = [limits.p50, limits.p95, limits.p99, limits['p99.9'], limits.max, ...overWindows]
  const given = named.filter((limit) => limit !== undefined)
  return [...new Set(given)].sort((a, b) => a - b)
}
