import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import { NautilusError } from '../../core/errors.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import { runToEnd } from './child.js'
import type { ServiceContext } from './context.js'
import { toolEnvironment } from './identity.js'
import type { LocalServer } from './local-server.js'
import type { PostgresConfig } from './postgres.js'
import { probePostgres, probeRedis } from './probe.js'
import type { RedisConfig } from './redis.js'
import { redisPersistence } from './redis.js'
import { findPrograms } from './search.js'

// The last way to a server. The container is the child of a client in the foreground, which passes signals on, and is
// removed when it ends. Clients reach it by TCP on 127.0.0.1, because a socket of a container does not cross into a
// virtual machine (macOS); so it has a password, made for this run, that is on no command line.

const askDeadlineNs = durationNs(5 * nsPerSec)
const pullDeadlineNs = durationNs(120 * nsPerSec)
const images = {
  redis: 'docker.io/library/redis:7.4-alpine',
  postgres: 'docker.io/library/postgres:18-alpine',
} as const

export type ContainerEngine = { readonly engine: string }

/** The first of Docker and Podman whose engine answers. */
export async function containerEngine(
  folders: readonly string[],
  context: ServiceContext,
): Promise<ContainerEngine | null> {
  for (const engine of await findPrograms(['docker', 'podman'], folders)) {
    const command = { program: engine, args: ['info'], env: toolEnvironment(), deadlineNs: askDeadlineNs }
    if ((await runToEnd(command, context)).code === 0) return { engine }
  }
  return null
}

/** Fetches the image of a kind where the engine lacks it. */
export async function fetchImage(
  { engine }: ContainerEngine,
  kind: keyof typeof images,
  context: ServiceContext,
): Promise<void> {
  const image = images[kind]
  const command = { program: engine, env: toolEnvironment(), deadlineNs: pullDeadlineNs }
  if ((await runToEnd({ ...command, args: ['image', 'inspect', image] }, context)).code === 0) return
  if (context.offline) {
    throw new NautilusError(
      'SERVICE_UNAVAILABLE',
      `no ${kind} here but a container, and --offline forbids fetching it`,
      {
        hint: `Run \`${basename(engine)} pull ${image}\` or name a running server by \`url:\`.`,
      },
    )
  }
  context.progress(`fetching ${image} with ${basename(engine)}`)
  const end = await runToEnd({ ...command, args: ['pull', '--quiet', image] }, context)
  if (end.code === 0) return
  throw new NautilusError('SERVICE_UNAVAILABLE', `${basename(engine)} cannot fetch ${image}: ${end.output.trim()}`)
}

type Place<Config> = { readonly name: string; readonly config: Config; readonly folder: string }

export function redisInContainer(
  engine: ContainerEngine,
  place: Place<RedisConfig>,
  context: ServiceContext,
): LocalServer {
  const password = newPassword()
  const persistence = redisPersistence(place.config.durable)
  return {
    kind: 'redis',
    probe: probeRedis,
    // Settings are read from standard input (`-`), where no list of processes shows them.
    ...container(engine, context, {
      place,
      image: images.redis,
      portInside: 6379,
      environment: {},
      args: ['redis-server', '-', ...persistence],
      input: `requirepass ${password}\n`,
      address: (port) => `redis://:${password}@127.0.0.1:${port}`,
      stopSignal: 'TERM',
    }),
  }
}

export function postgresInContainer(
  engine: ContainerEngine,
  place: Place<PostgresConfig>,
  context: ServiceContext,
): LocalServer {
  const password = newPassword()
  return {
    kind: 'postgres',
    probe: probePostgres,
    ...container(engine, context, {
      place,
      image: images.postgres,
      portInside: 5432,
      environment: { POSTGRES_USER: 'nautilus', POSTGRES_DB: 'nautilus', POSTGRES_PASSWORD: password },
      args: [],
      input: '',
      address: (port) => `postgres://nautilus:${password}@127.0.0.1:${port}/nautilus`,
      stopSignal: 'INT',
    }),
  }
}

type Wanted = {
  readonly place: Place<{ readonly port?: number | undefined }>
  readonly image: string
  readonly portInside: number
  readonly environment: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly input: string
  readonly address: (port: string) => string
  readonly stopSignal: 'TERM' | 'INT'
}

function container(
  { engine }: ContainerEngine,
  context: ServiceContext,
  { place, image, portInside, environment, args, input, address, stopSignal }: Wanted,
): Omit<LocalServer, 'kind' | 'probe'> {
  // The temporary folder of the system has a name of its own already.
  const title = `nautilus-${basename(context.folder)}-${place.name}`.replaceAll(/[^a-zA-Z0-9_.-]/g, '-')
  const ask = (words: readonly string[]) =>
    runToEnd(
      { program: engine, args: words, env: toolEnvironment(), deadlineNs: askDeadlineNs },
      { stop: new AbortController().signal, onSpawn: context.onSpawn },
    )
  const publish = `127.0.0.1:${place.config.port || ''}:${portInside}`
  context.progress(`starting ${image} with ${basename(engine)}`)
  return {
    origin: 'container',
    command: {
      name: place.name,
      program: engine,
      args: [
        ...['run', '--rm', '--interactive', '--name', title, '--publish', publish],
        // Named only: the client takes the values from its own environment.
        ...Object.keys(environment).flatMap((name) => ['--env', name]),
        ...[image, ...args],
      ],
      env: { ...toolEnvironment(), ...environment },
      cwd: place.folder,
      identity: null,
      logFile: join(context.logFolder, `${place.name}.log`),
      stopSignal,
      input,
    },
    address: async () => {
      const { output } = await ask(['port', title, `${portInside}/tcp`])
      const port = /127\.0\.0\.1:(\d+)/.exec(output)?.[1]
      if (port === undefined) throw new Error('the container has published no port yet')
      return address(port)
    },
    sweep: async () => {
      await ask(['rm', '--force', title])
    },
  }
}

const newPassword = (): string => randomBytes(18).toString('base64url')
