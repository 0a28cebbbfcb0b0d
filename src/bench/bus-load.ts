import type { Redis } from 'ioredis'
import type { Clock } from '../core/clock.js'
import { durationNs, type InstantNs, nsPerSec } from '../core/units.js'
import { within } from '../platform/flow/deadline.js'
import { openRedis } from '../platform/pools/redis-connection.js'
import type { RunResult } from '../results/run-result.js'
import type { SystemAccess } from './plan.js'

// What each bus carried over the window, by the count of its server: it costs the engines nothing, and counts what any
// program sends. A server that others use too counts theirs.

type Reading = {
  readonly at: InstantNs
  readonly messages: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly cpuNs: number
}
type Watched = {
  readonly name: string
  readonly transport: 'unix' | 'tcp'
  readonly redis: Redis
  before: Reading | null
  after: Reading | null
}

/** Node has no call for these two; a socket of the same host has no use for them. */
const notSettable = ['keep-alive interval', 'keep-alive count']
const answerNs = durationNs(nsPerSec / 2)
/** Commands that put one message on a bus. */
const writes = ['xadd', 'rpush', 'publish']

export class BusLoads {
  readonly #clock: Clock
  readonly #watched: readonly Watched[]

  private constructor(clock: Clock, watched: readonly Watched[]) {
    this.#clock = clock
    this.#watched = watched
  }

  /** A server that cannot be asked is left out: its load is then unknown. */
  static async open({ bus, addresses }: SystemAccess, clock: Clock): Promise<BusLoads> {
    const buses = bus.kind === 'redis' ? [bus] : bus.kind === 'routed' ? bus.buses : []
    const opened = await Promise.all(
      buses.map(async ({ url }): Promise<Watched[]> => {
        const name = Object.entries(addresses).find(([, address]) => address === url)?.[0] ?? 'bus'
        const redis = await openRedis(url, {}, answerNs).catch(() => null)
        const transport = url.startsWith('unix:') ? 'unix' : 'tcp'
        return redis === null ? [] : [{ name, transport, redis, before: null, after: null }]
      }),
    )
    return new BusLoads(clock, opened.flat())
  }

  /** Takes a reading; the first opens the window, the last closes it. */
  async sample(): Promise<void> {
    await Promise.all(
      this.#watched.map(async (watched) => {
        const reading = await this.#read(watched.redis)
        watched.before ??= reading
        watched.after = reading
      }),
    )
  }

  results(): RunResult['buses'] {
    return this.#watched.flatMap(({ name, transport, before, after }) => {
      if (before === null || after === null || after.at === before.at) return []
      return [
        {
          name,
          elapsedNs: after.at - before.at,
          messages: after.messages - before.messages,
          bytesIn: after.bytesIn - before.bytesIn,
          bytesOut: after.bytesOut - before.bytesOut,
          cpuNs: after.cpuNs - before.cpuNs,
          transport,
          notSettable: transport === 'tcp' ? notSettable : [],
        },
      ]
    })
  }

  close(): void {
    for (const { redis } of this.#watched) redis.disconnect()
  }

  async #read(redis: Redis): Promise<Reading | null> {
    const at = this.#clock.now()
    const asked = ['stats', 'commandstats', 'cpu'].map((section) => redis.info(section))
    const silent = (): Error => new Error('no answer')
    const text = await within(Promise.all(asked), answerNs, silent).then(
      (parts) => parts.join('\n'),
      () => null,
    )
    return text === null ? null : readingOf(text, at)
  }
}

/** Null where the server does not tell, as to a user who may not ask. */
function readingOf(info: string, at: InstantNs): Reading | null {
  const bytesIn = figure(info, 'total_net_input_bytes:')
  const bytesOut = figure(info, 'total_net_output_bytes:')
  const systemSec = figure(info, 'used_cpu_sys:')
  const userSec = figure(info, 'used_cpu_user:')
  if (bytesIn === null || bytesOut === null || systemSec === null || userSec === null) return null
  const messages = writes.reduce((sum, command) => sum + (figure(info, `cmdstat_${command}:calls=`) ?? 0), 0)
  return { at, messages, bytesIn, bytesOut, cpuNs: Math.round((systemSec + userSec) * nsPerSec) }
}

function figure(info: string, before: string): number | null {
  const from = info.indexOf(`\n${before}`)
  if (from < 0) return null
  const value = Number.parseFloat(info.slice(from + 1 + before.length))
  return Number.isFinite(value) ? value : null
}
