import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  bench,
  callNautilus,
  type Desk,
  keptResults,
  keptTexts,
  leftOf,
  makeDesk,
  removeDesk,
  testDeadlineMs,
} from '../command-fixture.js'
import { packageRoot } from '../core/paths.js'
import { freePort } from '../supervisor/ports.js'

// What a user may get wrong before a bench, each answered by a clear message and the right exit code, with nothing left.

const desks: Desk[] = []
const servers: Server[] = []
afterEach(() => {
  for (const desk of desks.splice(0)) removeDesk(desk)
  for (const server of servers.splice(0)) server.close()
})

function desk(profile: string): Desk {
  const made = makeDesk(profile)
  desks.push(made)
  return made
}

/** A sound profile, but for what a test changes. */
const profile = (changes: { readonly services?: string; readonly load?: string; readonly sla?: string } = {}): string =>
  `version: 1
name: desk
services: ${changes.services ?? '{ bus: { kind: redis } }'}
bus: { kind: redis, service: bus }
engines:
  order-gateway: { settings: { batch: off } }
  matching: {}
load: ${changes.load ?? '{ scenario: orders, arrivals: { kind: constant, rate: 200/s }, warmup: 300ms, duration: 1s, drain: 1s }'}
sla: ${changes.sla ?? '{ endToEnd: { p95: 500ms } }'}
`

const orders = 'scenario: orders, arrivals: { kind: constant, rate: 200/s }'

describe('a profile with a mistake is refused with its place, before anything starts', () => {
  test.each([
    {
      mistake: 'an unknown key',
      text: profile({ load: `{ ${orders}, duraton: 1s }` }),
      says: 'unknown key "duraton" in load; did you mean "duration"?',
    },
    {
      mistake: 'a value without its unit',
      text: profile({ load: `{ ${orders}, duration: 10 }` }),
      says: '"10" has no unit; write "10ms" or "10s"',
    },
    {
      mistake: 'a wrong unit',
      text: profile({ load: `{ ${orders}, duration: 10sec }` }),
      says: '"10sec" has the unknown unit "sec"; write one of ns, us, ms, s, m, h, d',
    },
    {
      mistake: 'budgets that do not sum to the SLA',
      text: profile({
        sla: '{ endToEnd: { p95: 20ms }, budget: { all: { p95: 25ms, of: [edges, order-gateway, matching, driver] } } }',
      }),
      says: 'the p95 budgets sum to 25 ms, sla.endToEnd.p95 is 20 ms; take back 5 ms',
    },
    {
      mistake: 'a stage in no group',
      text: profile({
        sla: '{ endToEnd: { p95: 20ms }, budget: { all: { p95: 20ms, of: [edges, order-gateway, driver] } } }',
      }),
      says: 'the stage matching is in no group of sla.budget; add it to the `of` of one',
    },
    {
      mistake: 'a file to replay that is not there',
      text: `extends: [${join(packageRoot(), 'profiles/minimal.yaml')}]\nversion: 1\nname: desk\nload:\n  source: { kind: replay, file: ticks.csv, format: bitstamp }\n`,
      says: 'there is no file ticks.csv; paths are relative to the file that names them',
    },
  ])('$mistake', async ({ text, says }) => {
    const at = desk(text)
    const call = bench(at)
    expect(await call.ended).toBe(2)
    expect(call.err()).toMatch(/^profile desk\.yaml:\d+:\d+ {2}\S/)
    expect(call.err()).toContain(says)
    expect(call.err()).toContain('1 problem. Nothing was started.')
    expect(call.out()).toBe('')
    expect(leftOf(at)).toEqual([])
  })

  test('a profile that is not there', async () => {
    const at = desk(profile())
    const call = callNautilus(at, ['bench', '--profile', 'desc.yaml'])
    expect(await call.ended).toBe(2)
    expect(call.err()).toContain('desc.yaml')
    expect(leftOf(at)).toEqual([])
  })

  test('a fault of an engine that is not there', async () => {
    const at = desk(profile())
    const call = bench(at, ['--inject', 'matchin:hang'])
    expect(await call.ended).toBe(2)
    expect(call.err()).toContain('did you mean "matching"?')
    expect(leftOf(at)).toEqual([])
  })
})

test(
  'a row that was cut off is named with its line, and nothing is measured',
  async () => {
    const at = desk(
      `extends: [${join(packageRoot(), 'profiles/minimal.yaml')}]\nversion: 1\nname: desk\nload:\n  warmup: 100ms\n  source: { kind: replay, file: ticks.csv, format: bitstamp }\n`,
    )
    const rows = readFileSync(join(packageRoot(), 'fixtures/market/bitstamp.csv'), 'utf8').split('\n').slice(0, 6)
    writeFileSync(join(at.folder, 'ticks.csv'), `${rows.join('\n')}\n1000009,1700000000001,17000`)
    const call = bench(at)
    expect(await call.ended).toBe(2)
    expect(call.err()).toMatch(/ticks\.csv:7\b.*\nCorrect the row that is named, or leave it out\.\n/)
    expect(keptResults(at)).toEqual([])
    expect(leftOf(at)).toEqual([])
  },
  testDeadlineMs,
)

test.each(['services.bus.port', 'services.store.port', 'engines.order-gateway.port'])(
  'a busy %s names its owner',
  async (path) => {
    const at = desk(profile({ services: '{ bus: { kind: redis }, store: { kind: postgres } }' }))
    const port = await freePort()
    const server = createServer()
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const call = bench(at, ['--set', `${path}=${port}`])
    expect(await call.ended).toBe(6)
    expect(call.err()).toContain(`${path.replace(/\.port$/, '')}: port ${port} is in use by pid ${process.pid} (`)
    expect(call.err()).toContain(`End it with \`kill ${process.pid}\`, or set another port with --set ${path}=NUMBER.`)
    expect(keptResults(at)).toEqual([])
    expect(leftOf(at)).toEqual([])
  },
  testDeadlineMs,
)

test.each([
  { kind: 'redis', name: 'bus', url: (port: number) => `redis://desk:the-password@127.0.0.1:${port}` },
  { kind: 'postgres', name: 'store', url: (port: number) => `postgres://desk:the-password@127.0.0.1:${port}/orders` },
])(
  'a $kind that refuses connections is named by its place, without its password',
  async ({ kind, name, url }) => {
    const at = desk(profile({ services: '{ bus: { kind: redis }, store: { kind: postgres } }' }))
    const port = await freePort()
    const call = bench(at, ['--set', `services.${name}.url=${url(port)}`])
    expect(await call.ended).toBe(6)
    expect(call.err()).toContain(
      `${kind} ${name} at 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}\n` +
        `Start that server, or remove services.${name}.url so that nautilus starts its own.`,
    )
    expect(call.err() + call.out()).not.toContain('the-password')
    expect(leftOf(at)).toEqual([])
  },
  testDeadlineMs,
)

test(
  'a folder that is not ours to write is named with its remedy',
  async () => {
    const at = desk(profile())
    writeFileSync(join(at.folder, '.nautilus'), 'a file in the place of the folder')
    const call = bench(at)
    expect(await call.ended).toBe(2)
    expect(call.err()).toContain('Start nautilus in a folder in which it may write.')
    expect(leftOf(at)).toEqual([])
  },
  testDeadlineMs,
)

test(
  'no secret of the environment is printed or kept by a run, also where an engine says it',
  async () => {
    const gateway = `
      import { createServer } from 'node:http'
      const error = 'the password ' + process.env.DESK_PASSWORD + ' is wrong'
      console.log(error)
      createServer((_, answer) => answer.writeHead(503).end(JSON.stringify({ error }))).listen(process.env.PORT)`
    const at = desk(
      profile().replace(
        'order-gateway: { settings: { batch: off } }',
        `order-gateway:
    command: [${process.execPath}, gateway.mjs]
    ready: { tcp: true }
    port: 0
    env: { DESK_PASSWORD: '\${DESK_PASSWORD}' }`,
      ),
    )
    writeFileSync(join(at.folder, 'gateway.mjs'), gateway)
    const secret = 'a/rather*secret=word'
    const call = bench(at, [], { env: { DESK_PASSWORD: secret } })
    expect(await call.ended).toBe(1)
    expect(call.out()).toContain('200 the password *** is wrong')
    expect(keptResults(at)).toMatchObject([
      { accounting: { failed: 200, reasons: { 'the password *** is wrong': 200 } } },
    ])
    const json = callNautilus(at, ['report', 'last', '--json'])
    await json.ended
    // The note stands beside the line of the profile that sets the limit.
    const notes = callNautilus(at, ['report', 'last', '--format', 'annotations'])
    await notes.ended
    expect(notes.out()).toMatch(
      /^::error file=desk\.yaml,line=13,col=\d+,title=nautilus%3A endToEnd\.p95 is over its limit::/m,
    )
    expect(Object.keys(keptTexts(at)).some((name) => name.endsWith('report.html'))).toBe(true)
    const texts = { ...keptTexts(at), 'standard output': call.out(), 'standard error': call.err(), json: json.out() }
    // The log of an engine is its own words, which nautilus does not touch.
    const ours = Object.entries(texts).filter(([name]) => !name.endsWith('order-gateway.log'))
    expect(ours.length).toBe(Object.keys(texts).length - 1)
    expect(ours.filter(([, text]) => text.includes(secret)).map(([name]) => name)).toEqual([])
    expect(leftOf(at)).toEqual([])
  },
  testDeadlineMs,
)
