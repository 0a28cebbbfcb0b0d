import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { problemOf, readBytes, told } from '../market-file-fixture.js'
import { dbnHeader, firstNs, mboRecord } from './dbn-fixture.js'

const head = dbnHeader([{ symbol: 'ESH4', instruments: [7] }])
const file = (...records: Parameters<typeof mboRecord>[0][]): Buffer => Buffer.concat([head, ...records.map(mboRecord)])

test('orders are added, modified, cancelled in part and whole, with exact prices and nanoseconds', async () => {
  const { rows, file: facts } = await readBytes(
    'dbn',
    file(
      { action: 'A', id: 1n, side: 'B', price: 5_411_750_000_000n, size: 10 },
      { action: 'A', id: 2n, side: 'A', price: 5_412_000_000_000n, size: 4, receivedNs: firstNs + 7n },
      { action: 'M', id: 1n, side: 'B', price: 5_411_500_000_000n, size: 12, receivedNs: firstNs + 7n },
      { action: 'C', id: 1n, side: 'B', size: 5, receivedNs: firstNs + 1_000_000_001n },
      { action: 'C', id: 1n, side: 'B', size: 7, receivedNs: firstNs + 86_399_999_999_999n },
    ),
  )
  expect(told(rows)).toEqual([
    ['created', 1, 'buy', 54_117_500, 10],
    ['created', 2, 'sell', 54_120_000, 4],
    ['changed', 1, 'buy', 54_115_000, 12],
    ['changed', 1, 'buy', 54_115_000, 7],
    ['deleted', 1, 'buy', 54_115_000, 0],
  ])
  expect(rows.map(({ atNs }) => atNs)).toEqual([0, 7, 7, 1_000_000_001, 86_399_999_999_999])
  expect(rows[0]).toMatchObject({ symbol: 'ESH4', exchangeMs: 1_704_186_000_000 })
  expect(facts).toMatchObject({ events: 5, clock: 'epoch', priceDecimals: 4, firstMs: 1_704_186_000_000 })
})

test.each([
  { action: 'T', what: 'trades (action T)' },
  { action: 'F', what: 'fills (action F)' },
  { action: 'N', what: 'no action (N)' },
])('$what change no book and are counted', async ({ action, what }) => {
  const { rows, file: facts } = await readBytes(
    'dbn',
    file({ action: 'A' }, { action, size: 10 }, { action: 'C', size: 10 }),
  )
  expect(told(rows).map(([kind]) => kind)).toEqual(['created', 'deleted'])
  expect([...facts.ignored]).toEqual([[what, 1]])
})

test('a clear empties the book of its instrument alone', async () => {
  const { rows } = await readBytes(
    'dbn',
    file(
      { action: 'A', id: 1n },
      { action: 'A', id: 2n, side: 'A' },
      { action: 'A', id: 3n, instrument: 8 },
      { action: 'R', side: 'N', price: 0x7fff_ffff_ffff_ffffn },
      { action: 'C', id: 3n, instrument: 8 },
    ),
  )
  expect(rows.map(({ symbol, action, orderId }) => [symbol, action, orderId])).toEqual([
    ['ESH4', 'created', 1],
    ['ESH4', 'created', 2],
    ['8', 'created', 3],
    ['ESH4', 'deleted', 1],
    ['ESH4', 'deleted', 2],
    ['8', 'deleted', 3],
  ])
})

test('a cancel of an unknown order is counted; a modification enters it, because it tells the whole order', async () => {
  const { rows, file: facts } = await readBytes('dbn', file({ action: 'C', id: 5n }, { action: 'M', id: 6n, size: 3 }))
  expect(told(rows)).toEqual([['created', 6, 'buy', 1_002_500, 3]])
  expect(facts.unknownIds).toBe(2)
})

test('ids from 2^53 on stay apart as negative numbers', async () => {
  const [large, next] = [2n ** 53n, 2n ** 53n + 1n]
  const { rows } = await readBytes(
    'dbn',
    file(
      { action: 'A', id: large - 1n },
      { action: 'A', id: large },
      { action: 'A', id: next },
      { action: 'C', id: large },
    ),
  )
  expect(rows.map(({ action, orderId }) => [action, orderId])).toEqual([
    ['created', Number.MAX_SAFE_INTEGER],
    ['created', -1],
    ['created', -2],
    ['deleted', -1],
  ])
})

test('two instruments, and two publishers of one, may have orders of one id', async () => {
  const { rows, file: facts } = await readBytes(
    'dbn',
    file(
      { action: 'A', id: 1n, size: 10 },
      { action: 'A', id: 1n, instrument: 8, size: 20 },
      { action: 'A', id: 1n, publisher: 2, size: 30 },
      { action: 'C', id: 1n, instrument: 8, size: 5 },
      { action: 'C', id: 1n, publisher: 2, size: 30 },
      { action: 'C', id: 1n, size: 10 },
      { action: 'C', id: 1n, publisher: 2, size: 30 },
    ),
  )
  expect(rows.map(({ symbol, action, orderId, qty }) => [symbol, action, orderId, qty])).toEqual([
    ['ESH4', 'created', 1, 10],
    ['8', 'created', 1, 20],
    ['ESH4', 'created', -1, 30],
    ['8', 'changed', 1, 15],
    ['ESH4', 'deleted', -1, 0],
    ['ESH4', 'deleted', 1, 0],
  ])
  expect(facts.unknownIds).toBe(1)
})

test('one instrument is read alone, and one with several symbols keeps its number', async () => {
  const mapped = dbnHeader([
    { symbol: 'ESH4', instruments: [7] },
    { symbol: 'ESM4', instruments: [8] },
    { symbol: 'ESU4', instruments: [8] },
  ])
  const bytes = Buffer.concat([mapped, mboRecord({ action: 'A' }), mboRecord({ action: 'A', id: 2n, instrument: 8 })])
  expect((await readBytes('dbn', bytes)).rows.map(({ symbol }) => symbol)).toEqual(['ESH4', '8'])
  const one = await readBytes('dbn', bytes, { symbol: 'ESH4' })
  expect(one.rows).toHaveLength(1)
  expect([...one.file.ignored]).toEqual([['other symbols', 1]])
})

test('later headers, other records and packed files are read; records lie across the chunks of a reading', async () => {
  const other = Buffer.alloc(24)
  other.writeUInt8(6, 0)
  other.writeUInt8(23, 1)
  const many = Array.from({ length: 20_000 }, (_, index) => mboRecord({ action: 'A', id: BigInt(index + 1) }))
  const bytes = Buffer.concat([dbnHeader([{ symbol: 'X', instruments: [7] }], 2), other, ...many])
  const plain = await readBytes('dbn', bytes)
  expect(plain.rows.map(({ orderId }) => orderId)).toEqual(many.map((_, index) => index + 1))
  expect(plain.rows[0]?.symbol).toBe('X')
  expect([...plain.file.ignored]).toEqual([['records of type 23', 1]])
  expect((await readBytes('dbn', gzipSync(bytes))).rows).toEqual(plain.rows)
})

test('a finer tick is read where it is asked for', async () => {
  const bytes = file({ action: 'A', price: 110_015_625_000n })
  expect((await readBytes('dbn', bytes, { priceDecimals: 6 })).rows[0]?.price).toBe(110_015_625)
})

test.each([
  {
    name: 'no header',
    bytes: mboRecord({ action: 'A' }),
    problem: /^file at byte 0 does not begin with DBN, expected the header of DBN$/,
  },
  {
    name: 'a later version',
    bytes: dbnHeader([], 9),
    problem: /^file at byte 0 is DBN of version 9, expected 1 to 3$/,
  },
  {
    name: 'a record cut off',
    bytes: file({ action: 'A' }).subarray(0, head.length + 40),
    problem: new RegExp(`^file at byte ${head.length} ends after 40 bytes of a record, expected 56$`),
  },
  {
    name: 'a record of no length',
    bytes: Buffer.concat([head, Buffer.alloc(56)]),
    problem: new RegExp(`^file at byte ${head.length} is a record of 1 bytes, expected at least 16$`),
  },
  {
    name: 'an action',
    bytes: file({ action: 'A' }, { action: 'Z' }),
    problem: new RegExp(`^file at byte ${head.length + 56} action is "Z", expected A, C, M, R, T, F or N$`),
  },
  { name: 'a side', bytes: file({ action: 'A', side: 'N' }), problem: /side is "N", expected B or A$/ },
  {
    name: 'a price too fine',
    bytes: file({ action: 'A', price: 1_000_000_001n }),
    problem: /price "1\.000000001" has 9 decimals, at most 4 are allowed$/,
  },
  {
    name: 'no price',
    bytes: file({ action: 'A', price: 0x7fff_ffff_ffff_ffffn }),
    problem: /price is undefined, expected one of an order$/,
  },
  {
    name: 'a price below nothing',
    bytes: file({ action: 'A', price: -5_000_000_000n }),
    problem: /price is -50000, expected between 1 and 2147483647 ticks$/,
  },
  {
    name: 'time that falls',
    bytes: file({ action: 'A' }, { action: 'A', id: 2n, receivedNs: firstNs - 1n }),
    problem: /goes back in time, expected times that never fall$/,
  },
])('names the place of $name', async ({ bytes, problem }) => {
  expect(await problemOf('dbn', bytes)).toMatch(problem)
})
