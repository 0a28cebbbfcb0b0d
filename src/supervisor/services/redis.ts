import { join } from 'node:path'
import type { ServiceConfig } from '../config.js'
import { freePort } from '../ports.js'
import { fetchImage, redisInContainer } from './container.js'
import type { RunningService, ServerProgram, ServiceContext } from './context.js'
import { findRedis } from './find-redis.js'
import { serverEnvironment, serverIdentity } from './identity.js'
import {
  type LocalServer,
  makeServerFolder,
  refuseBusyPort,
  refuseLongSocket,
  startLocalServer,
} from './local-server.js'
import { probeRedis } from './probe.js'

export type RedisConfig = Extract<ServiceConfig, { kind: 'redis' }>

/** A Redis of our own: no configuration file, no data of an earlier run, reached by a private socket. */
export async function startRedis(name: string, config: RedisConfig, context: ServiceContext): Promise<RunningService> {
  await refuseBusyPort(name, config.port)
  const port = config.transport === 'tcp' && (config.port ?? 0) === 0 ? await freePort() : (config.port ?? 0)
  const found = await findRedis(context)
  const folder = await makeServerFolder(name, context)
  if ('engine' in found) {
    await fetchImage(found, 'redis', context)
    return startLocalServer(redisInContainer(found, { name, config, folder }, context), context)
  }
  const place = { name, config: { ...config, port }, folder, logFolder: context.logFolder }
  return startLocalServer(redisProcess(found, place), context)
}

type Place = {
  readonly name: string
  readonly config: RedisConfig & { readonly port: number }
  readonly folder: string
  readonly logFolder: string
}

function redisProcess(found: ServerProgram, { name, config, folder, logFolder }: Place): LocalServer {
  const socket = refuseLongSocket(join(folder, 'redis.sock'))
  return {
    kind: 'redis',
    origin: found.origin,
    command: {
      name,
      program: found.program,
      args: [
        // Clients of nautilus use the socket unless they are told otherwise; the port then is for the user's own.
        ...['--port', String(config.port), '--bind', '127.0.0.1', '--protected-mode', 'yes'],
        ...['--unixsocket', socket, '--unixsocketperm', '700'],
        ...['--dir', folder, '--daemonize', 'no'],
        ...redisPersistence(config.durable),
      ],
      env: serverEnvironment(folder, found.environment),
      cwd: folder,
      identity: serverIdentity(),
      logFile: join(logFolder, `${name}.log`),
      stopSignal: 'TERM',
    },
    address: async () => (config.transport === 'tcp' ? `redis://127.0.0.1:${config.port}` : `unix:${socket}`),
    probe: probeRedis,
    sweep: async () => undefined,
  }
}

export const redisPersistence = (durable: boolean): string[] => [
  ...['--save', '', '--appendonly', durable ? 'yes' : 'no'],
  ...(durable ? ['--appendfsync', 'always'] : []),
]
