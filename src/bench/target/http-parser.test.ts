import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResponseParser, serverTimingNs } from './http-parser.js'

type Read = { readonly responses: readonly unknown[]; readonly problem: string | null; readonly midway: boolean }

function parse(parts: readonly Uint8Array[], options = { bodiless: false, serverTiming: true, keep: null }): Read {
  const parser = new ResponseParser(options)
  const responses: unknown[] = []
  for (const part of parts) {
    parser.push(part, part.length)
    while (parser.next()) {
      responses.push({ status: parser.status, keepAlive: parser.keepAlive, serverNs: parser.serverNs })
    }
  }
  // The end of the connection may be the end of the last one.
  const ended = parser.endsWithConnection
  if (ended) responses.push({ status: parser.status, keepAlive: false, serverNs: parser.serverNs })
  return { responses, problem: parser.problem, midway: parser.midway && !ended }
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
  {
    name: 'a body in chunks',
    lines: ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '5', 'hello', '00a', '0123456789', '0', '', ''],
    read: answer(200),
  },
  {
    name: 'an empty body in chunks',
    lines: ['HTTP/1.1 503 Service Unavailable', 'transfer-encoding:\tCHUNKED ', 'Connection: close', '', '0', '', ''],
    read: answer(503, false),
  },
  {
    name: 'chunks with extensions, and trailers',
    lines: [
      ...['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '2;a;b=c;d="e;\\"f"', '\r\n', '0;last'],
      ...['Content-Length: 9', 'x:', '', ''],
    ],
    read: answer(200),
  },
  {
    name: 'interim ones before it',
    lines: [
      ...['HTTP/1.1 100 Continue', '', 'HTTP/1.1 102', '', 'HTTP/1.1 103 Early Hints', 'Link: </a>'],
      ...['Server-Timing: a;dur=1', '', 'HTTP/1.1 200 OK', 'Content-Length: 2', '', 'hi'],
    ],
    read: answer(200),
  },
])('reads a response with $name, however it is split', ({ lines, read }) => {
  const bytes = wire(...lines)
  const whole = parse([bytes])
  expect(whole).toEqual({ responses: [read], problem: null, midway: false })
  for (let at = 1; at < bytes.length; at += 1) expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
  expect(parse(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole)
})

test.each(['Content-Length: 10', 'Transfer-Encoding: chunked'])(
  'an answer to HEAD ends with its head, also where that says "%s"',
  (line) => {
    const bytes = wire('HTTP/1.1 200 OK', line, '', '')
    expect(parse([bytes, bytes], { bodiless: true, serverTiming: false, keep: null }).responses).toEqual([
      answer(200),
      answer(200),
    ])
  },
)

test('answers in chunks and with a length follow each other', () => {
  const inChunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
  const withLength = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc'
  const all = [inChunks, inChunks, withLength, withLength, inChunks, withLength]
  expect(parseText(all.join(''))).toEqual({ responses: all.map(() => answer(200)), problem: null, midway: false })
})

const codingLines = (...codings: readonly string[]): string[] => codings.map((coding) => `Transfer-Encoding: ${coding}`)
const chunkLines = (...lines: readonly string[]): string[] => [...codingLines('chunked'), '', ...lines]

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
  { name: 'a DEL', lines: ['x: \x7f', 'Content-Length: 0'], problem: /control character/ },
  { name: 'a bare carriage return', lines: ['x: y\rz', 'Content-Length: 0'], problem: /CR LF/ },
  { name: 'a length and a coding', lines: ['Content-Length: 5', 'Transfer-Encoding: chunked'], problem: /beside/ },
  { name: 'a coding and a length', lines: ['Transfer-Encoding: chunked', 'Content-Length: 5'], problem: /beside/ },
  { name: 'a coding that stands twice', lines: codingLines('chunked', 'chunked'), problem: /two Transfer-Encoding/ },
  { name: 'another coding', lines: codingLines('gzip, chunked'), problem: /^transfer coding other than chunked$/ },
  { name: 'a coding that is cut off', lines: codingLines('chunke'), problem: /^transfer coding other/ },
  { name: 'an empty coding', lines: codingLines(''), problem: /^transfer coding other/ },
  { name: 'chunks of no size', lines: chunkLines(''), problem: /hexadecimal/ },
  { name: 'chunks with a prefix', lines: chunkLines('0x5'), problem: /hexadecimal/ },
  { name: 'chunks of a negative size', lines: chunkLines('-1'), problem: /hexadecimal/ },
  { name: 'a space before a size', lines: chunkLines(' 5'), problem: /hexadecimal/ },
  { name: 'a space behind a size', lines: chunkLines('5 '), problem: /hexadecimal/ },
  { name: 'a size beyond all sense', lines: chunkLines('10000000000000'), problem: /13 digits/ },
  { name: 'a size line that ends in a bare line feed', lines: chunkLines('5\nhello'), problem: /hexadecimal/ },
  { name: 'a chunk that is longer than its size', lines: chunkLines('2', 'abc'), problem: /CR LF/ },
  { name: 'a chunk that is shorter than its size', lines: chunkLines('4', 'abc', '0'), problem: /CR LF/ },
  { name: 'an extension without a name', lines: chunkLines('5;', 'hello'), problem: /extension/ },
  { name: 'an extension with a space', lines: chunkLines('5; a', 'hello'), problem: /extension/ },
  { name: 'an extension without its value', lines: chunkLines('5;a=', 'hello'), problem: /extension/ },
  { name: 'an extension that is not closed', lines: chunkLines('5;a="b', 'hello'), problem: /extension/ },
  { name: 'a trailer without a name', lines: chunkLines('0', ':y'), problem: /trailers is no header/ },
  { name: 'a folded trailer', lines: chunkLines('0', 'x: y', ' z'), problem: /trailers is no header/ },
  { name: 'a trailer with a control character', lines: chunkLines('0', 'x: \0'), problem: /control character/ },
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

test.each([
  { lines: ['HTTP/1.1 101 Switching Protocols', 'Upgrade: x'], problem: '101 response' },
  {
    lines: ['HTTP/1.1 103 Early Hints', 'Transfer-Encoding: chunked'],
    problem: 'malformed response: 103 with a body in chunks',
  },
  { lines: ['HTTP/1.1 100 Continue', 'Connection: close'], problem: /100 that closes the connection$/ },
  { lines: ['HTTP/1.0 102 Processing', 'x: y'], problem: /102 that closes the connection$/ },
  { lines: ['HTTP/1.1 204 No Content', ...codingLines('chunked')], problem: /204 with a body in chunks$/ },
  { lines: ['HTTP/1.0 200 OK', ...codingLines('chunked')], problem: /a Transfer-Encoding in HTTP\/1.0$/ },
])('$lines.0 with $lines.1 is not read', ({ lines, problem }) => {
  expect(parseText(...lines, '', '').problem).toMatch(problem)
})

test('what a server adds to a body in chunks is bounded, over the whole of it', () => {
  const head = wire('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '')
  const added = (count: number): Read =>
    parse([head, wire(...Array.from({ length: count }, () => '1;abcdefg\r\nx'), '')])
  // The name of an extension and the CR behind it: eight bytes.
  expect(added(2048)).toMatchObject({ problem: null, midway: true })
  expect(added(2049).problem).toMatch(/longer than 16 KiB/)
  expect(parse([head, wire('0', `x: ${'y'.repeat(17_000)}`)]).problem).toMatch(/longer than 16 KiB/)
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

test('a body without a length ends with the connection, and not before', () => {
  const bytes = wire('HTTP/1.1 200 OK', 'x: y', '', 'hello')
  for (let at = 1; at < bytes.length; at += 1) {
    const parser = new ResponseParser({ bodiless: false, serverTiming: false, keep: { header: 'x', bodyBytesMax: 4 } })
    parser.push(bytes.subarray(0, at), at)
    expect(parser.next()).toBe(false)
    expect(parser.endsWithConnection).toBe(at >= bytes.length - 'hello'.length)
    parser.push(bytes.subarray(at), bytes.length - at)
    expect(parser.next()).toBe(false)
    expect(parser).toMatchObject({ endsWithConnection: true, keepAlive: false, status: 200, header: 'y', body: 'hell' })
  }
  const withLength = new ResponseParser({ bodiless: false, serverTiming: false, keep: null })
  const cutOff = wire('HTTP/1.1 200 OK', 'Content-Length: 9', '', 'hello')
  withLength.push(cutOff, cutOff.length)
  expect(withLength.next()).toBe(false)
  expect(withLength.endsWithConnection).toBe(false)
})

test('what is kept of a response is its own, in whatever pieces it comes', () => {
  const whole = Buffer.concat([
    wire('HTTP/1.1 200 OK', 'X-Kept:  a b ', 'Content-Length: 6', '', 'abcdef'),
    wire('HTTP/1.1 204 No Content', '', ''),
    wire('HTTP/1.1 200 OK', 'x-kept: c', 'Transfer-Encoding: chunked', '', '2;x=y', 'gh', '3', 'ijk', '0', '', ''),
    wire('HTTP/1.1 200 OK', 'Content-Length: 0', '', ''),
  ])
  for (let at = 0; at < whole.length; at += 1) {
    const parser = new ResponseParser({
      bodiless: false,
      serverTiming: false,
      keep: { header: 'x-kept', bodyBytesMax: 4 },
    })
    const read: unknown[] = []
    for (const part of [whole.subarray(0, at), whole.subarray(at)]) {
      parser.push(part, part.length)
      while (parser.next()) read.push([parser.header, parser.body])
    }
    expect(read).toEqual([
      ['a b', 'abcd'],
      [null, ''],
      ['c', 'ghij'],
      [null, ''],
    ])
  }
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
const chunk = fc.record({
  extensions: fc.array(fc.constantFrom(';a', ';bc=d', ';e="f; g"', ';h="\\""'), { maxLength: 2 }),
  data: fc.uint8Array({ minLength: 1, maxLength: 40 }),
})
const interim = fc.constantFrom(
  '',
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
)
const inChunks = fc
  .record({
    interim,
    status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
    before: fc.array(headerLine, { maxLength: 3 }),
    chunks: fc.array(chunk, { maxLength: 4 }),
    trailers: fc.array(headerLine, { maxLength: 2 }),
  })
  .map(({ interim, status, before, chunks, trailers }) =>
    Buffer.concat([
      wire(`${interim}HTTP/1.1 ${status} words`, ...before, 'Transfer-Encoding: chunked', '', ''),
      ...chunks.flatMap(({ extensions, data }) => [
        wire(`${data.length.toString(16)}${extensions.join('')}`, ''),
        data,
        wire('', ''),
      ]),
      wire('0', ...trailers, '', ''),
    ]),
  )
const withLength = fc
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

const response = fc.oneof(withLength, inChunks)

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
  const damage = fc.array(
    fc.tuple(fc.nat(), fc.constantFrom(0, 9, 10, 13, 32, 34, 43, 45, 48, 57, 58, 59, 61, 67, 97, 127, 200)),
    {
      maxLength: 2,
    },
  )
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
    { numRuns: 400, seed: 11 },
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
