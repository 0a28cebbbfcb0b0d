import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Io } from '../core/io.js'
import { packageRoot } from '../core/paths.js'
import { dataComparison, dataFile, dataInfo } from '../report/market-data-schemas.js'
import { dataCommand } from './data.js'

const fixtures = join(packageRoot(), 'fixtures/market')
let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nautilus-data-command-'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

async function run(args: readonly string[], stop = new AbortController().signal) {
  const ran: { out: string; err: string; code: number | null } = { out: '', err: '', code: null }
  const io: Io = {
    out: (text) => {
      ran.out += text
    },
    err: (text) => {
      ran.err += text
    },
    cwd,
    env: {},
    terminal: false,
    color: false,
    columns: 80,
    stop,
  }
  const command = dataCommand(io, (code) => {
    ran.code = code
  })
  await command.parseAsync([...args], { from: 'user' })
  return ran
}

test('info says what a file holds', async () => {
  const { out, code } = await run(['info', join(fixtures, 'lobster-message.csv')])
  expect(code).toBe(0)
  expect(out).toBe(`${join(fixtures, 'lobster-message.csv')}  lobster  prices with 4 decimals, quantities with 0
events       8: 3 created, 2 changed, 3 deleted
times        09:30:00.017 to 09:30:01.000, over 983 ms
unknown ids  1 (0 changed, 1 deleted), left out
ignored      1 hidden executions (type 5)
ignored      1 halts (type 7)
gaps         0
crossed      0 % of the events leave their book crossed or locked
live orders  at most 2 in one book

symbol   events  live  bid  ask  levels  best bid  best ask
BTC-USD       8     1    1    0     1/0  585.9000         -
`)
})

test('convert writes what info reads again, claims no count of unknown ids where nobody counted, and says what it left out', async () => {
  const { out } = await run([
    'convert',
    join(fixtures, 'lobster-message.csv'),
    '--symbol',
    'AAPL',
    '--to',
    'aapl.ndjson',
  ])
  expect(out).toBe(
    'aapl.ndjson  8 events of 1 symbol\nleft out: 1 hidden executions (type 5), 1 halts (type 7)\n' +
      'unknown ids: not counted, and written like all; `nautilus data info` counts them\n',
  )
  const info = JSON.parse((await run(['info', 'aapl.ndjson', '--json'])).out)
  expect(dataInfo.safeParse(info).error).toBeUndefined()
  expect(info).toMatchObject({ schema: 'nautilus.data-info/1', format: 'ndjson', events: 8, clock: 'midnight' })
  expect(info.symbols[0]).toMatchObject({ symbol: 'AAPL', bestBid: '585.9000' })
  const json = JSON.parse((await run(['convert', 'aapl.ndjson', '--to', 'again.ndjson', '--json'])).out)
  expect(json).toMatchObject({
    schema: 'nautilus.data-file/1',
    file: 'again.ndjson',
    events: 8,
    symbols: 1,
    unknownIds: null,
  })
  expect(dataFile.safeParse(json).error).toBeUndefined()
  expect(readFileSync(join(cwd, 'again.ndjson'), 'utf8')).toBe(readFileSync(join(cwd, 'aapl.ndjson'), 'utf8'))
})

test('two recordings of the generator are near each other, and the distance names its statistic', async () => {
  for (const seed of ['1', '2']) {
    const { out } = await run(['generate', '--seconds', '4', '--seed', seed, '--out', `${seed}.ndjson`])
    expect(out).toMatch(/^\d\.ndjson {2}[34],\d{3} events of 60 symbols\n$/)
  }
  const text = (await run(['info', '1.ndjson', '--compare', '2.ndjson'])).out
  expect(text).toMatch(/\nKolmogorov-Smirnov distance: 0 for the same shape/)
  const json = JSON.parse((await run(['info', '1.ndjson', '--compare', '2.ndjson', '--json'])).out)
  expect(json).toMatchObject({ schema: 'nautilus.data-comparison/1', statistic: 'Kolmogorov-Smirnov distance' })
  expect(dataComparison.safeParse(json).error).toBeUndefined()
  for (const { distance } of json.distances) expect(distance).toBeLessThan(0.1)
})

test('what is chosen of a file is chosen of the file that it is held against, which has a format of its own', async () => {
  const tardisRow = (symbol: string, price: string) => `x,${symbol},1,1,false,bid,${price},1\n`
  const header = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n'
  writeFileSync(join(cwd, 'fine.csv'), header + tardisRow('A', '1.5555') + tardisRow('B', '1') + tardisRow('B', '2'))
  const event = { action: 'created', orderId: 1, side: 'sell', price: 5, qty: 2 }
  writeFileSync(join(cwd, 'named.ndjson'), `${JSON.stringify({ ...event, symbol: 'A' })}\n`)
  const against = ['info', 'named.ndjson', '--format', 'ndjson', '--compare', 'fine.csv', '--json']
  await expect(run(against)).rejects.toThrow('price "1.5555" has 4 decimals')
  const countB = async (...more: string[]) => {
    const { distances } = JSON.parse((await run([...against, '--price-decimals', '4', ...more])).out)
    return distances.at(-1).countB
  }
  expect([await countB(), await countB('--symbol', 'A')]).toEqual([3, 1])
  await expect(run([...against, '--compare-format', 'binance'])).rejects.toThrow(/fine\.csv:1 is .*expected the header/)
  await expect(run([...against, '--compare-format', 'x'])).rejects.toThrow('format "x" is not known')
})

test('a stop ends the command with nothing written', async () => {
  const before = readdirSync(cwd)
  const stopping = new AbortController()
  stopping.abort('SIGINT')
  for (const args of [
    ['convert', join(fixtures, 'bitstamp.csv'), '--to', 'stopped.ndjson'],
    ['generate', '--out', 'stopped.ndjson'],
  ]) {
    await expect(run(args, stopping.signal)).rejects.toBe('SIGINT')
  }
  expect(readdirSync(cwd)).toEqual(before)
})

test.each([
  {
    args: ['generate', '--seconds', '0', '--out', 'x'],
    problem: '--seconds is "0", expected a number from 0.001 to 86400',
  },
  { args: ['generate', '--seed', '1.5', '--out', 'x'], problem: '--seed is "1.5", expected a whole number from 0 to' },
  {
    args: ['generate', '--symbols', '', '--out', 'x'],
    problem: '--symbols is "", expected a whole number from 1 to 1000',
  },
  {
    args: ['generate', '--model', 'x', '--out', 'x'],
    problem: '--model is "x", expected calibrated or pipeline',
  },
  {
    args: ['generate', '--burstiness', '0.5', '--out', 'x'],
    problem: '--burstiness is given, which the calibrated model does not have',
  },
  { args: ['info', 'bad.csv', '--compare-format', 'dbn'], problem: '--compare-format is given without --compare' },
  { args: ['info', 'missing.csv'], problem: 'missing.csv does not exist, expected a file of market data' },
  {
    args: ['info', '.', '--price-decimals', '10'],
    problem: '--price-decimals is "10", expected a whole number from 0 to 9',
  },
  { args: ['convert', 'bad.csv', '--to', 'x'], problem: 'bad.csv:2 has 1 fields, expected 8: exchange,symbol,' },
])('refuses $args and writes nothing', async ({ args, problem }) => {
  writeFileSync(
    join(cwd, 'bad.csv'),
    'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\nhello\n',
  )
  await expect(run(args)).rejects.toThrow(problem)
  expect(existsSync(join(cwd, 'x'))).toBe(false)
})

const dataFolder = process.env['NAUTILUS_TEST_DATA']
const skipped = dataFolder === undefined ? ' (skipped: NAUTILUS_TEST_DATA is unset)' : ''

test.skipIf(dataFolder === undefined)(`info rebuilds the recorded morning of BTC-USD${skipped}`, async () => {
  const file = join(dataFolder ?? '', 'bitstamp-orders.csv.gz')
  const info = JSON.parse((await run(['info', file, '--json'])).out)
  expect(info).toMatchObject({
    format: 'bitstamp',
    events: 50_414,
    unknown: { total: 213, changed: 5, deleted: 208 },
    spanNs: 18_278_439_000_000,
    duplicates: 0,
    gaps: 0,
  })
  expect(info.crossedShare).toBeCloseTo(0.02, 2)
  expect(info.symbols).toEqual([
    {
      symbol: 'BTC-USD',
      events: 50_414,
      liveOrders: 184,
      bidOrders: 101,
      askOrders: 83,
      bidLevels: 92,
      askLevels: 77,
      bestBid: '235.45',
      bestAsk: '235.71',
    },
  ])
})

test.skipIf(dataFolder === undefined)(`generated events are held against the recorded ones${skipped}`, async () => {
  const file = join(dataFolder ?? '', 'bitstamp-orders.csv.gz')
  await run(['generate', '--seconds', '60', '--symbols', '1', '--seed', '1', '--out', 'generated.ndjson'])
  const { distances, cancelRatio } = JSON.parse(
    (await run(['info', 'generated.ndjson', '--compare', file, '--json'])).out,
  )
  const limits: Record<string, number> = { interArrival: 0.1, spread: 0.15, size: 0.1 }
  for (const { name, distance, countA, countB } of distances) {
    expect(distance).toBeGreaterThan(0)
    expect(distance).toBeLessThanOrEqual(limits[name] ?? 0)
    expect(Math.min(countA, countB)).toBeGreaterThan(10_000)
  }
  expect(Math.abs(cancelRatio.a - cancelRatio.b)).toBeLessThanOrEqual(0.03)
})
