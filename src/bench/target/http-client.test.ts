import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../supervisor/child-fixture.js'
import { selfSigned } from './certificate-fixture.js'
import { type Driven, drive } from './client-fixture.js'
import type { HttpClientPlan } from './client-plan.js'
import { createHttpClient } from './http-client.js'

const closing: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A target whose every read of a request's head is answered by `answer`; its sockets can be seen. */
async function serve(
  answer: (socket: Socket, requestIndex: number) => void,
): Promise<{ readonly port: number; readonly sockets: readonly Socket[]; readonly heads: readonly string[] }> {
  const sockets: Socket[] = []
  const heads: string[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    let text = ''
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1')
      for (let at = text.indexOf('\r\n\r\n'); at >= 0; at = text.indexOf('\r\n\r\n')) {
        heads.push(text.slice(0, at))
        text = text.slice(at + 4)
        answer(socket, heads.length - 1)
      }
    })
  })
  return { port: await listen(server, sockets), sockets, heads }
}

async function listen(server: Server, sockets: readonly Socket[] = []): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function open(port: number, changes: Partial<HttpClientPlan> = {}, connections = 2): Promise<Driven> {
  const plan: HttpClientPlan = {
    kind: 'http',
    origin: `http://127.0.0.1:${port}`,
    request: { method: 'GET', path: '/', headers: [], body: null },
    data: null,
    expectStatus: [],
    ...{ pipelining: 1, serverTiming: true, http2: false, verifyCertificate: true },
    ...changes,
  }
  const driven = drive((context) => createHttpClient(plan, context), connections)
  closing.push(() => driven.client.close())
  await driven.client.open()
  return driven
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'
const whole = ['sent', 'firstByte', 'done']

test('requests go over the connections that are open, and each is told of in order', async () => {
  const { port, sockets, heads } = await serve((socket) => socket.write(ok))
  const driven = await open(port)
  expect(driven.client.path).toBe('http/1.1 fast path')
  for (let slot = 0; slot < 10; slot += 1) driven.send(slot, slot)
  const ended = await driven.untilEnded(10)
  expect(ended.map(({ failure, order }) => ({ failure, order }))).toEqual(
    ended.map(() => ({ failure: null, order: whole })),
  )
  expect(ended.map(({ slot }) => slot).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  // One connection asked whether the fast path can read the target.
  expect(sockets).toHaveLength(3)
  expect(heads[0]).toBe(`GET / HTTP/1.1\r\nhost: 127.0.0.1:${port}`)
})

test('a slot can be used again at once, as closed loops do', async () => {
  const { port } = await serve((socket) => socket.write(ok))
  const driven = await open(port, {}, 1)
  for (let seq = 0; seq < 50; seq += 1) {
    driven.send(3, seq)
    await driven.untilEnded(seq + 1)
  }
  expect(driven.ended.every(({ failure }) => failure === null)).toBe(true)
})

test('requests of one turn are pipelined as one write, and their answers keep the order', async () => {
  const reads: number[] = []
  const { port, sockets } = await serve((socket) => socket.write(ok))
  const driven = await open(port, { pipelining: 4 }, 1)
  await eventually(
    () => 'the server has seen the connection',
    () => sockets.length === 2,
  )
  sockets[1]?.on('data', (part: Buffer) => reads.push(part.length))
  for (let slot = 0; slot < 4; slot += 1) driven.client.send(slot, slot)
  driven.client.flush?.()
  expect((await driven.untilEnded(4)).map(({ slot }) => slot)).toEqual([0, 1, 2, 3])
  expect(reads).toHaveLength(1)
})

test('a request that finds no connection waits, and may be given up while it does', async () => {
  const held: Socket[] = []
  const { port, heads } = await serve((socket, index) => (index === 0 ? socket.write(ok) : held.push(socket)))
  const driven = await open(port, {}, 1)
  for (const slot of [0, 1, 2]) driven.send(slot, slot)
  driven.client.abandon(1)
  await eventually(
    () => 'the first is with the server',
    () => held.length === 1,
  )
  held[0]?.write(ok)
  await eventually(
    () => 'the third follows',
    () => held.length === 2,
  )
  held[1]?.write(ok)
  expect((await driven.untilEnded(2)).map(({ slot }) => slot)).toEqual([0, 2])
  expect(heads).toHaveLength(3)
})

test('a request that is given up closes its connection, which is replaced; its late answer is nobody’s', async () => {
  const { port, sockets } = await serve((socket, index) => {
    if (index !== 1) socket.write(ok)
  })
  const driven = await open(port, {}, 1)
  driven.send(0, 0)
  await eventually(
    () => 'the request is with the server',
    () => sockets.length === 2,
  )
  driven.client.abandon(0)
  driven.send(0, 1)
  const [ended] = await driven.untilEnded(1)
  expect(ended).toMatchObject({ slot: 0, failure: null })
  expect(sockets).toHaveLength(3)
})

test('what follows on a pipelined connection fails with the one that was given up', async () => {
  const { port } = await serve((socket, index) => {
    if (index === 0) socket.write(ok)
  })
  const driven = await open(port, { pipelining: 3 }, 1)
  for (const slot of [0, 1, 2]) driven.client.send(slot, slot)
  driven.client.flush?.()
  driven.client.abandon(1)
  const ended = await driven.untilEnded(2)
  expect(ended.map(({ slot, failure }) => ({ slot, failure }))).toEqual(
    [0, 2].map((slot) => ({ slot, failure: 'connection closed: a request before it timed out' })),
  )
})

test.each([
  { name: 'before an answer', bytes: '', failure: 'connection closed before the response' },
  {
    name: 'within a head',
    bytes: 'HTTP/1.1 200 OK\r\nConte',
    failure: 'connection closed in the middle of a response',
  },
  {
    name: 'within a body',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi',
    failure: 'connection closed in the middle of a response',
  },
])(
  'a connection that ends $name fails its request, and the next one has a new connection',
  async ({ bytes, failure }) => {
    const { port } = await serve((socket, index) => {
      if (index === 1) socket.end(bytes)
      else socket.write(ok)
    })
    const driven = await open(port, {}, 1)
    driven.send(0, 0)
    expect((await driven.untilEnded(1))[0]).toMatchObject({ failure })
    driven.send(0, 1)
    expect((await driven.untilEnded(2))[1]).toMatchObject({ failure: null })
  },
)

test.each([
  {
    name: 'malformed',
    bytes: 'HTTP/1.1 2xx\r\n\r\n',
    failure: /^cannot read the response: malformed response: its status/,
  },
  {
    name: 'damaged within its chunks',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n',
    failure: /^cannot read the response: malformed response: a chunk/,
  },
  {
    name: 'in a coding of its own',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    failure: /transfer coding other than chunked$/,
  },
  { name: 'answered twice', bytes: ok + ok, failure: null },
])(
  'a response that is $name in the middle of a run ends its request and the connection',
  async ({ bytes, failure }) => {
    const { port, sockets } = await serve((socket, index) => socket.write(index === 1 ? bytes : ok))
    const driven = await open(port, {}, 1)
    driven.send(0, 0)
    const [first] = await driven.untilEnded(1)
    if (failure === null) expect(first?.failure).toBeNull()
    else expect(first?.failure).toMatch(failure)
    await eventually(
      () => 'the connection is replaced',
      () => sockets.length === 3,
    )
    driven.send(0, 1)
    expect((await driven.untilEnded(2))[1]).toMatchObject({ failure: null })
  },
)

test('answers in chunks between those with a length are read, as those of node:http that only tell a status', async () => {
  let count = 0
  const server = createHttpServer((_, response) => {
    count += 1
    if (count % 2 === 1) response.end('with a length')
    else response.writeHead(503).end()
  })
  const driven = await open(await listen(server), {}, 1)
  closing.push(() => server.closeAllConnections())
  expect(driven.client.path).toBe('http/1.1 fast path')
  for (let slot = 0; slot < 4; slot += 1) driven.send(slot, slot)
  const ended = await driven.untilEnded(4)
  expect(ended.map(({ failure }) => failure)).toEqual(['status 503', null, 'status 503', null])
})

test('the first byte of an answer is that of the final one', async () => {
  const { port, sockets } = await serve((socket, index) =>
    socket.write(index === 0 ? ok : 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'),
  )
  const driven = await open(port, {}, 1)
  driven.send(0, 0)
  await eventually(
    () => 'the interim one was read',
    () => driven.ordersOf(0).length === 2,
  )
  sockets[1]?.write(ok)
  expect((await driven.untilEnded(1))[0]).toMatchObject({
    failure: null,
    order: ['sent', 'firstByte', 'firstByte', 'done'],
  })
})

test('a server that closes after each response is served by a connection for each request', async () => {
  const closes = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi'
  const { port, sockets } = await serve((socket) => socket.end(closes))
  const driven = await open(port, {}, 1)
  for (let slot = 0; slot < 5; slot += 1) driven.send(slot, slot)
  expect((await driven.untilEnded(5)).map(({ failure }) => failure)).toEqual([null, null, null, null, null])
  expect(sockets.length).toBeGreaterThanOrEqual(6)
})

test('a body without a length ends with its connection, and the next request has another', async () => {
  const { port } = await serve((socket, index) => socket.end(`HTTP/1.0 ${index === 2 ? 500 : 200} OK\r\n\r\nhi`))
  const driven = await open(port, {}, 1)
  expect(driven.client.path).toBe('http/1.1 fast path')
  for (let slot = 0; slot < 3; slot += 1) driven.send(slot, slot)
  const ended = await driven.untilEnded(3)
  expect(ended.map(({ failure }) => failure)).toEqual([null, 'status 500', null])
})

test('statuses that are not expected have failed, by status', async () => {
  const statuses = [200, 201, 404, 503]
  const { port } = await serve((socket, index) =>
    socket.write(`HTTP/1.1 ${statuses[Math.max(0, index - 1)]} words\r\nContent-Length: 0\r\n\r\n`),
  )
  const driven = await open(port, { expectStatus: [201, 404] }, 1)
  for (let slot = 0; slot < 4; slot += 1) driven.send(slot, slot)
  expect((await driven.untilEnded(4)).map(({ failure }) => failure)).toEqual(['status 200', null, null, 'status 503'])
})

test('a target that goes away fails what waits, and is found again when it is back', async () => {
  const first = createServer((socket) => socket.on('data', () => socket.write(ok)).on('error', () => undefined))
  const sockets: Socket[] = []
  first.on('connection', (socket) => sockets.push(socket))
  const port = await listen(first)
  const driven = await open(port, {}, 1)
  first.close()
  for (const socket of sockets) socket.destroy()
  let sentCount = 0
  await eventually(
    () => 'requests fail',
    () => {
      if (driven.ended.length === sentCount && sentCount < 60) {
        sentCount += 1
        driven.send(sentCount, 0)
      }
      return driven.ended.some(({ failure }) => failure === 'connection: ECONNREFUSED')
    },
  )
  const second = createServer((socket) => socket.on('data', () => socket.write(ok)).on('error', () => undefined))
  const again: Socket[] = []
  second.on('connection', (socket) => again.push(socket))
  await once(second.listen(port, '127.0.0.1'), 'listening')
  closing.push(() => {
    for (const socket of again) socket.destroy()
    second.close()
  })
  await eventually(
    () => 'it is found again',
    () => again.length > 0,
  )
  driven.send(63, 0)
  await eventually(
    () => 'a request completes',
    () => driven.ended.some(({ slot, failure }) => slot === 63 && failure === null),
  )
})

test('requests with placeholders differ, with the length of their own body', async () => {
  const { port, heads } = await serve((socket) => socket.write(ok))
  const request = { method: 'POST', path: '/items/{{seq}}', headers: [['x-id', 'n{{seq}}'] as const], body: '' }
  const driven = await open(port, { request }, 1)
  driven.send(0, 41)
  driven.send(1, 42)
  await driven.untilEnded(2)
  expect(heads.slice(1)).toEqual(
    [41, 42].map(
      (seq) => `POST /items/${seq} HTTP/1.1\r\nx-id: n${seq}\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 0`,
    ),
  )
})

test('a header that frames the message, or that is no header, is refused', async () => {
  const refused = (name: string): Promise<Driven> =>
    open(1, { request: { method: 'GET', path: '/', headers: [[name, 'x']], body: null } })
  await expect(refused('Content-Length')).rejects.toMatchObject({ code: 'PROFILE_INVALID' })
  await expect(refused('a b')).rejects.toMatchObject({ code: 'PROFILE_INVALID' })
})

test('a target that takes no connections is named', async () => {
  const server = createServer()
  const port = await listen(server)
  server.close()
  await expect(open(port)).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: `http://127.0.0.1:${port} takes no connections: connection: ECONNREFUSED`,
  })
})

test('the library takes over where the first answer is in a transfer coding of its own', async () => {
  const { port } = await serve((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nServer-Timing: a;dur=1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'),
  )
  const driven = await open(port)
  expect(driven.client.path).toBe('undici (transfer coding other than chunked)')
  for (let slot = 0; slot < 4; slot += 1) driven.send(slot, slot)
  const ended = await driven.untilEnded(4)
  expect(ended.map(({ failure, order }) => ({ failure, order }))).toEqual(
    ended.map(() => ({ failure: null, order: whole })),
  )
})

test('the library gives up on a request, and counts a server that goes away', async () => {
  const { port, sockets, heads } = await serve((socket, index) => {
    if (index < 2) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n')
  })
  const driven = await open(port, { request: { method: 'GET', path: '/{{seq}}', headers: [], body: null } }, 1)
  driven.send(0, 0)
  driven.client.abandon(0)
  driven.send(1, 1)
  await eventually(
    () => 'the second is with the server',
    () => heads.some((head) => head.startsWith('GET /1 ')),
  )
  for (const socket of sockets) socket.destroy()
  const [ended] = await driven.untilEnded(1)
  expect(ended).toMatchObject({ slot: 1, failure: expect.stringMatching(/^connection: /) })
})

test('TLS and HTTP/2 go by the library', async () => {
  const certificate = selfSigned()
  const tls = createHttpsServer(certificate, (_, response) => response.end('hi'))
  const secured = await open(0, { origin: `https://127.0.0.1:${await listen(tls)}`, verifyCertificate: false })
  closing.push(() => tls.closeAllConnections())
  expect(secured.client.path).toBe('undici (TLS)')
  secured.send(0, 0)
  expect((await secured.untilEnded(1))[0]).toMatchObject({ failure: null, order: whole })

  const versions: string[] = []
  const h2 = createSecureServer(certificate, (request, response) => {
    versions.push(request.httpVersion)
    response.end('hi')
  })
  const origin = `https://127.0.0.1:${await listen(h2 as unknown as Server)}`
  const second = await open(0, { origin, verifyCertificate: false, http2: true })
  expect(second.client.path).toBe('undici (HTTP/2)')
  second.send(0, 0)
  expect((await second.untilEnded(1))[0]).toMatchObject({ failure: null, order: whole })
  expect(versions).toContain('2.0')
})

test('a certificate that nobody signed is refused unless that is wanted', async () => {
  const tls = createHttpsServer(selfSigned(), (_, response) => response.end('hi'))
  const origin = `https://127.0.0.1:${await listen(tls)}`
  await expect(open(0, { origin })).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    hint: expect.stringContaining('--insecure'),
  })
})

test('a server that speaks something else is not told to be started', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.write('garbage of some server\r\n\r\n')))
  await expect(open(await listen(server))).rejects.toMatchObject({
    message: expect.stringContaining('takes connections, but does not answer in HTTP: '),
    hint: 'Another kind of server listens there: correct the URL.',
  })
})

test('a port without TLS is told apart from one that takes nothing', async () => {
  const plain = createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
  const origin = `https://127.0.0.1:${await listen(plain)}`
  await expect(open(0, { origin })).rejects.toMatchObject({
    message: `${origin} takes no TLS connections: wrong version number`,
    hint: expect.stringContaining('without TLS'),
  })
})
