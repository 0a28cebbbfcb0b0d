import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { monotonicClock } from '../../core/clock.js'
import type { Transport } from '../../platform/bus/envelope.js'
import { InProcessHub } from '../../platform/bus/in-process.js'
import { noStore } from '../../platform/store/sink.js'
import { Registry } from '../../platform/telemetry/registry.js'
import { topics } from '../model/messages.js'
import { orderHeaders } from '../model/order-headers.js'
import { defineEngine } from './define.js'
import { noFaults } from './faults.js'
import { EngineHost } from './host.js'
import { type HttpServer, serveHttp } from './http.js'

const clock = monotonicClock
const servers: HttpServer[] = []
const transports: Transport[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  for (const transport of transports.splice(0)) await transport.close()
})

/** An engine that answers with the run that it belongs to. */
const telling = defineEngine({
  name: 'telling',
  consumes: [topics.tick],
  produces: [],
  config: z.strictObject({}),
  create: (_settings, { run }) => ({
    handle: () => undefined,
    routes: {
      'GET /v1/run': () => ({ status: 200, body: { run } }),
      'POST /v1/run': () => ({ status: 200, body: { run } }),
    },
  }),
})

async function served() {
  const transport = new InProcessHub(clock).connect()
  transports.push(transport)
  const onError = (error: unknown): void => {
    throw error
  }
  const host = new EngineHost(telling, {}, { transport, clock, store: noStore, instance: 0, faults: noFaults, onError })
  const health = async () => ({ ok: true, facts: {} })
  const registry = new Registry('nautilus')
  const server = await serveHttp({ host, clock, registry, health, status: () => ({}), onError }, 0)
  servers.push(server)
  const runOf = async (method: string, run?: string): Promise<unknown> => {
    const headers = run === undefined ? {} : { [orderHeaders.run]: run }
    const reply = await fetch(`http://127.0.0.1:${server.port}/v1/run`, { method, headers })
    return reply.status === 200 ? ((await reply.json()) as { run: string }).run : reply.status
  }
  return { host, runOf }
}

test('a question that names no run is about the current one; what is sent without one belongs to none', async () => {
  const { host, runOf } = await served()
  expect(await runOf('GET')).toBe('live')
  host.runs.obtain('abcd')
  expect(await runOf('GET')).toBe('abcd')
  expect(await runOf('POST')).toBe('live')
  expect(await runOf('GET', 'live')).toBe('live')
  host.runs.obtain('efgh')
  expect(await runOf('GET')).toBe('efgh')
  expect(await runOf('GET', 'abcd')).toBe(409)
})
