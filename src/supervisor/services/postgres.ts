import { randomBytes } from 'node:crypto'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NautilusError } from '../../core/errors.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import type { ServiceConfig } from '../config.js'
import { postgresSocketAddress } from './address.js'
import { runToEnd } from './child.js'
import { fetchImage, postgresInContainer } from './container.js'
import type { RunningService, ServerProgram, ServiceContext } from './context.js'
import { findPostgres } from './find-postgres.js'
import { serverEnvironment, serverIdentity } from './identity.js'
import {
  type LocalServer,
  makeServerFolder,
  refuseBusyPort,
  refuseLongSocket,
  startLocalServer,
} from './local-server.js'
import { probePostgres } from './probe.js'

export type PostgresConfig = Extract<ServiceConfig, { kind: 'postgres' }>

const initDeadlineNs = durationNs(60 * nsPerSec)
const portDefault = 5432
/** Files in the data folder, which go with it. */
const sharedMemory = 'mmap'

/**
 * A PostgreSQL of our own with a fresh cluster. Its durability is PostgreSQL's default (fsync, synchronous_commit,
 * full_page_writes on), because what the report calls stored must be stored; only `initdb` skips its sync, since a
 * cluster that was just made holds nothing to lose.
 */
export async function startPostgres(
  name: string,
  config: PostgresConfig,
  context: ServiceContext,
): Promise<RunningService> {
  await refuseBusyPort(name, config.port)
  const found = await findPostgres(context)
  const folder = await makeServerFolder(name, context)
  if ('engine' in found) {
    await fetchImage(found, 'postgres', context)
    return startLocalServer(postgresInContainer(found, { name, config, folder }, context), context)
  }
  await makeCluster(found, { name, folder }, context)
  return startLocalServer(postgresProcess(found, { name, config, folder, logFolder: context.logFolder }), context)
}

const dataFolder = (folder: string): string => join(folder, 'data')

type Place = {
  readonly name: string
  readonly config: PostgresConfig
  readonly folder: string
  readonly logFolder: string
}

function postgresProcess(found: ServerProgram, { name, config, folder, logFolder }: Place): LocalServer {
  const port = config.port === undefined || config.port === 0 ? portDefault : config.port
  refuseLongSocket(join(folder, `.s.PGSQL.${port}.lock`))
  const settings = {
    unix_socket_directories: folder,
    unix_socket_permissions: '0700',
    listen_addresses: port === config.port ? '127.0.0.1' : '',
    port: String(port),
    dynamic_shared_memory_type: sharedMemory,
    // One cluster serves one run: nothing reads an archive or a replica of it.
    wal_level: 'minimal',
    max_wal_senders: '0',
  }
  const data = dataFolder(folder)
  return {
    kind: 'postgres',
    origin: found.origin,
    command: {
      name,
      program: found.program,
      args: ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      env: serverEnvironment(folder, found.environment),
      cwd: folder,
      identity: serverIdentity(),
      logFile: join(logFolder, `${name}.log`),
      stopSignal: 'INT',
    },
    address: async () => postgresSocketAddress(folder, port),
    probe: probePostgres,
    sweep: () => removeSegment(data),
  }
}

/**
 * Trust on the socket, which only its user and root can reach. A TCP port is open to every user of the machine, so it
 * asks for a password that is made for this run and kept in `password` beside the socket.
 */
async function makeCluster(
  found: ServerProgram,
  { name, folder }: { name: string; folder: string },
  context: ServiceContext,
): Promise<void> {
  const identity = serverIdentity()
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, randomBytes(18).toString('base64url'), { mode: identity === null ? 0o600 : 0o644 })
  const end = await runToEnd(
    {
      program: join(dirname(found.program), 'initdb'),
      args: [
        ...['-D', dataFolder(folder), '-U', 'nautilus', '--no-sync', '--encoding=UTF8', '--locale=C'],
        ...['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`],
        // Else a KILL leaves segments in /dev/shm, where nobody knows whose they are. `initdb` before 16 has no such option.
        ...(found.origin === 'npm' ? ['-c', `dynamic_shared_memory_type=${sharedMemory}`] : []),
      ],
      env: serverEnvironment(folder, found.environment),
      cwd: folder,
      identity,
      deadlineNs: initDeadlineNs,
    },
    context,
  )
  await appendFile(join(context.logFolder, `${name}.log`), end.output)
  if (end.code !== 0) {
    throw new NautilusError('SERVICE_UNAVAILABLE', `${name}: initdb failed: ${end.output.trim().split('\n').at(-1)}`, {
      hint: `See ${join(context.logFolder, `${name}.log`)}.`,
    })
  }
}

/**
 * PostgreSQL keeps a System V segment as a lock beside its data, which outlives a KILL. Its id is in postmaster.pid,
 * which is there only after an end that was not orderly.
 */
async function removeSegment(data: string): Promise<void> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const id = lines[6]?.trim().split(/\s+/)[1]
  if (id === undefined) return
  const never = new AbortController().signal
  const command = { program: 'ipcrm', args: ['-m', id], env: serverEnvironment('/'), deadlineNs: initDeadlineNs }
  await runToEnd(command, { stop: never, onSpawn: () => undefined })
}
