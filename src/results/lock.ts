import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { monotonicClock } from '../core/clock.js'
import { NautilusError } from '../core/errors.js'
import { difference, elapsed, instantNs, nsPerSec } from '../core/units.js'

// Two measurements never run at once on a machine: each would measure the other. The lock is a listening socket. On Linux it
// is an abstract one, which has no file and is gone with its process however that ends; it is one per network namespace,
// so containers with a network of their own do not see each other. Whoever connects is told who measures, and sees the
// end of the measurement as the end of the connection.

type Holder = { readonly pid: number; readonly profileName: string; readonly runId: string }
export type SeenHolder = Holder & { readonly elapsedNs: number }

type LockOptions = {
  /** Waits for the measurement that runs instead of failing; aborting it ends the wait with its reason. */
  readonly queue?: {
    readonly stop: AbortSignal
    /** Called at once and every ten seconds; null where the holder does not say who it is. */
    readonly onWait: (holder: SeenHolder | null) => void
  }
  /** Another name of the lock, for tests. */
  readonly address?: string
}

type MeasurementLock = { readonly release: () => Promise<void> }

/**
 * Padded to the whole length of a socket address: libuv before 1.46 (Node 20) pads by itself and later ones do not, and
 * without it a measurement on Node 20 and one on Node 24 would not see each other.
 */
const abstractName = (name: string): string => `\0${name}`.padEnd(108, '\0')

/** Where the lock of a name listens. */
export const lockAddress = (name = 'nautilus-measure'): string =>
  process.platform === 'linux' ? abstractName(name) : `/tmp/${name}.sock`

const answerDeadlineMs = 1000
const retryMs = 50
/** Attempts in a row at which the address was taken although nobody answered there: five seconds. */
const unheardMax = 100
const reportMs = 10_000
const answerCharsMax = 4096

const answer = z.object({ pid: z.int(), profileName: z.string(), runId: z.string(), since: z.number() })

/** Takes the machine-wide lock, or fails with ALREADY_MEASURING naming who holds it. */
export async function acquireLock(holder: Holder, options: LockOptions = {}): Promise<MeasurementLock> {
  const address = options.address ?? lockAddress()
  let unheard = 0
  while (unheard < unheardMax) {
    const lock = await listen(address, holder)
    if (lock !== null) return lock
    const visit = await visitHolder(address)
    unheard = visit === null ? unheard + 1 : 0
    if (visit !== null) await standBefore(visit, options)
    // Between the end of one holder and the next attempt others may come first; never spin on that.
    await sleep(retryMs)
  }
  throw alreadyMeasuring(null)
}

type Visit = { readonly socket: Socket; readonly holder: SeenHolder | null }

async function standBefore({ socket, holder }: Visit, { queue }: LockOptions): Promise<void> {
  if (queue === undefined) {
    socket.destroy()
    throw alreadyMeasuring(holder)
  }
  const startedAt = monotonicClock.now()
  const report = () => {
    const waitedNs = elapsed(startedAt, monotonicClock.now())
    queue.onWait(holder === null ? null : { ...holder, elapsedNs: holder.elapsedNs + waitedNs })
  }
  report()
  const reporting = setInterval(report, reportMs)
  try {
    if (!socket.destroyed) await once(socket, 'close', { signal: queue.stop })
  } catch (error) {
    if (queue.stop.aborted) throw queue.stop.reason
    throw error
  } finally {
    clearInterval(reporting)
    socket.destroy()
  }
}

function alreadyMeasuring(holder: SeenHolder | null): NautilusError {
  if (holder === null) return new NautilusError('ALREADY_MEASURING', 'another measurement runs on this machine')
  return new NautilusError('ALREADY_MEASURING', holderSentence(holder))
}

/** `process 4711 measures desk (run 7f3c) for 95 s` */
export const holderSentence = ({ pid, profileName, runId, elapsedNs }: SeenHolder): string =>
  `process ${pid} measures ${profileName} (run ${runId}) for ${spanText(elapsedNs)}`

function spanText(elapsedNs: number): string {
  const seconds = Math.round(elapsedNs / nsPerSec)
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

function listen(address: string, holder: Holder): Promise<MeasurementLock | null> {
  const line = `${JSON.stringify({ ...holder, since: monotonicClock.now() })}\n`
  const visitors = new Set<Socket>()
  const server = createServer((socket) => {
    visitors.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => visitors.delete(socket))
    // Neither one who waits nor the lock itself keeps this process alive.
    socket.unref()
    socket.write(line)
  })
  const release = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of visitors) socket.destroy()
    await closed
  }
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null)
      else reject(error)
    })
    server.listen(address, () => {
      server.unref()
      resolve({ release })
    })
  })
}

/** Connects to the holder and hears who it is; null where nobody listens (any more). */
function visitHolder(address: string): Promise<Visit | null> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(address)
    const done = () => resolve({ socket, holder: holderOf(heard) })
    const deadline = setTimeout(done, answerDeadlineMs)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      if (heard.length < answerCharsMax) heard += text
      if (heard.includes('\n')) done()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A socket file whose owner was killed: nobody listens, so it is in the way only.
      if (error.code === 'ECONNREFUSED' && !address.startsWith('\0')) rmSync(address, { force: true })
      resolve(null)
    })
    socket.on('close', () => {
      clearTimeout(deadline)
      done()
    })
  })
}

function holderOf(heard: string): SeenHolder | null {
  try {
    const parsed = answer.safeParse(JSON.parse(heard))
    if (!parsed.success) return null
    const { since, ...holder } = parsed.data
    return { ...holder, elapsedNs: Math.max(0, difference(instantNs(since), monotonicClock.now())) }
  } catch {
    // Not one of ours listens there: it holds the lock all the same, and is called "another measurement".
    return null
  }
}
