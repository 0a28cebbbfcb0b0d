import { chmod, chown, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicClock } from '../../core/clock.js'
import { messageOf, NautilusError } from '../../core/errors.js'
import type { DurationNs } from '../../core/units.js'
import { durationNs, elapsed, nsPerMs, nsPerSec } from '../../core/units.js'
import { assertPortFree } from '../ports.js'
import type { ServiceOrigin, ServiceStatus } from '../spec.js'
import { maskAddress } from './address.js'
import { refuseWhenStopped, runToEnd } from './child.js'
import type { RunningService, ServiceContext } from './context.js'
import { serverEnvironment, serverIdentity } from './identity.js'
import { type ServerCommand, ServerProcess, startFailure } from './server-process.js'

// What Redis and PostgreSQL of our own have in common: a private folder, a process, readiness, the way it ends.

const pollMs = 20
const readyDeadlineNs = durationNs(30 * nsPerSec)
const probeDeadlineNs = durationNs(2 * nsPerSec)
// sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included.
const socketPathBytesMax = 103

/** The folder of one server: only its user may enter. Root's own folder is opened for that user, and for no other. */
export async function makeServerFolder(name: string, context: ServiceContext): Promise<string> {
  const folder = join(context.folder, name)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const identity = serverIdentity()
  if (identity === null) return folder
  await chown(context.folder, 0, identity.gid)
  await chmod(context.folder, 0o710)
  await chown(folder, identity.uid, identity.gid)
  // By its whole path: Node enters `cwd` while it is still root.
  const question = {
    program: '/bin/sh',
    args: ['-c', 'test -w "$0"', folder],
    env: serverEnvironment(folder),
    identity,
  }
  if ((await runToEnd({ ...question, deadlineNs: probeDeadlineNs }, context)).code === 0) return folder
  throw new NautilusError(
    'SERVICE_UNAVAILABLE',
    `${name}: user ${identity.uid}, as whom servers run, cannot use ${folder}`,
    {
      hint: 'Set TMPDIR to a folder that every user may enter, such as /tmp.',
    },
  )
}

export function refuseLongSocket(path: string): string {
  if (Buffer.byteLength(path) <= socketPathBytesMax) return path
  throw new NautilusError('SERVICE_UNAVAILABLE', `the socket path ${path} is longer than ${socketPathBytesMax} bytes`, {
    hint: 'Give the service a shorter name, or set TMPDIR to a folder with a shorter path.',
  })
}

/** A busy port is found before the server is started, which would only say that it cannot bind. 0 and none: the socket only. */
export async function refuseBusyPort(name: string, port = 0): Promise<void> {
  if (port !== 0) await assertPortFree(port, `services.${name}`)
}

export type LocalServer = {
  readonly kind: ServiceStatus['kind']
  readonly origin: ServiceOrigin
  readonly command: ServerCommand
  /** Where clients find it; asked once the process runs, because a container's port is known only then. */
  readonly address: () => Promise<string>
  readonly probe: (options: { address: string; deadlineNs: DurationNs }) => Promise<string>
  /** After the process has ended, however it ended: what it could not take with it. */
  readonly sweep: () => Promise<void>
}

/** Starts it, waits until it answers, and returns it; a start that fails or is interrupted leaves nothing. */
export async function startLocalServer(server: LocalServer, context: ServiceContext): Promise<RunningService> {
  refuseWhenStopped(context.stop)
  const running = new ServerProcess(server.command, context.onSpawn)
  const swept = running.exited.then(() => server.sweep())
  let stopping = false
  const stop: RunningService['stop'] = async (options) => {
    stopping = true
    await running.stop(options)
    await swept
    await rm(server.command.cwd, { recursive: true, force: true })
  }
  try {
    const { address, version } = await untilReady(server, running, context)
    const state = (): ServiceStatus['state'] => (running.running ? 'ready' : stopping ? 'stopped' : 'failed')
    return {
      address,
      exited: running.exited,
      stop,
      status: () => ({
        name: server.command.name,
        kind: server.kind,
        version,
        origin: server.origin,
        url: maskAddress(address),
        pid: running.running ? running.pid : null,
        state: state(),
      }),
    }
  } catch (error) {
    await stop({ graceNs: durationNs(0), now: true })
    throw error
  }
}

type Ready = { readonly address: string; readonly version: string }

async function untilReady(server: LocalServer, running: ServerProcess, context: ServiceContext): Promise<Ready> {
  const startedAt = monotonicClock.now()
  let problem = 'no answer'
  while (elapsed(startedAt, monotonicClock.now()) < readyDeadlineNs) {
    refuseWhenStopped(context.stop)
    if (!running.running) throw await startFailure(server.command, (await running.exited).reason)
    try {
      const address = await server.address()
      return { address, version: await server.probe({ address, deadlineNs: probeDeadlineNs }) }
    } catch (error) {
      // Not there yet: the last of these is told when the time is up.
      problem = messageOf(error)
      await delay(pollMs)
    }
  }
  throw await startFailure(server.command, `was not ready within ${readyDeadlineNs / nsPerMs} ms (${problem})`)
}
