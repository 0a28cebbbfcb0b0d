import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { problemOf, readBytes, told } from '../market-file-fixture.js'

// Tardis and Binance: feeds that tell price levels.

const tardisHeader = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n'
const tardisFile = (...rows: string[]): string => `${tardisHeader}${rows.map((row) => `x,BTCUSDT,${row}\n`).join('')}`
const bid = 2 * 2_047_280
const ask = 2 * 2_047_290 + 1

test('Tardis levels are created, changed and removed by an amount of 0, with exact amounts and microseconds', async () => {
  const text = tardisFile(
    '1585699217584000,1585699217598331,false,bid,20472.80,0.00000001',
    '1585699217584000,1585699217598331,false,ask,20472.9,1.5',
    '1585699217584001,1585699217598332,false,bid,20472.8,2.1',
    '1585699217584001,1585703999999999,false,bid,20472.8,0',
  )
  const { rows, file } = await readBytes('tardis', text)
  expect(told(rows)).toEqual([
    ['created', bid, 'buy', 2_047_280, 1],
    ['created', ask, 'sell', 2_047_290, 150_000_000],
    ['changed', bid, 'buy', 2_047_280, 210_000_000],
    ['deleted', bid, 'buy', 2_047_280, 0],
  ])
  expect(rows.map(({ atNs }) => atNs)).toEqual([0, 0, 1_000, 4_782_401_668_000])
  expect(rows[0]).toMatchObject({ symbol: 'BTCUSDT', exchangeMs: 1_585_699_217_584 })
  expect(file).toMatchObject({ clock: 'epoch', qtyDecimals: 8, firstMs: 1_585_699_217_598.331 })
  expect((await readBytes('tardis', gzipSync(text))).rows).toEqual(rows)
})

test('a Tardis snapshot replaces the whole book, and a level that is not known cannot be removed', async () => {
  const { rows, file } = await readBytes(
    'tardis',
    tardisFile(
      '1,1,true,bid,20472.80,1',
      '1,1,true,ask,20472.90,1',
      '2,2,false,bid,20472.70,0',
      '3,3,true,ask,20472.90,3',
      '3,3,true,bid,20472.60,1',
    ),
  )
  expect(told(rows)).toEqual([
    ['created', bid, 'buy', 2_047_280, 100_000_000],
    ['created', ask, 'sell', 2_047_290, 100_000_000],
    ['deleted', bid, 'buy', 2_047_280, 0],
    ['deleted', ask, 'sell', 2_047_290, 0],
    ['created', ask, 'sell', 2_047_290, 300_000_000],
    ['created', 2 * 2_047_260, 'buy', 2_047_260, 100_000_000],
  ])
  expect(file.unknownIds).toBe(1)
})

test('symbols of one file have books of their own, and one may be read alone', async () => {
  const text = `${tardisHeader}x,A,1,1,true,bid,1,1\nx,B,1,1,true,bid,1,1\nx,B,2,2,false,bid,1,0\n`
  expect((await readBytes('tardis', text)).rows.map(({ symbol, action }) => [symbol, action])).toEqual([
    ['A', 'created'],
    ['B', 'created'],
    ['B', 'deleted'],
  ])
  const one = await readBytes('tardis', text, { symbol: 'A' })
  expect([one.rows.length, one.file.ignored.get('other symbols')]).toEqual([1, 2])
})

test.each([
  {
    row: '1,1,false,bid,1',
    problem: 'has 7 fields, expected 8: exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount',
  },
  { row: '1,x,false,bid,1,1', problem: 'local_timestamp is "x", expected a whole number' },
  { row: '1,1,maybe,bid,1,1', problem: 'is_snapshot is "maybe", expected true or false' },
  { row: '1,1,false,buy,1,1', problem: 'side is "buy", expected bid or ask' },
  { row: '1,1,false,bid,1.005,1', problem: 'price "1.005" has 3 decimals, at most 2 are allowed' },
  { row: '1,1,false,bid,1,1e-5', problem: 'amount "1e-5" has an exponent; write all digits' },
  { row: '1,1,false,bid,1,NaN', problem: 'amount "NaN" is not a decimal number; write one such as "0.25"' },
  { row: '1,1,false,bid,0,1', problem: 'price is 0, expected between 1 and 2147483647 ticks' },
])('names the Tardis line and its problem: $problem', async ({ row, problem }) => {
  expect(await problemOf('tardis', tardisFile('1,1,true,bid,1,1', row))).toBe(`file:3 ${problem}`)
})

const binanceHeader = 'symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\n'
const binanceFile = (...rows: string[]): string => `${binanceHeader}${rows.map((row) => `BTCUSDT,${row}\n`).join('')}`

test('rows of one Binance update belong together, and the next one follows by pu', async () => {
  const { rows, file } = await readBytes(
    'binance',
    binanceFile(
      '1667347199939,5,10,b,set,20472.80,0.500,4',
      '1667347199939,5,10,a,set,20472.90,1,4',
      '1667347199940,11,20,b,set,20472.80,0.000,10',
      '1667347199940,11,20,b,delete,1.00,3,10',
    ),
  )
  expect(told(rows)).toEqual([
    ['created', bid, 'buy', 2_047_280, 50_000_000],
    ['created', ask, 'sell', 2_047_290, 100_000_000],
    ['deleted', bid, 'buy', 2_047_280, 0],
  ])
  expect(rows[2]).toMatchObject({ symbol: 'BTCUSDT', exchangeMs: 1_667_347_199_940, atNs: 1_000_000 })
  expect([file.gaps, file.firstGapAt, file.unknownIds]).toEqual([0, null, 1])
})

test('a broken chain is counted once an update, and the first place is told', async () => {
  const { rows, file } = await readBytes(
    'binance',
    binanceFile(
      '1,1,10,b,set,1,1,0',
      '1,12,20,b,set,2,1,11',
      '1,12,20,a,set,3,1,11',
      '1,21,30,b,set,2,2,20',
      '1,41,50,b,set,2,3,40',
    ),
  )
  expect(rows).toHaveLength(5)
  expect(file.gaps).toBe(2)
  expect(file.firstGapAt).toMatch(/file:3$/)
})

test('chains of two symbols do not touch each other', async () => {
  const text = `${binanceHeader}A,1,1,10,b,set,1,1,0\nB,1,5,70,b,set,1,1,4\nA,1,11,20,b,set,1,2,10\nB,1,71,80,b,set,1,2,70\n`
  expect((await readBytes('binance', text)).file.gaps).toBe(0)
})

test('a Binance snapshot replaces the book; updates that it holds are left out, and the first behind it may begin before it', async () => {
  const { rows, file } = await readBytes(
    'binance',
    binanceFile(
      '1,0,10,b,set,1,1,0',
      '2,0,100,b,snap,2,1,-1',
      '2,0,100,a,snap,3,1,-1',
      '3,80,90,b,set,2,7,79',
      '3,91,105,b,set,2,8,90',
      '3,106,110,b,set,2,9,105',
    ),
  )
  expect(rows.map(({ action, price, qty }) => [action, price, qty / 1e8])).toEqual([
    ['created', 100, 1],
    ['deleted', 100, 0],
    ['created', 200, 1],
    ['created', 300, 1],
    ['changed', 200, 8],
    ['changed', 200, 9],
  ])
  expect([file.gaps, file.ignored.get('updates from before a snapshot')]).toEqual([0, 1])
  const late = await readBytes('binance', binanceFile('2,0,100,b,snap,2,1,-1', '3,150,160,b,set,2,8,149'))
  expect(late.file.gaps).toBe(1)
})

test.each([
  {
    row: '1,1,1,b,set,1,1',
    problem: 'has 8 fields, expected 9: symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu',
  },
  { row: '1,1,1,bid,set,1,1,0', problem: 'side is "bid", expected b or a' },
  { row: '1,1,1,b,put,1,1,0', problem: 'update_type is "put", expected snap, set or delete' },
  { row: '1,1,1,b,set,1,1,', problem: 'pu is "", expected the last_update_id of the update before' },
  { row: '1,1,x,b,set,1,1,0', problem: 'last_update_id is "x", expected a whole number' },
  { row: '1,1,1,b,set,-1,1,0', problem: 'price "-1" is negative' },
  { row: '1,1,1,b,set,1,Infinity,0', problem: 'qty "Infinity" is not a decimal number; write one such as "0.25"' },
])('names the Binance line and its problem: $problem', async ({ row, problem }) => {
  expect(await problemOf('binance', binanceFile(row))).toBe(`file:2 ${problem}`)
})
