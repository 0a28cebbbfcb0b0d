import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResponseParser, serverTimingNs } from './http-parser.js'

type Read = { readonly responses: readonly unknown[]; readonly problem: string | null; readonly midway: boolean }

function parse(parts: readonly Uint8Array[], options = { bodiless: false, serverTiming: true }): Read {
  const parser = new ResponseParser(options)
  const responses: unknown[] = []
  for (const part of parts) {
    parser.push(part, part.length)
    while (parser.next()) {
      responses.push({ status: parser.status, keepAlive: parser.keepAlive, serverNs: parser.serverNs })
    }
  }
  return { responses, problem: parser.problem, midway: parser.midway }
}

const wire = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1')
const parseText = (...lines: readonly string[]): Read => parse([wire(...lines)])
const answer = (status: number, keepAlive = true, serverNs = -1): unknown => ({ status, keepAlive, serverNs })

test.each([
  { name: 'a length and a body', lines: ['HTTP/1.1 200 OK', 'Content-Length: 5', '', 'hello'], read: answer(200) },
  { name: 'an empty body', lines: ['HTTP/1.1 404 Not Found', 'content-length:0', '', ''], read: answer(404) },
  { name: 'a status without words', lines: ['HTTP/1.1 503', 'CONTENT-LENGTH:\t 0 ', '', ''], read: answer(503) },
  { name: 'no content', lines: ['HTTP/1.1 204 No Content', 'x: y', '', ''], read: answer(204) },
  { name: 'not modified', lines: ['HTTP/1.1 304 Not Modified', 'Content-Length: 99', '', ''], read: answer(304) },
  {
    name: 'a connection that closes',
    lines: ['HTTP/1.1 200 OK', 'Connection: foo, Close', 'Connection: keep-alive', 'Content-Length: 0', '', ''],
    read: answer(200, false),
  },
  { name: 'HTTP/1.0', lines: ['HTTP/1.0 200 OK', 'Content-Length: 0', '', ''], read: answer(200, false) },
  {
    name: 'HTTP/1.0 kept alive',
    lines: ['HTTP/1.0 200 OK', 'Connection: Keep-Alive', 'Content-Length: 0', '', ''],
    read: answer(200),
  },
  {
    name: 'the time of the server',
    lines: ['HTTP/1.1 200 OK', 'Server-Timing: db;dur=0.25', 'Content-Length: 0', '', ''],
    read: answer(200, true, 250_000),
  },
])('reads a response with $name, however it is split', ({ lines, read }) => {
  const bytes = wire(...lines)
  const whole = parse([bytes])
  expect(whole).toEqual({ responses: [read], problem: null, midway: false })
  for (let at = 1; at < bytes.length; at += 1) expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
  expect(parse(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole)
})

test('an answer to HEAD ends with its head', () => {
  const bytes = wire('HTTP/1.1 200 OK', 'Content-Length: 10', '', '')
  expect(parse([bytes, bytes], { bodiless: true, serverTiming: false }).responses).toEqual([answer(200), answer(200)])
})

test.each([
  { name: 'two lengths', lines: ['Content-Length: 5', 'Content-Length: 5'], problem: /two Content-Length/ },
  { name: 'lengths that contradict', lines: ['Content-Length: 5', 'content-length: 6'], problem: /two Content-Length/ },
  { name: 'a negative length', lines: ['Content-Length: -5'], problem: /no number/ },
  { name: 'a length with a sign', lines: ['Content-Length: +5'], problem: /no number/ },
  { name: 'a list of lengths', lines: ['Content-Length: 5, 5'], problem: /no number/ },
  { name: 'no digits', lines: ['Content-Length: '], problem: /no number/ },
  { name: 'a hexadecimal length', lines: ['Content-Length: 0x5'], problem: /no number/ },
  { name: 'a length beyond all sense', lines: ['Content-Length: 9999999999999999'], problem: /no number/ },
  { name: 'a space before the colon', lines: ['Content-Length : 5'], problem: /no header/ },
  { name: 'a folded line', lines: ['x: y', ' z', 'Content-Length: 0'], problem: /no header/ },
  { name: 'a line without a name', lines: [': y'], problem: /no header/ },
  { name: 'a bare line feed', lines: ['x: y\nContent-Length: 0'], problem: /control character/ },
  { name: 'a bare carriage return', lines: ['x: y\rz', 'Content-Length: 0'], problem: /CR LF/ },
  { name: 'a chunked body', lines: ['Transfer-Encoding: chunked'], problem: /^chunked body$/ },
  { name: 'a length and a coding', lines: ['Content-Length: 5', 'Transfer-Encoding: chunked'], problem: /chunked/ },
  { name: 'a body that ends with the connection', lines: ['x: y'], problem: /^body without a length$/ },
])('a response with $name is told as such, however it is split', ({ lines, problem }) => {
  const bytes = wire('HTTP/1.1 200 OK', ...lines, '', 'hello')
  const whole = parse([bytes])
  expect(whole.responses).toEqual([])
  expect(whole.problem).toMatch(problem)
  for (let at = 1; at < bytes.length; at += 1) {
    expect(parse([bytes.subarray(0, at), bytes.subarray(at)]).problem).toBe(whole.problem)
  }
})

test.each([
  'HTTP/2 200',
  'HTTP/1.2 200 OK',
  'http/1.1 200 OK',
  'HTTP/1.1  200',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  '\r\n',
])('a beginning such as "%s" is malformed', (line) => {
  expect(parseText(line, 'Content-Length: 0', '', '').problem).toMatch(/^malformed response/)
})

test('responses before the last one are left to a whole parser', () => {
  expect(parseText('HTTP/1.1 103 Early Hints', 'Link: </a>', '', '').problem).toBe('103 response')
})

test('a head that differs from the last one is read anew, and one cut off between two alike changes nothing', () => {
  const response = (status: number, length: number): string =>
    `HTTP/1.1 ${status} OK\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`
  const [small, large, failed] = [response(200, 1), response(200, 9), response(503, 1)]
  expect(parseText(small + small + large + failed + small).responses).toEqual(
    [200, 200, 200, 503, 200].map((status) => answer(status)),
  )
  const bytes = wire(small + failed + small)
  for (let at = 1; at < bytes.length; at += 1) {
    const read = parse([bytes.subarray(0, at), bytes.subarray(at)])
    expect(read.responses).toEqual([200, 503, 200].map((status) => answer(status)))
  }
})

test('a head is bounded, whether it comes at once or in parts', () => {
  const bytes = wire('HTTP/1.1 200 OK', `x: ${'y'.repeat(17_000)}`, 'Content-Length: 0', '', '')
  for (const at of [1, 10_000, 16_383, 16_384, 16_385, 17_000]) {
    expect(parse([bytes.subarray(0, at), bytes.subarray(at)]).problem).toMatch(/longer than 16 KiB/)
  }
  expect(parse([bytes]).problem).toMatch(/longer than 16 KiB/)
})

test('a response that is cut off is known to be midway', () => {
  const bytes = wire('HTTP/1.1 200 OK', 'Content-Length: 5', '', 'hello')
  for (let at = 1; at < bytes.length; at += 1) {
    expect(parse([bytes.subarray(0, at)])).toEqual({ responses: [], problem: null, midway: true })
  }
})

const token = fc
  .stringMatching(/^[a-z][a-z-]{0,20}$/)
  .filter((name) => !/^(content-length|transfer-encoding)$/.test(name))
const headerLine = fc.tuple(token, fc.stringMatching(/^[ -~]{0,40}$/)).map(([name, value]) => `${name}: ${value}`)
const response = fc
  .record({
    status: fc.integer({ min: 200, max: 599 }),
    before: fc.array(headerLine, { maxLength: 4 }),
    after: fc.array(headerLine, { maxLength: 4 }),
    body: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ status, before, after, body }) =>
    Buffer.concat([
      wire(
        `HTTP/1.1 ${status} words`,
        ...before,
        `Content-Length: ${[204, 304].includes(status) ? 0 : body.length}`,
        ...after,
        '',
        '',
      ),
      [204, 304].includes(status) ? Buffer.alloc(0) : body,
    ]),
  )

test('pipelined responses are the same in whatever pieces they come', () => {
  fc.assert(
    fc.property(
      fc.array(response, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      (all, cuts) => {
        const bytes = Buffer.concat(all)
        const at = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length]
        const pieces = at.slice(1).map((to, index) => bytes.subarray(at[index], to))
        const whole = parse([bytes])
        expect(whole.problem).toBeNull()
        expect(whole.responses).toHaveLength(all.length)
        expect(parse(pieces)).toEqual(whole)
      },
    ),
  )
})

/** What node:http makes of the same bytes; null where it refuses them. */
async function readByNode(bytes: Uint8Array): Promise<{ status: number; bodyBytes: number } | null> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(bytes))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  try {
    return await new Promise((resolve) => {
      const asked = request({ host: '127.0.0.1', port, agent: false }, (incoming) => {
        let bodyBytes = 0
        incoming.on('data', (part: Buffer) => {
          bodyBytes += part.length
        })
        incoming.on('error', () => resolve(null))
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, bodyBytes }))
      })
      asked.on('error', () => resolve(null))
      asked.end()
    })
  } finally {
    server.close()
  }
}

test('what is read from damaged bytes is what llhttp reads from them too', async () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 9, 10, 13, 32, 43, 45, 48, 57, 58, 67, 200)), {
    maxLength: 2,
  })
  await fc.assert(
    fc.asyncProperty(response, damage, async (sound, changes) => {
      const bytes = Buffer.from(sound)
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      const ours = parse([bytes])
      const first = ours.responses[0] as { status: number } | undefined
      // Bytes behind the response are an error to a client that did not pipeline.
      if (first === undefined || ours.midway || ours.problem !== null || ours.responses.length > 1) return
      expect((await readByNode(bytes))?.status).toBe(first.status)
    }),
    { numRuns: 150, seed: 11 },
  )
})

test.each([
  { value: 'db;dur=53.2', ns: 53_200_000 },
  { value: 'cache;desc="Cache; dur=9, Read";dur=23.2', ns: 23_200_000 },
  { value: 'db;dur=1, total;dur=4, app;dur=2', ns: 4_000_000 },
  { value: 'miss, app; Dur = "2"', ns: 2_000_000 },
  { value: 'miss', ns: -1 },
  { value: '', ns: -1 },
])('a server that says "$value" took $ns ns', ({ value, ns }) => {
  expect(serverTimingNs(value, -1)).toBe(ns)
})
