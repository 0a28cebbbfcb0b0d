import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { testDeadlineMs } from '../command-fixture.js'
import { NautilusError } from '../core/errors.js'
import type { Io } from '../core/io.js'
import { runResult } from '../results/run-result.js'
import { judge } from '../sla/verdict.js'
import { gateCommand } from './gate.js'
import { loadCommand } from './load.js'

// A load may first wait for a measurement of another test.
vi.setConfig({ testTimeout: testDeadlineMs })

const folders: string[] = []
const servers: Server[] = []
let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nautilus-load-'))
  folders.push(cwd)
})
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

type Ran = { readonly out: string; readonly err: string; readonly code: number | null }

async function run(
  args: readonly string[],
  { make = loadCommand, stop = new AbortController().signal } = {},
): Promise<Ran> {
  let out = ''
  let err = ''
  let code: number | null = null
  const io: Io = {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    ...{ cwd, env: {}, terminal: false, color: false, columns: 80, stop },
  }
  const command = make(io, (given) => {
    code = given
  })
  await command.exitOverride().parseAsync([...args], { from: 'user' })
  return { out, err, code }
}

/** Behind whatever else measures on this machine, and short. */
const load = (url: string, args: readonly string[] = [], stop?: AbortSignal): Promise<Ran> =>
  run(
    [url, '--queue', '--warmup', '100ms', '-d', '500ms', '--rate', '200/s', ...args],
    stop === undefined ? {} : { stop },
  )

async function listen(status: (count: number) => number = () => 200): Promise<string> {
  let count = 0
  const server = createServer((request, response) => {
    count += 1
    response.writeHead(status(count), { 'content-length': 2 })
    request.resume().on('end', () => response.end('ok'))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
}

const kept = (): ReturnType<typeof runResult.parse> => {
  const [id = ''] = /run (\w+)/.exec(lastOut)?.slice(1) ?? []
  return runResult.parse(JSON.parse(readFileSync(join(cwd, '.nautilus/runs', id, 'result.json'), 'utf8')))
}
let lastOut = ''

/** What busy machines make of the instrument is not what these tests are about. */
const unlessInvalid = (code: number): unknown => expect.toSatisfy((given: number) => given === code || given === 4)

test('a load without a limit shows percentiles, is kept, and can be gated later', async () => {
  const url = await listen()
  const { out, err, code } = await load(url, [
    '-H',
    'authorization: Bearer s3cret-token',
    '--out',
    'run.json',
    '--out',
    'r.md',
  ])
  lastOut = out
  expect(err).toContain(`load    http: GET ${url}, seed 20261120`)
  expect(out).toMatch(/ {2}500 ms at 200\/s {2}100 requests/)
  expect(out).toMatch(/^response +\d/m)
  expect(out).toMatch(/^service +\d/m)
  expect(out).toMatch(/^accounting {2}100 planned = 100 completed \+ 0 failed/m)
  expect(out).toContain(`target      GET ${url}, 10 connections`)
  const result = kept()
  expect(code).toEqual(unlessInvalid(0))
  expect(code).toBe(result.fidelity.status === 'invalid' ? 4 : 0)
  expect(result.profile).toMatchObject({ description: `nautilus load ${url}`, sla: { endToEnd: {} } })
  expect(JSON.stringify(result)).not.toContain('s3cret')
  expect(existsSync(join(cwd, 'r.md'))).toBe(true)
  expect(JSON.parse(readFileSync(join(cwd, 'run.json'), 'utf8'))).toMatchObject({ result: { id: result.id } })
  const gated = await run(['last', '--json'], { make: gateCommand })
  expect([gated.code, JSON.parse(gated.out).exit, judge(result).exit]).toEqual([code, code, code])
})

test('a limit judges: what fails is over it, and the result of --json holds to its schema', async () => {
  const url = await listen((count) => (count % 4 === 0 ? 500 : 200))
  const limits = ['--limit', 'p99<1us', '--limit', 'errors<1%', '--limit', 'rate>1/s']
  const { out, code } = await load(url, [...limits, '--json'])
  const { verdict, result } = JSON.parse(out)
  const parsed = runResult.parse(result)
  expect(code).toBe(verdict.exit)
  expect(code).toEqual(unlessInvalid(1))
  // Every fourth of all that come, in whatever order a busy machine lets those of the warm-up and of the window arrive.
  const { planned, completed, failed, reasons } = parsed.accounting
  expect([planned, completed + failed, reasons]).toEqual([100, 100, { 'status 500': failed }])
  expect(Math.abs(failed - 25)).toBeLessThan(6)
  const names = verdict.checks.map(({ name }: { name: string }) => name)
  expect(names.toSorted()).toEqual(['endToEnd.p99', 'errors.rate', 'throughput'])
})

test('a password in the URL is sent, and shown nowhere', async () => {
  const seen = new Set<string | undefined>()
  const url = await listen()
  servers[0]?.on('request', ({ headers }) => seen.add(headers.authorization))
  const { out, err } = await load(url.replace('//', '//desk:s3cret@'))
  expect(seen).toEqual(new Set([`Basic ${Buffer.from('desk:s3cret').toString('base64')}`]))
  const files = readdirSync(join(cwd, '.nautilus'), { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  )
  const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
  expect(texts.length).toBeGreaterThan(1)
  for (const text of [out, err, ...texts]) expect(text).not.toContain('s3cret')
})

test('a load of which nothing completes has no data', async () => {
  const url = await listen(() => 404)
  const { out, code } = await load(url)
  expect(code).toBe(4)
  expect(out).toMatch(/reasons +100 status 404/)
})

test('a closed loop says its throughput and how to see response times', async () => {
  const url = await listen()
  const { out, code } = await run([url, '--queue', '--warmup', '100ms', '-d', '300ms', '--closed', '-c', '2'])
  expect(out).not.toMatch(/^response/m)
  expect(out).toMatch(/^throughput {2}[\d,.]+\/s completed, closed loop of 2 users$/m)
  expect(out).toContain(`2 connections`)
  expect(code).toEqual(unlessInvalid(0))
  const gated = await run(['last'], { make: gateCommand })
  expect([gated.code, gated.out.includes(`exit ${code}`)]).toEqual([code, true])
})

test('what was measured before Ctrl-C is kept, and the exit says that it was interrupted', async () => {
  const stop = new AbortController()
  const url = await listen((count) => {
    if (count === 80) stop.abort('SIGINT')
    return 200
  })
  const { out, err, code } = await load(url, ['-d', '60s'], stop.signal)
  lastOut = out
  expect(code).toBe(130)
  expect(err).toContain('stopping; partial result will be kept (again to kill now)')
  expect(out).toMatch(/ended early \(SIGINT\): .* of 60 s/)
  expect(out).toMatch(/^Run (it again: {2}nautilus load http:|again with a lower --rate)/m)
  expect(kept()).toMatchObject({ interrupted: 'SIGINT', accounting: { completed: expect.any(Number) } })
})

test('rows and a body fill each request', async () => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(`${request.method} ${request.url} ${chunk}`))
    request.on('end', () => response.end('ok'))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  writeFileSync(join(cwd, 'rows.csv'), 'id,name\n7,Ann\n8,Bo\n')
  writeFileSync(join(cwd, 'body.json'), '{"name":"{{name}}"}')
  const place = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}/{{id}}`
  const { out } = await load(place, ['--body', '@body.json', '--data', 'rows.csv'])
  expect(out).toContain('100 completed')
  expect(new Set(bodies)).toEqual(new Set(['POST /7 {"name":"Ann"}', 'POST /8 {"name":"Bo"}']))
})

describe('what cannot be loaded is refused, and nothing is kept', () => {
  const url = 'http://127.0.0.1:3000/'
  test.each([
    { args: [url, '--rate', '50'], says: `--rate 50  "50" has no unit; write "50/s"` },
    { args: [url, '--rate', '0/s'], says: '--rate 0/s  load.arrivals.rate is 0, must be above 0' },
    { args: [url, '--rate', '99999999/s'], says: '99,999,999/s are asked for, and a worker cannot send 5,000,000/s' },
    { args: [url, '-d', '10'], says: `--duration 10  "10" has no unit; write "10ms" or "10s"` },
    { args: [url, '-d', '0s'], says: '--duration 0s  load.duration is 0, must be above 0' },
    { args: [url, '-c', '0'], says: '--connections 0  load.connections is 0, must be at least 1' },
    { args: [url, '--workers', '11'], says: '--workers 11  load.workers is 11, but load.connections is 10' },
    { args: [url, '--arrivals', 'burst'], says: '--arrivals burst  arrivals are constant, poisson, ramp:' },
    {
      args: [url, '--arrivals', 'recorded:times.txt'],
      says: '--arrivals recorded:times.txt  there is no file times.txt',
    },
    { args: [url, '--arrivals', 'ramp:1/s..2/s', '--rate', '3/s'], says: '--rate 3/s  a ramp has its own rates' },
    { args: [url, '--closed', '--rate', '3/s'], says: '--rate 3/s  a closed loop sends as fast as it is answered' },
    { args: [url, '--closed', '--limit', 'p95<1s'], says: 'a closed loop sends only when it was answered' },
    { args: [url, '--limit', 'p95>1s'], says: `--limit 'p95>1s'  limits are written 'p95<20ms'` },
    { args: [url, '--limit', 'p95<1x'], says: `--limit 'p95<1x'  "1x" has the unknown unit "x"` },
    { args: [url, '--limit', 'p95<20s'], says: 'load.timeout is 5 s, must be at least 20 s' },
    { args: [url, '--expect-status', '20'], says: '"20" is not an HTTP status' },
    { args: [url, '--body', '@gone.json'], says: 'there is no file gone.json; paths are relative to this folder' },
    { args: [url, '--data', 'rows.txt'], says: '--data rows.txt  rows are a .csv, .ndjson or .jsonl file' },
    { args: [`${url}{{id}}`], says: '{{id}}, but there are no rows; name a file of them with --data' },
    { args: [`${url}{{id`], says: 'load.target.url opens "{{id" and does not close it; write }} after the name' },
    {
      args: ['postgres://u@127.0.0.1:9/d', '--query', 'select {{seq}}'],
      says: 'load.target.query has {{seq}}, but the statement is prepared once; write $1 for it, and `values: ["{{seq}}"]`',
    },
    {
      args: ['ws://127.0.0.1:9/{{seq}}'],
      says: 'load.target.url has {{seq}}, but it is the same for all requests; remove it',
    },
    { args: [url, '-H', 'nonsense'], says: '--header nonsense  a header is written "name: value"' },
    { args: [url, '--http2'], says: 'HTTP/2 is agreed upon over TLS' },
    { args: [url, '--query', 'select 1'], says: '--query  a target of the kind http has no use for it' },
    { args: ['ftp://127.0.0.1/'], says: 'ftp://127.0.0.1/  not an address that can be loaded' },
    { args: [url, '--out', 'run.pdf'], says: 'run.pdf does not tell which report it is to hold' },
    { args: [url, '--out', 'gone/run.md'], says: 'gone/run.md cannot be written: its folder does not exist' },
  ])('$args', async ({ args, says }) => {
    const refused = run(args)
    await expect(refused).rejects.toThrow(says)
    await expect(refused).rejects.toMatchObject({ code: 'USAGE', exit: 2 })
    expect(existsSync(join(cwd, '.nautilus'))).toBe(false)
  })

  test.each([
    { target: 'http://127.0.0.1:9/', says: 'http://127.0.0.1:9 takes no connections: connection: ECONNREFUSED' },
    { target: 'http://desk:s3cret@no-such-host.invalid/', says: 'getaddrinfo' },
    { target: 'ws://127.0.0.1:9/', says: 'ws://127.0.0.1:9/ takes no WebSocket connections' },
    { target: 'postgres://a@127.0.0.1:9/x', says: 'postgres://a@127.0.0.1:9/x cannot be reached' },
  ])('nobody at $target', async ({ target, says }) => {
    const refused = run([target, '--queue'])
    await expect(refused).rejects.toThrow(says)
    const error: unknown = await refused.catch((caught: unknown) => caught)
    expect(error instanceof NautilusError && [error.code, error.exit]).toEqual(['SERVICE_UNAVAILABLE', 6])
    expect(String(error)).not.toContain('s3cret')
    expect(existsSync(join(cwd, '.nautilus/runs'))).toBe(false)
  })
})
