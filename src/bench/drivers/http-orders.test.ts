import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { monotonicClock as clock } from '../../core/clock.js'
import { durationNs, instantNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { orderHeaders } from '../../engines/model/order-headers.js'
import type { Envelope } from '../../platform/bus/envelope.js'
import { eventually } from '../../supervisor/child-fixture.js'
import { selfSigned } from '../target/certificate-fixture.js'
import { HttpOrders, readAnswer } from './http-orders.js'

const stamp = '{"engine":"order-gateway","polledAt":1,"receivedAt":2,"startedAt":3,"doneAt":4}'

test.each([
  { status: 200, body: '{"status":"filled"}', answer: 'traded', reason: '' },
  { status: 201, body: '', answer: 'traded', reason: '' },
  { status: 202, body: '{"status":"pending"}', answer: 'failed', reason: 'placement timed out' },
  { status: 422, body: '{"reason":"no liquidity"}', answer: 'rejected', reason: 'no liquidity' },
  {
    status: 400,
    body: '{"error":"price: a limit order needs one"}',
    answer: 'rejected',
    reason: 'price: a limit order needs one',
  },
  { status: 503, body: '{"error":"breaker open"}', answer: 'failed', reason: 'breaker open' },
  { status: 500, body: '<html>', answer: 'failed', reason: 'HTTP 500' },
  { status: 502, body: 'null', answer: 'failed', reason: 'HTTP 502' },
])('status $status ends an order as $answer', ({ status, body, answer, reason }) => {
  expect(readAnswer(status, null, body)).toEqual({ answer, reason, stamps: [] })
})

test.each([
  { header: `[${stamp}]`, count: 1 },
  { header: '{}', count: 0 },
  { header: 'not json', count: 0 },
  { header: '[1, null]', count: 0 },
  { header: null, count: 0 },
])('stamps of $header are $count', ({ header, count }) => {
  expect(readAnswer(200, header, '').stamps).toHaveLength(count)
})

const closing: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closing.splice(0).reverse()) await close()
})

async function listen(listener: RequestListener, port = 0): Promise<{ server: Server; port: number; url: string }> {
  const server = createServer(listener)
  await once(server.listen(port, '127.0.0.1'), 'listening')
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address() as AddressInfo
  return { server, port: address.port, url: `http://127.0.0.1:${address.port}` }
}

type Ended = { readonly seq: number; readonly answer: string; readonly reason: string; readonly stamps: number }

function drive(urls: readonly string[], { connections = 2, timeoutMs = 20_000 } = {}) {
  const ended: Ended[] = []
  const sent: number[] = []
  const orders = new HttpOrders({
    ...{ urls, connections, clock, timeoutNs: durationNs(timeoutMs * nsPerMs) },
    onSent: (seq) => sent.push(seq),
    onAnswer: (seq, { answer, reason, stamps }, { polledAt, receivedAt }) => {
      expect(receivedAt).toBeGreaterThanOrEqual(polledAt)
      ended.push({ seq, answer, reason, stamps: stamps.length })
    },
    onCutOff: (seq, answer, reason) => ended.push({ seq, answer, reason, stamps: 0 }),
  })
  closing.push(() => orders.close())
  const postAt = (intendedAt: number, ...seqs: readonly number[]): void =>
    orders.post(seqs.map((seq) => orderOf(seq, intendedAt)))
  const post = (...seqs: readonly number[]): void => postAt(clock.now(), ...seqs)
  const untilEnded = async (count: number): Promise<readonly Ended[]> => {
    await eventually(
      () => `${count} orders end, ${ended.length} have`,
      () => ended.length >= count,
      20_000,
    )
    return ended.toSorted((a, b) => a.seq - b.seq)
  }
  return { post, postAt, untilEnded, sent }
}

const orderOf = (seq: number, intendedAt: number): Envelope => ({
  ...{ run: 'a-run', seq, stamps: [], body: { seq, words: 'für 1 €' } },
  ...{ intendedAt: instantNs(intendedAt), sentAt: clock.now() },
})

/** An answer to the request once its body is there. */
const answering =
  (answer: (seq: number, response: ServerResponse, body: string, request: IncomingMessage) => void): RequestListener =>
  (request, response) => {
    request.setEncoding('utf8')
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => answer(Number(request.headers[orderHeaders.seq]), response, body, request))
  }

const traded = (seq: number): Ended => ({ seq, answer: 'traded', reason: '', stamps: 0 })

test('orders carry their envelope, and what is answered is read: with a length, in chunks, or by its status alone', async () => {
  const heard: unknown[] = []
  const { url, port } = await listen(
    answering((seq, response, body, { method, url: path, headers }) => {
      const { host, [orderHeaders.run]: run, [orderHeaders.sentAt]: sentAt, 'content-type': type } = headers
      heard.push({ method, path, host, run, type, body: JSON.parse(body), hasSentAt: Number(sentAt) > 0 })
      response.setHeader(orderHeaders.stamps, `[${stamp}]`)
      if (seq === 0) response.end('{"status":"filled"}')
      if (seq === 1) response.writeHead(503).end()
      if (seq === 2) {
        response.writeHead(422).write('{"reason":"no ')
        response.end('liquidity"}')
      }
      if (seq === 3) response.writeHead(400).end('{"reason":"Größe"}')
    }),
  )
  const driven = drive([url], { connections: 1 })
  driven.post(0, 1, 2, 3)
  expect(await driven.untilEnded(4)).toEqual([
    { seq: 0, answer: 'traded', reason: '', stamps: 1 },
    { seq: 1, answer: 'failed', reason: 'HTTP 503', stamps: 1 },
    { seq: 2, answer: 'rejected', reason: 'no liquidity', stamps: 1 },
    { seq: 3, answer: 'rejected', reason: 'Größe', stamps: 1 },
  ])
  expect(driven.sent).toEqual([0, 1, 2, 3])
  expect(heard).toEqual(
    [0, 1, 2, 3].map((seq) => ({
      ...{ method: 'POST', path: '/v1/orders', host: `127.0.0.1:${port}`, run: 'a-run', type: 'application/json' },
      ...{ body: { seq, words: 'für 1 €' }, hasSentAt: true },
    })),
  )
})

test('gateways take turns, each over its share of the connections, which are used again', async () => {
  const sockets = [new Set<unknown>(), new Set<unknown>()]
  const servers = await Promise.all(
    [0, 1].map((index) =>
      listen(
        answering((seq, response, _, { socket }) => {
          sockets[index]?.add(socket)
          response.end(seq % 2 === index ? '' : 'astray')
          expect(seq % 2).toBe(index)
        }),
      ),
    ),
  )
  const driven = drive(
    servers.map(({ url }) => url),
    { connections: 4 },
  )
  const seqs = Array.from({ length: 60 }, (_, seq) => seq)
  for (const seq of seqs) driven.post(seq)
  expect(await driven.untilEnded(60)).toEqual(seqs.map(traded))
  for (const { size } of sockets) expect(size).toBeLessThanOrEqual(2)
})

test('an order without an answer is cut off at the timeout, and frees its connection for those that wait', async () => {
  const { url } = await listen(answering((seq, response) => void (seq !== 0 && response.end())))
  const driven = drive([url], { connections: 1, timeoutMs: 300 })
  driven.post(0)
  expect(await driven.untilEnded(1)).toEqual([
    { seq: 0, answer: 'timedOut', reason: 'no answer within the timeout', stamps: 0 },
  ])
  // Intended so late that it stays in time on a machine that is busy.
  driven.postAt(clock.now() + 60 * nsPerSec, 1)
  expect((await driven.untilEnded(2))[1]).toEqual(traded(1))
})

test('a gateway over TLS is posted to, and its certificate must hold', async () => {
  const server = createSecureServer(
    selfSigned(),
    answering((_, response) => void response.end()),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const driven = drive([`https://127.0.0.1:${(server.address() as AddressInfo).port}`])
  driven.post(0)
  expect(await driven.untilEnded(1)).toMatchObject([{ reason: 'connection: DEPTH_ZERO_SELF_SIGNED_CERT' }])
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  driven.post(1, 2)
  expect((await driven.untilEnded(3)).slice(1)).toEqual([1, 2].map(traded))
})

test('a gateway that closes after each answer is served by a connection for each order', async () => {
  const { url } = await listen(answering((_, response) => void response.setHeader('connection', 'close').end()))
  const driven = drive([url], { connections: 1 })
  driven.post(0, 1, 2)
  expect(await driven.untilEnded(3)).toEqual([0, 1, 2].map(traded))
})

test('an answer without a length ends with its connection', async () => {
  const { url } = await listen(
    answering((_, __, ___, { socket }) => void socket.end('HTTP/1.0 422 No\r\n\r\n{"reason":"no liquidity"}')),
  )
  const driven = drive([url], { connections: 1 })
  driven.post(0, 1)
  const rejected = { answer: 'rejected', reason: 'no liquidity', stamps: 0 }
  expect(await driven.untilEnded(2)).toEqual([0, 1].map((seq) => ({ seq, ...rejected })))
})

test('each order to a gateway that is down fails by itself, and the first one after its return finds it', async () => {
  const listener = answering((_, response) => void response.end())
  const { server, port, url } = await listen(listener)
  server.close()
  const driven = drive([url])
  driven.post(0, 1, 2, 3, 4)
  const refused = { answer: 'failed', reason: 'connection: ECONNREFUSED', stamps: 0 }
  expect(await driven.untilEnded(5)).toEqual([0, 1, 2, 3, 4].map((seq) => ({ seq, ...refused })))
  await listen(listener, port)
  driven.post(5)
  expect((await driven.untilEnded(6))[5]).toEqual(traded(5))
})

test('an order whose connection breaks or that is answered with nonsense has failed', async () => {
  const { url } = await listen(
    answering((seq, response, _, { socket }) => {
      if (seq === 0) socket.destroy()
      if (seq === 1) socket.write('nonsense\r\n\r\n')
      if (seq === 2) response.end()
    }),
  )
  const driven = drive([url], { connections: 1 })
  driven.post(0, 1, 2)
  expect(await driven.untilEnded(3)).toEqual([
    { seq: 0, answer: 'failed', reason: 'connection closed before the response', stamps: 0 },
    {
      ...{ seq: 1, answer: 'failed', stamps: 0 },
      reason: 'cannot read the response: malformed response: it does not begin with HTTP/1.1',
    },
    traded(2),
  ])
})
