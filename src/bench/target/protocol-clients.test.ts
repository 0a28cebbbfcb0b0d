import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import type { BusAddress } from '../../platform/bus/config.js'
import { createTransport } from '../../platform/bus/transport.js'
import { openRedis } from '../../platform/pools/redis-connection.js'
import { eventually } from '../../supervisor/child-fixture.js'
import type { RunningService } from '../../supervisor/services/context.js'
import { serviceIn } from '../../supervisor/services/service-fixture.js'
import { BusClient } from './bus-client.js'
import { type Driven, drive } from './client-fixture.js'
import { FunctionClient } from './function-client.js'
import { PostgresClient } from './postgres-client.js'
import type { RedisStreamPlan } from './protocol-plans.js'
import { RedisClient } from './redis-client.js'
import { openAll, openReturning } from './redis-connections.js'
import { RedisStreamClient } from './redis-stream-client.js'
import { WebSocketClient } from './websocket-client.js'

const folder = mkdtempSync(join(tmpdir(), 'nautilus-clients-'))
const services: RunningService[] = []
const opened: Driven[] = []
const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const { client } of opened.splice(0)) await client.close()
  for (const close of closing.splice(0)) await close()
})
afterAll(async () => {
  for (const service of services) await service.stop({ graceNs: durationNs(nsPerSec), now: true })
  rmSync(folder, { recursive: true, force: true })
})

async function start(kind: 'redis' | 'postgres'): Promise<RunningService> {
  const config = kind === 'redis' ? { kind, durable: false as const } : { kind }
  const service = await serviceIn(folder, { name: kind, config })
  services.push(service)
  return service
}

async function open(driven: Driven): Promise<Driven> {
  opened.push(driven)
  await driven.client.open()
  return driven
}

const bySlot = (ended: Driven['ended']) => [...ended].sort((a, b) => a.slot - b.slot)

test('a server that is no Redis is named so', async () => {
  const server = createServer((_, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  const address = server.address()
  const url = `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const plan = { kind: 'redis', url, command: ['PING'], data: null } as const
  const driven = await open(drive((context) => new RedisClient(plan, context), 1))
  driven.client.send(0, 0)
  await eventually('the command ended', () => driven.ended.length === 1)
  expect(driven.ended[0]?.failure).toBe('the answer is not in the protocol of Redis')
})

describe('commands of Redis', () => {
  let redis: RunningService
  beforeAll(async () => {
    redis = await start('redis')
  })
  const client = (command: string[]) =>
    open(drive((context) => new RedisClient({ kind: 'redis', url: redis.address, command, data: null }, context)))

  test('each is answered once, with its placeholders filled', async () => {
    const { send, untilEnded } = await client(['SET', 'key:{{seq}}', 'value {{seq}}'])
    for (let slot = 0; slot < 20; slot += 1) send(slot, 100 + slot)
    const ended = await untilEnded(20)
    expect(bySlot(ended).map(({ slot }) => slot)).toEqual(Array.from({ length: 20 }, (_, slot) => slot))
    expect(ended.every(({ failure, order }) => failure === null && order.join() === 'sent,firstByte,done')).toBe(true)
    const reader = await openRedis(redis.address)
    closing.push(() => reader.disconnect())
    expect(await reader.get('key:119')).toBe('value 119')
  })

  test('an error of the server is a failure with its words', async () => {
    const { send, untilEnded } = await client(['INCR', 'text'])
    const reader = await openRedis(redis.address)
    closing.push(() => reader.disconnect())
    await reader.set('text', 'none')
    send(0, 0)
    expect((await untilEnded(1))[0]?.failure).toBe('ERR value is not an integer or out of range')
  })

  test('a slot that was given up is told of no more, also when it is used again', async () => {
    const { client: own, send, untilEnded } = await client(['BLPOP', 'empty', '0.2'])
    send(3, 0)
    own.abandon(3)
    send(3, 1)
    const ended = await untilEnded(1)
    // A second command on the same connections is answered after both of these.
    send(4, 2)
    send(5, 3)
    await untilEnded(3)
    expect(ended.filter(({ slot }) => slot === 3)).toHaveLength(1)
  })

  test('a server that is not there is named', async () => {
    const url = 'unix:/nonexistent/redis.sock'
    const { client: none } = drive(
      (context) => new RedisClient({ kind: 'redis', url, command: ['PING'], data: null }, context),
    )
    await expect(none.open()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  })

  const stream = (changes: Partial<RedisStreamPlan>) =>
    open(
      drive((context) => {
        const plan = { stream: 'questions', answers: 'questions', body: 'b{{seq}}', entriesMax: 1_000, data: null }
        return new RedisStreamClient({ kind: 'redis-stream', url: redis.address, ...plan, ...changes }, context)
      }),
    )

  test('a stream that nobody answers is read itself, and what stood in it before is no answer', async () => {
    const writer = await openRedis(redis.address)
    closing.push(() => writer.disconnect())
    await writer.xadd('questions', '*', 'seq', '7', 'body', 'old')
    const { ended, send, untilEnded } = await stream({})
    send(0, 8)
    await untilEnded(1)
    send(1, 7)
    await untilEnded(2)
    expect(ended.map(({ slot, failure }) => [slot, failure])).toEqual([
      [0, null],
      [1, null],
    ])
  })

  test('answers of another stream are known by their seq, in any order', async () => {
    const { send, ended, untilEnded } = await stream({ stream: 'asked', answers: 'answered' })
    const other = await openRedis(redis.address)
    closing.push(() => other.disconnect())
    for (const slot of [0, 1, 2]) send(slot, slot + 50)
    await expect.poll(() => other.xlen('asked'), { timeout: 10_000 }).toBe(3)
    for (const seq of [52, 999, 50, 50]) await other.xadd('answered', '*', 'other', 'seq', 'seq', String(seq))
    await untilEnded(2)
    expect(ended.map(({ slot }) => slot)).toEqual([2, 0])
  })

  test('a stream is read again once its connections are back', async () => {
    const { send, ended, untilEnded } = await stream({})
    const other = await openRedis(redis.address)
    closing.push(() => other.disconnect())
    await other.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    let sent = 0
    await eventually(
      () => `one of ${sent} is answered, ${ended.length} have ended`,
      () => {
        if (ended.length === sent && !ended.some(({ failure }) => failure === null)) send(0, sent++)
        return ended.some(({ failure }) => failure === null)
      },
      20_000,
    )
    await untilEnded(sent)
  })

  test('where one connection cannot be opened, those that were are closed', async () => {
    const opened: Redis[] = []
    const opening = openAll(3, async (index) => {
      if (index === 1) throw new Error('the second is refused')
      const connection = await openReturning(redis.address)
      opened.push(connection)
      return connection
    })
    await expect(opening).rejects.toThrow('the second is refused')
    expect(opened).toHaveLength(2)
    await expect.poll(() => opened.map(({ status }) => status), { timeout: 10_000 }).toEqual(['end', 'end'])
  })

  test('a message of the bus is ended by the answer with its seq and its run', async () => {
    const address: BusAddress = {
      kind: 'redis',
      url: redis.address,
      systemId: 'clients',
      lists: {},
      backlogMax: 10_000,
    }
    const other = await createTransport(address, monotonicClock)
    closing.push(() => other.close())
    await other.subscribe({ topics: ['question'] }, async ({ messages }) => {
      for (const { envelopes } of messages) {
        for (const envelope of envelopes) {
          other.publish('answer', [{ ...envelope, run: 'another' }])
          if (envelope.seq !== 2) other.publish('answer', [{ ...envelope, body: 'done' }])
        }
      }
      await other.flush()
    })
    const plan = { address, run: 'a1b2', topic: 'question', answers: 'answer', body: '{"id":{{seq}}}', data: null }
    const { send, ended, untilEnded } = await open(drive((context) => new BusClient({ kind: 'bus', ...plan }, context)))
    for (const slot of [1, 2, 3]) send(slot, slot)
    await untilEnded(2)
    expect(ended.map(({ slot, failure }) => [slot, failure])).toEqual([
      [1, null],
      [3, null],
    ])
  })
})

describe('statements of PostgreSQL', () => {
  let postgres: RunningService
  beforeAll(async () => {
    postgres = await start('postgres')
  })
  const client = (query: string, values: string[], connections = 2) =>
    open(
      drive(
        (context) =>
          new PostgresClient({ kind: 'postgres', url: postgres.address, query, values, data: null }, context),
        connections,
      ),
    )

  test('more statements than connections all end, each once', async () => {
    const { send, untilEnded } = await client('select $1::int', ['{{seq}}'])
    for (let slot = 0; slot < 20; slot += 1) send(slot, slot)
    const ended = await untilEnded(20)
    expect(new Set(ended.map(({ slot }) => slot)).size).toBe(20)
    expect(ended.every(({ failure }) => failure === null)).toBe(true)
  })

  test('an error of the server is a failure by its code, and the connection goes on', async () => {
    const { send, untilEnded } = await client('select 1 / $1::int', ['{{seq}}'], 1)
    send(0, 0)
    send(1, 1)
    expect((await untilEnded(2)).map(({ failure }) => failure)).toEqual(['22012 division by zero', null])
  })

  test('a statement that was given up frees its place for those that wait', async () => {
    const { client: own, send, ended, untilEnded } = await client('select pg_sleep($1::int * 60)', ['{{seq}}'], 1)
    send(0, 1)
    send(1, 0)
    send(2, 0)
    own.abandon(0)
    own.abandon(1)
    await untilEnded(1)
    expect(ended.map(({ slot, failure }) => [slot, failure])).toEqual([[2, null]])
  })
})

describe('messages over WebSocket connections', () => {
  async function listen(onMessage: (text: string, answer: (text: string) => void, close: () => void) => void) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    server.on('connection', (socket) => {
      socket.send('welcome')
      socket.on('message', (data) =>
        onMessage(
          String(data),
          (text) => socket.send(text),
          () => socket.terminate(),
        ),
      )
    })
    await new Promise((resolve) => server.once('listening', resolve))
    closing.push(() => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    })
    const address = server.address()
    return `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }
  const client = (url: string) =>
    open(
      drive((context) => {
        const plan = { url, headers: [], message: '{"n":{{seq}}}', correlate: 'n', data: null }
        return new WebSocketClient({ kind: 'websocket', ...plan }, context)
      }),
    )

  test('answers are known by the number that they carry, not by their order', async () => {
    const kept: (() => void)[] = []
    const url = await listen((text, answer) => {
      kept.push(() => answer(text))
      if (kept.length === 4) for (const late of kept.reverse()) late()
    })
    const { send, untilEnded } = await client(url)
    for (const slot of [0, 1, 2, 3]) send(slot, slot + 10)
    const ended = await untilEnded(4)
    expect(bySlot(ended).map(({ slot, failure }) => [slot, failure])).toEqual([0, 1, 2, 3].map((slot) => [slot, null]))
  })

  test('a message that does not say whom it answers is told of, and answers nobody', async () => {
    const url = await listen((text, answer) => {
      for (const other of ['echo', '{}', '{"n":null}', '{"n":""}', '{"n":"x"}', '[]', text]) answer(other)
    })
    const { send, ended, unassigned, untilEnded } = await client(url)
    send(5, 1)
    await untilEnded(1)
    expect(ended.map(({ slot, failure }) => [slot, failure])).toEqual([[5, null]])
    // A greeting a connection is such a message too.
    expect(unassigned.length).toBeGreaterThanOrEqual(6)
    expect(new Set(unassigned)).toEqual(new Set(['messages without a usable "n"']))
  })

  test('a connection that breaks fails what it had sent, and is opened again', async () => {
    const url = await listen((text, answer, close) => (text === '{"n":0}' ? close() : answer(text)))
    const { send, ended, untilEnded } = await client(url)
    send(0, 0)
    await untilEnded(1)
    expect(ended[0]).toMatchObject({ slot: 0, failure: 'connection: closed' })
    send(1, 1)
    send(2, 2)
    await untilEnded(3)
    expect(ended.slice(1).every(({ failure }) => failure === null)).toBe(true)
  })

  test('a server that is not there is named', async () => {
    await expect(client('ws://127.0.0.1:9/')).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining('ws://127.0.0.1:9/'),
    })
  })
})

describe('calls of a function', () => {
  const client = (text: string, name = 'default') => {
    const module = join(folder, `work-${text.length}.mjs`)
    writeFileSync(module, text)
    return open(drive((context) => new FunctionClient({ kind: 'function', module, export: name }, context)))
  }

  test('it is given the number of the request, and a promise is awaited', async () => {
    const { send, untilEnded } = await client(
      `export default async (seq) => { await null; if (seq === 7) throw new Error('seven') }`,
    )
    send(0, 7)
    send(1, 8)
    expect(bySlot(await untilEnded(2)).map(({ failure }) => failure)).toEqual(['seven', null])
  })

  test.each([
    { text: 'export const work = 1', name: 'work', says: /exports no function "work"/ },
    { text: 'export const work = () => 1 // and more', name: 'wrok', says: /exports no function "wrok"/ },
    { text: 'syntax error here', name: 'default', says: /cannot be loaded/ },
  ])('what cannot be called is refused: $says', async ({ text, name, says }) => {
    await expect(client(text, name)).rejects.toThrow(says)
  })
})
