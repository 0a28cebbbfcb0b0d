import { fstatSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../../core/paths.js'
import { dbnHeader, mboRecord } from './formats/dbn-fixture.js'
import { itchMessage } from './formats/itch-fixture.js'
import { inspectMarketFile } from './market-info.js'

const fixtures = join(packageRoot(), 'fixtures/market')
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nautilus-info-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const inspect = async (bytes: string | Uint8Array, choice: Parameters<typeof inspectMarketFile>[1] = {}) => {
  const path = join(folder, 'data')
  writeFileSync(path, bytes)
  return (await inspectMarketFile(path, choice, async () => undefined)).info
}

test.each([
  { format: 'bitstamp', bytes: 'id,timestamp,exchange.timestamp,price,volume,action,direction\n' },
  { format: 'lobster', bytes: '34200.017459617,1,101,100,5859400,1\r\n' },
  { format: 'dbn', bytes: dbnHeader([]) },
  { format: 'itch', bytes: itchMessage('S') },
  { format: 'tardis', bytes: 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n' },
  { format: 'binance', bytes: 'symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\n' },
  { format: 'ndjson', bytes: '{"action":"deleted","orderId":1,"side":"sell","price":5,"qty":0}\n' },
])('a file of $format is told by its beginning, packed or not', async ({ format, bytes }) => {
  expect((await inspect(bytes)).format).toBe(format)
  expect((await inspect(gzipSync(bytes))).format).toBe(format)
})

test.each([
  { bytes: 'hello\n', choice: {}, problem: /data begins with "hello\\n", which is no format that is known$/ },
  { bytes: '', choice: {}, problem: /data is empty, which is no format that is known$/ },
  { bytes: '{}', choice: { format: 'parquet' }, problem: /^format "parquet" is not known$/ },
  { bytes: '{}\n', choice: {}, problem: /data:1 action is missing, expected created, changed or deleted$/ },
  { bytes: '{"schema":"x/1"}\n', choice: {}, problem: /data:1 schema is "x\/1", expected nautilus\.events\/1$/ },
  {
    bytes: '{"schema":"nautilus.events/1","priceDecimals":-1}\n',
    choice: {},
    problem: /data:1 priceDecimals is -1, expected 0 to 12$/,
  },
  { bytes: '{}', choice: { bookPath: 'x' }, problem: /^--book checks LOBSTER files, and this one is ndjson$/ },
])('refuses what it cannot read: $problem', async ({ bytes, choice, problem }) => {
  await expect(inspect(bytes, choice)).rejects.toThrow(problem)
})

test('the books of all symbols are told with decimal prices, the most active first', async () => {
  const info = await inspect(
    Buffer.concat([
      dbnHeader([{ symbol: 'ES', instruments: [7] }]),
      mboRecord({ action: 'A', id: 1n, instrument: 8, side: 'A', price: 3_500_000_000n }),
      mboRecord({ action: 'A', id: 2n, price: 99_750_000_000n }),
      mboRecord({ action: 'A', id: 3n, side: 'A', price: 99_750_000_000n }),
      mboRecord({ action: 'T', id: 0n }),
      mboRecord({ action: 'C', id: 9n }),
    ]),
  )
  expect(info).toMatchObject({
    events: 3,
    byAction: { created: 3, changed: 0, deleted: 0 },
    unknown: { total: 1, changed: 0, deleted: 0 },
    ignored: { 'trades (action T)': 1 },
    crossedShare: 1 / 3,
    liveOrdersMax: 2,
    symbolCount: 2,
  })
  expect(
    info.symbols.map(({ symbol, bidOrders, askOrders, bestBid, bestAsk }) => [
      symbol,
      bidOrders,
      askOrders,
      bestBid,
      bestAsk,
    ]),
  ).toEqual([
    ['ES', 1, 1, '99.7500', '99.7500'],
    ['8', 0, 1, null, '3.5000'],
  ])
})

const empty = '9999999999,0,-9999999999,0'
const bookRows = [
  `${empty.replace('-9999999999,0', '5859400,100')},9999999999,0`,
  '5859600,50,5859400,100',
  '5859600,50,5859400,60',
  '5859600,50,5859400,40',
  '5859600,50,5859400,40',
  '9999999999,0,5859400,40',
  '9999999999,0,5859400,40',
  empty,
  empty,
  '9999999999,0,5859000,10',
]
const withBook = async (rows: readonly string[]) => {
  const bookPath = join(folder, 'book.csv')
  writeFileSync(bookPath, `${rows.join('\n')}\n`)
  const message = join(fixtures, 'lobster-message.csv')
  return (await inspectMarketFile(message, { bookPath }, async () => undefined)).info.book
}

test('each row of a LOBSTER book file is held against the rebuilt book', async () => {
  expect(await withBook(bookRows)).toEqual({ rows: 10, agreed: 10, firstDifference: null })
  const wrong = bookRows.with(3, '5859600,50,5859400,41')
  expect(await withBook(wrong)).toEqual({
    rows: 10,
    agreed: 9,
    firstDifference: `${join(folder, 'book.csv')}:4 has 5859600,50,5859400,41, rebuilt 5859600,50,5859400,40`,
  })
})

test.each([
  { rows: bookRows.slice(0, 9), problem: /book\.csv:10 is missing, expected a row for each message$/ },
  { rows: [...bookRows, empty], problem: /book\.csv:11 has no message, expected as many rows as messages$/ },
  { rows: bookRows.with(1, '1,2,x,3'), problem: /book\.csv:2 is "1,2,x,3", expected ask price, ask size, / },
])('a book file of other messages is refused: $problem', async ({ rows, problem }) => {
  await expect(withBook(rows)).rejects.toThrow(problem)
})

test('a book file is closed where the reading ends before it', async () => {
  await expect(withBook([...bookRows, ...Array.from({ length: 100_000 }, () => empty)])).rejects.toThrow('no message')
  const { ino } = statSync(join(folder, 'book.csv'))
  await expect.poll(() => openFiles().filter((open) => open === ino)).toEqual([])
})

/** Numbers of the files that this process has open. */
const openFiles = (): number[] =>
  readdirSync('/dev/fd').flatMap((fd) => {
    try {
      return [fstatSync(Number(fd)).ino]
    } catch (error) {
      // The folder was open while it was read.
      if (error instanceof Error && error.message.startsWith('EBADF')) return []
      throw error
    }
  })

test.each([
  { packing: 'zstd', mark: [0x28, 0xb5, 0x2f, 0xfd], command: 'zstd -d' },
  { packing: 'zip', mark: [0x50, 0x4b, 3, 4], command: 'unzip' },
  { packing: '7z', mark: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], command: '7z x' },
])('what is packed with $packing is refused with the command that unpacks it', async ({ packing, mark, command }) => {
  const path = join(folder, 'data')
  await expect(inspect(Uint8Array.from([...mark, 0, 0]))).rejects.toMatchObject({
    message: `${path} is packed with ${packing}, expected plain or gzip data`,
    hint: `Unpack it first: ${command} ${path}`,
  })
})

test.each([
  { bytes: 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\nx,S,1,1,true,bid,1.555,1\n' },
  { bytes: 'symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\nS,1,1,2,b,set,1.555,1,0\n' },
  { bytes: 'id,timestamp,exchange.timestamp,price,volume,action,direction\n1,1,1,1.555,1,created,bid\n' },
  { bytes: Buffer.concat([dbnHeader([]), mboRecord({ action: 'A', price: 1_000_000_001n })]) },
])('a number that is finer than a tick names the options that read it', async ({ bytes }) => {
  const hint = 'Name the decimals of the instrument with --price-decimals or --qty-decimals.'
  await expect(inspect(bytes)).rejects.toMatchObject({
    message: expect.stringMatching(/price ".*" has \d decimals, at most \d are allowed$/),
    hint,
  })
})
