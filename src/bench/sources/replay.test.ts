import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NautilusError } from '../../core/errors.js'
import { packageRoot } from '../../core/paths.js'
import { openOrderSource, openSource } from './open.js'
import type { SourceEvent } from './source.js'

type Format = 'bitstamp' | 'lobster' | 'ndjson'
const fixtures = join(packageRoot(), 'fixtures', 'market')
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nautilus-replay-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const open = (file: string, format: Format, baseFolder = folder) =>
  openSource({ kind: 'replay', file, format, symbol: 'BTC-USD', symbols: 60 }, { seed: 1, baseFolder })

const allEvents = async (file: string, format: Format, baseFolder?: string): Promise<SourceEvent[]> => {
  const { measured } = await open(file, format, baseFolder)
  const events: SourceEvent[] = []
  for (let next = measured.next(); next !== null; next = measured.next()) events.push(next)
  expect(events).toHaveLength(measured.countMax ?? -1)
  return events
}

const failure = async (text: string | Uint8Array, format: Format, name = 'bad.csv'): Promise<NautilusError> => {
  writeFileSync(join(folder, name), text)
  return failureOf(open(name, format))
}

const failureOf = async (opened: Promise<unknown>): Promise<NautilusError> => {
  const error = await opened.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof NautilusError)) throw new Error(`no expected failure: ${String(error)}`)
  expect(error.code).toBe('SOURCE_INVALID')
  return error
}

const header = 'id,timestamp,exchange.timestamp,price,volume,action,direction\n'
const row = '1,1000,990,236.47,200000000,created,bid\n'

test('reads Bitstamp rows with exact prices and the times between them', async () => {
  writeFileSync(join(folder, 'two.csv'), `${header}${row}2,1001,995,236.5,178855669,deleted,ask\r\n`)
  expect(await allEvents('two.csv', 'bitstamp')).toEqual([
    {
      event: {
        symbol: 'BTC-USD',
        action: 'created',
        orderId: 1,
        side: 'buy',
        price: 23_647,
        qty: 200_000_000,
        exchangeMs: 990,
      },
      atNs: 0,
    },
    {
      event: {
        symbol: 'BTC-USD',
        action: 'deleted',
        orderId: 2,
        side: 'sell',
        price: 23_650,
        qty: 178_855_669,
        exchangeMs: 995,
      },
      atNs: 1_000_000,
    },
  ])
})

test('a packed file gives what the plain one gives', async () => {
  writeFileSync(join(folder, 'packed.csv.gz'), gzipSync(readFileSync(join(fixtures, 'bitstamp.csv'))))
  const packed = await allEvents('packed.csv.gz', 'bitstamp')
  expect(packed).toHaveLength(2_000)
  expect(packed).toEqual(await allEvents('bitstamp.csv', 'bitstamp', fixtures))
})

test('a packed file is told by its first bytes, not by its name', async () => {
  const text = readFileSync(join(fixtures, 'bitstamp.csv'))
  writeFileSync(join(folder, 'plain.csv.gz'), text)
  writeFileSync(join(folder, 'packed.csv'), gzipSync(text))
  expect(await allEvents('plain.csv.gz', 'bitstamp')).toHaveLength(2_000)
  expect(await allEvents('packed.csv', 'bitstamp')).toHaveLength(2_000)
  const other = await failure(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), 'bitstamp', 'other.csv.zst')
  expect(other.message).toMatch(/other\.csv\.zst is packed with zstd, expected plain or gzip data$/)
})

test('reads LOBSTER messages as what is left of each order, and leaves out what no book shows', async () => {
  const events = await allEvents('lobster-message.csv', 'lobster', fixtures)
  expect(
    events.map(({ event, atNs }) => [event.action, event.orderId, event.side, event.price, event.qty, atNs]),
  ).toEqual([
    ['created', 101, 'buy', 5_859_400, 100, 0],
    ['created', 102, 'sell', 5_859_600, 50, 0],
    ['changed', 101, 'buy', 5_859_400, 60, 172_148_053],
    ['changed', 101, 'buy', 5_859_400, 40, 172_148_054],
    ['deleted', 102, 'sell', 5_859_600, 0, 282_540_384],
    ['deleted', 7, 'buy', 5_859_000, 0, 382_540_383],
    ['deleted', 101, 'buy', 5_859_400, 0, 482_540_383],
    ['created', 103, 'buy', 5_859_000, 10, 982_540_383],
  ])
})

test('reads our own NDJSON, with and without times', async () => {
  const timed = await allEvents('events.ndjson', 'ndjson', fixtures)
  expect(timed).toHaveLength(50)
  expect(timed[0]?.atNs).toBe(0)
  expect(timed[49]?.atNs).toBeGreaterThan(0)
  writeFileSync(join(folder, 'untimed.ndjson'), '{"action":"created","orderId":1,"side":"sell","price":5,"qty":2}\n')
  expect(await allEvents('untimed.ndjson', 'ndjson')).toEqual([
    {
      event: { symbol: 'BTC-USD', action: 'created', orderId: 1, side: 'sell', price: 5, qty: 2, exchangeMs: 0 },
      atNs: null,
    },
  ])
})

test('the replayed symbol is one of the symbols, and the history is of the others', async () => {
  const { warmup, symbols } = await open('bitstamp.csv', 'bitstamp', fixtures)
  expect(symbols).toHaveLength(60)
  expect(symbols[0]).toEqual({ symbol: 'BTC-USD', priceDecimals: 2, qtyDecimals: 8 })
  const seen = new Set(Array.from({ length: 500 }, () => warmup.next()?.event.symbol))
  expect(seen.size).toBe(59)
  expect(seen.has('BTC-USD')).toBe(false)
})

test.each([
  {
    name: 'a cut-off row',
    row: '2,1001,995,236.5,1788',
    problem: 'has 5 fields, expected 7: id,timestamp,exchange.timestamp,price,volume,action,direction',
  },
  {
    name: 'a cut-off word',
    row: '2,1001,995,236.5,1788,created,as',
    problem: 'direction is "as", expected bid or ask',
  },
  {
    name: 'an action',
    row: '2,1001,995,236.5,1788,updated,ask',
    problem: 'action is "updated", expected created, changed or deleted',
  },
  {
    name: 'too many decimals',
    row: '2,1001,995,236.555,1,created,ask',
    problem: 'price "236.555" has 3 decimals, at most 2 are allowed',
  },
  {
    name: 'a price of nothing',
    row: '2,1001,995,0.00,1,created,ask',
    problem: 'price is 0, expected between 1 and 2147483647 ticks',
  },
  {
    name: 'a float volume',
    row: '2,1001,995,236.55,1.5,created,ask',
    problem: 'volume is "1.5", expected a whole number',
  },
  {
    name: 'time that falls',
    row: '2,999,995,236.55,1,created,ask',
    problem: 'goes back in time, expected times that never fall',
  },
])('names the Bitstamp row of $name', async ({ row: bad, problem }) => {
  const { message } = await failure(`${header}${row}${bad}`, 'bitstamp')
  expect(message).toBe(`${join(folder, 'bad.csv')}:3 ${problem}`)
})

test.each([
  {
    format: 'bitstamp',
    text: 'id,price\n1,2\n',
    problem: ':1 is "id,price", expected the header id,timestamp,exchange.timestamp,price,volume,action,direction',
  },
  { format: 'bitstamp', text: header, problem: ' holds no event' },
  { format: 'bitstamp', text: '', problem: ' holds no event' },
  {
    format: 'bitstamp',
    text: `${header}${'1'.repeat(70_000)}`,
    problem: ':2 has no end within 65536 characters, expected a line of text',
  },
  {
    format: 'lobster',
    text: '34200.1,1,5,10,100\n',
    problem: ':1 has 5 fields, expected 6: time,type,order id,size,price,direction',
  },
  { format: 'lobster', text: '34200.1,8,5,10,100,1\n', problem: ':1 type is "8", expected a number from 1 to 7' },
  {
    format: 'lobster',
    text: '34200.1,1,5,10,3000000000,1\n',
    problem: ':1 price is 3000000000, expected between 1 and 2147483647 ticks',
  },
  { format: 'ndjson', text: '{"action":"created"', problem: ':1 is not a JSON object: {"action":"created"' },
  { format: 'ndjson', text: '[]\n', problem: ':1 is not a JSON object: []' },
  {
    format: 'ndjson',
    text: '{"symbol":"ETH"}\n',
    problem: ':1 symbol is "ETH", expected "BTC-USD", the one symbol of the source',
  },
  {
    format: 'ndjson',
    text: '{"action":"created","orderId":1,"side":"sell","price":5}\n',
    problem: ':1 qty is missing, expected a number of lots',
  },
  {
    format: 'ndjson',
    text: '{"action":"created","orderId":1,"side":"sell","price":5,"qty":1.5}\n',
    problem: ':1 quantity is 1.5, expected a whole number of lots below 2^53',
  },
] as const)('refuses a file of format $format: $problem', async ({ format, text, problem }) => {
  const { message } = await failure(text, format)
  expect(message).toBe(join(folder, 'bad.csv') + problem)
})

test('what a profile replays names the conversion where a number is too fine, and no option of another command', async () => {
  const { hint } = await failure(`${header}2,1001,995,236.555,1,created,ask`, 'bitstamp')
  expect(hint).toContain('`nautilus data convert FILE --price-decimals N')
  expect((await failure(`${header}2,1001,995,abc,1,created,ask`, 'bitstamp')).hint).not.toContain('decimals')
})

test('a packed file that was cut off or damaged is named with the row that was reached', async () => {
  const packed = gzipSync(readFileSync(join(fixtures, 'bitstamp.csv')))
  const cut = await failure(packed.subarray(0, packed.length - 20), 'bitstamp', 'cut.csv.gz')
  expect(cut.message).toMatch(/cut\.csv\.gz:\d+ the gzip data ends in the middle, expected its end mark$/)
  const damaged = await failure(Buffer.from(packed).fill(0xff, 40, 60), 'bitstamp', 'damaged.csv.gz')
  expect(damaged.message).toMatch(/damaged\.csv\.gz:1 the gzip data is damaged \(Z_DATA_ERROR\), expected valid gzip$/)
})

test('a file that is missing or no file is named', async () => {
  expect((await failureOf(open('none.csv', 'bitstamp'))).message).toBe(
    `${join(folder, 'none.csv')} does not exist, expected a file to replay`,
  )
  expect((await failureOf(open('.', 'bitstamp'))).message).toMatch(/ is no file, expected a file to replay$/)
})

test('orders are decimal strings around a price, some of them market orders', async () => {
  const opened = () => openOrderSource({ kind: 'generated', symbols: 60, burstiness: 0.6 }, { seed: 3 })
  const { measured } = await opened()
  const orders = Array.from({ length: 5_000 }, () => measured.next())
  const again = (await opened()).measured
  expect(Array.from({ length: 5_000 }, () => again.next())).toEqual(orders)
  let market = 0
  let lastNs = -1
  for (const next of orders) {
    if (next === null) throw new Error('generated orders never end')
    expect(next.atNs).toBeGreaterThanOrEqual(lastNs)
    lastNs = next.atNs ?? -1
    const { symbol, order_type, side, quantity, price } = next.event
    expect([symbol, side]).toEqual(['BTC-USDT', expect.stringMatching(/^(buy|sell)$/)])
    expect(quantity).toMatch(/^\d+\.\d{4}$/)
    if (order_type === 'market') market += 1
    else expect(price).toMatch(/^(4[89]|5[01])\d{3}\.\d{2}$/)
  }
  expect(market / orders.length).toBeCloseTo(0.15, 1)
  const replay = openOrderSource(
    { kind: 'replay', file: 'x', format: 'bitstamp', symbol: 'X', symbols: 60 },
    { seed: 3 },
  )
  expect((await failureOf(replay)).message).toBe('load.source is a replay of market events, expected generated orders')
})

const dataFolder = process.env['NAUTILUS_TEST_DATA']
test.skipIf(dataFolder === undefined)(
  `reads the recorded morning of BTC-USD whole${dataFolder === undefined ? ' (skipped: NAUTILUS_TEST_DATA is unset)' : ''}`,
  async () => {
    const events = await allEvents('bitstamp-orders.csv.gz', 'bitstamp', dataFolder ?? '')
    expect(events).toHaveLength(50_414)
    // 00:00:04.518 to 05:04:42.957 of that day.
    expect((events.at(-1)?.atNs ?? 0) / 1e6).toBe(18_278_439)
  },
)
