import { writeSync } from 'node:fs'
import { z } from 'zod'
import { handOverVariable, notifyVariable } from '../../core/child-variables.js'
import type { Clock } from '../../core/clock.js'
import { NautilusError } from '../../core/errors.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import { busAddress } from '../../platform/bus/config.js'
import type { Transport } from '../../platform/bus/envelope.js'
import { createTransport } from '../../platform/bus/transport.js'
import { redisPoolOptions } from '../../platform/pools/redis-options.js'
import { ActivityWatch } from '../../platform/telemetry/activity.js'
import { errorFacts, type Log } from '../../platform/telemetry/log.js'
import { Registry } from '../../platform/telemetry/registry.js'
import type { HandOver } from './hand-over.js'
import type { EngineHost } from './host.js'
import { type Health, type HttpServer, serveHttp } from './http.js'
import { openEngine } from './open-engine.js'

/** Whoever asks for `/health` has the answer within a second. */
const pingDeadlineNs = durationNs(0.8 * nsPerSec)

type Environment = Readonly<Record<string, string | undefined>>

export type EngineProcess = {
  readonly port: number
  /** Resolves when the bus is lost: the process has nothing left to do. */
  readonly lost: Promise<NautilusError>
  /** Sends what is held, waits for the store, and closes everything. */
  stop(): Promise<void>
}

const handOverSchema = z.object({
  engine: z.string(),
  instance: z.int().min(0),
  systemId: z.string(),
  settings: z.unknown(),
  bus: busAddress,
  storeUrl: z.string().nullable(),
  port: z.int().min(0).max(65_535),
  faults: z.array(z.string()),
})

/** What the parent handed over in the environment; checked, because a person may start the file by hand. */
export function readHandOver(env: Environment): HandOver {
  const text = env[handOverVariable]
  if (text === undefined)
    throw new NautilusError('USAGE', `${handOverVariable} is not set: engines are started by nautilus`)
  try {
    return handOverSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new NautilusError('USAGE', `${handOverVariable} does not hold a hand-over`, { cause })
  }
}

/** Connects an engine to its bus and store, serves it by HTTP, and says that it is ready. */
export async function startEngine(
  handOver: HandOver,
  env: Environment,
  clock: Clock,
  log: Log,
): Promise<EngineProcess> {
  const { bus, engine, port } = handOver
  if (bus.kind === 'in-process') {
    throw new NautilusError(
      'USAGE',
      'an engine of an in-process bus is hosted by the bench, not by a process of its own',
    )
  }
  const transport = await createTransport(bus, clock, {
    pool: (given) => redisPoolOptions(env, given),
  })
  const onError = (error: unknown): void => log('error', 'failed', errorFacts(error))
  const activity = new ActivityWatch(clock, 'process')
  const { host, store } = await openEngine(handOver, { transport, clock, onError, activity })
  const registry = metricsOf(host, transport)
  const health = healthOf(transport)
  const status = () => ({ redisConnections: { ...transport.connections } })
  const server = await serveHttp({ host, clock, registry, health, status, onError }, port)
  await host.start()
  notifyReady(env, server.port)
  log('info', 'ready', { engine, port: server.port, pid: process.pid })
  return {
    port: server.port,
    lost: transport.lost,
    stop: () => stop(host, server, transport, store).finally(() => activity.stop()),
  }
}

/** Asks Redis anew for each caller that comes while no question is open. */
function healthOf(transport: Transport): () => Promise<Health> {
  let asking: Promise<Health> | null = null
  const ask = async (): Promise<Health> => {
    try {
      await transport.ping?.(pingDeadlineNs)
      return { ok: true, facts: transport.ping === undefined ? { bus: transport.kind } : { redis: 'connected' } }
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      return { ok: false, facts: { redis: 'disconnected', problem } }
    } finally {
      asking = null
    }
  }
  return () => {
    asking ??= ask()
    return asking
  }
}

async function stop(
  host: EngineHost,
  server: HttpServer,
  transport: Transport,
  store: { close(): Promise<void> },
): Promise<void> {
  await host.drain()
  host.stop()
  await server.close()
  await transport.close()
  await store.close()
}

function metricsOf(host: EngineHost, transport: Transport): Registry {
  const registry = new Registry('nautilus')
  registry.counter('inputs_handled', 'Inputs taken from the bus.', () => host.handledCount)
  registry.counter('events', 'Counters of the engine in the current run.', () => host.runs.current?.counters ?? {})
  registry.counter('messages_malformed', 'Messages that could not be decoded.', () => transport.counters.malformed)
  registry.counter('messages_trimmed', 'Messages lost to a full backlog.', () => transport.counters.trimmed)
  registry.counter('messages_redelivered', 'Messages that came before.', () => transport.counters.redelivered)
  registry.counter('messages_superseded', 'Messages that newer ones replaced.', () => transport.counters.superseded)
  registry.gauge('inputs_unsettled', 'Inputs held, delayed or hung.', () => host.unsettled)
  registry.gauge('redis_connections', 'Connections of the pool.', () => ({ ...transport.connections }))
  registry.gauge('memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  registry.summary('processing', 'From the start of the work on an input to its hand-over.', host.processing)
  host.resident.metrics?.(registry)
  return registry
}

/** One line on the inherited pipe, so that the parent need not poll. */
function notifyReady(env: Environment, port: number): void {
  const fd = Number(env[notifyVariable] ?? Number.NaN)
  if (Number.isInteger(fd)) writeSync(fd, `READY=1 port=${port}\n`)
}
