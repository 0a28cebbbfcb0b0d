import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { problemOf, readBytes, told } from '../market-file-fixture.js'
import { formatLike } from './catalog.js'
import { framed, itchMessage } from './itch-fixture.js'

const file = (...messages: Buffer[]): Buffer => Buffer.concat([itchMessage('S'), ...messages])

test('orders are added, executed, cancelled in part, deleted and replaced', async () => {
  const { rows, file: facts } = await readBytes(
    'itch',
    file(
      itchMessage('A', { id: 10n, shares: 100 }),
      itchMessage('F', { id: 11n, side: 'S', shares: 50, price: 1_502_600 }),
      itchMessage('E', { id: 10n, shares: 30, atNs: 34_200_000_000_002 }),
      itchMessage('C', { id: 10n, shares: 20, price: 1_502_400, atNs: 34_200_000_000_002 }),
      itchMessage('X', { id: 10n, shares: 10, atNs: 34_200_000_000_005 }),
      itchMessage('U', { id: 10n, newId: 12n, shares: 70, price: 1_502_300, atNs: 34_200_000_000_005 }),
      itchMessage('E', { id: 11n, shares: 50, atNs: 34_200_000_000_006 }),
      itchMessage('D', { id: 12n, atNs: 57_600_000_000_000 }),
    ),
  )
  expect(told(rows)).toEqual([
    ['created', 10, 'buy', 1_502_500, 100],
    ['created', 11, 'sell', 1_502_600, 50],
    ['changed', 10, 'buy', 1_502_500, 70],
    ['changed', 10, 'buy', 1_502_500, 50],
    ['changed', 10, 'buy', 1_502_500, 40],
    ['deleted', 10, 'buy', 1_502_500, 0],
    ['created', 12, 'buy', 1_502_300, 70],
    ['deleted', 11, 'sell', 1_502_600, 0],
    ['deleted', 12, 'buy', 1_502_300, 0],
  ])
  expect(rows.map(({ atNs }) => atNs)).toEqual([0, 0, 1, 1, 4, 4, 4, 5, 23_399_999_999_999])
  expect([...facts.ignored]).toEqual([['messages S', 1]])
  expect(facts).toMatchObject({ clock: 'midnight', firstMs: 34_200_000.000_001, spanNs: 23_399_999_999_999 })
})

test('trades of hidden orders and what is no order are skipped and counted', async () => {
  const { rows, file: facts } = await readBytes(
    'itch',
    file(itchMessage('R'), itchMessage('P'), itchMessage('P'), itchMessage('A')),
  )
  expect(rows).toHaveLength(1)
  expect(Object.fromEntries(facts.ignored)).toEqual({
    'messages S': 1,
    'messages R': 1,
    'trades of hidden orders (P)': 2,
  })
})

test('messages of orders that were never added are counted', async () => {
  const { rows, file: facts } = await readBytes(
    'itch',
    file(...['E', 'C', 'X', 'D', 'U'].map((type) => itchMessage(type, { id: 99n }))),
  )
  expect(rows).toEqual([])
  expect(facts.unknownIds).toBe(5)
})

test('one stock is read alone, and unknown orders of others are not its own', async () => {
  const bytes = file(
    itchMessage('A', { id: 1n, stock: 'AAPL', locate: 1 }),
    itchMessage('A', { id: 2n, stock: 'MSFT', locate: 2 }),
    itchMessage('D', { id: 2n, locate: 2 }),
    itchMessage('D', { id: 77n, locate: 1 }),
    itchMessage('D', { id: 1n, locate: 1 }),
  )
  const one = await readBytes('itch', bytes, { symbol: 'AAPL' })
  expect(one.rows.map(({ symbol, action }) => [symbol, action])).toEqual([
    ['AAPL', 'created'],
    ['AAPL', 'deleted'],
  ])
  expect([one.file.unknownIds, one.file.ignored.get('other symbols')]).toEqual([1, 2])
})

test('a packed file of many chunks is read, and its end mark is no message', async () => {
  const many = Array.from({ length: 20_000 }, (_, index) => itchMessage('A', { id: BigInt(index + 1) }))
  const bytes = file(...many, framed(Buffer.alloc(0)))
  const { rows } = await readBytes('itch', gzipSync(bytes))
  expect(rows.map(({ orderId }) => orderId)).toEqual(many.map((_, index) => index + 1))
  expect(formatLike(bytes.toString('latin1', 0, 100))).toBe('itch')
})

test.each([
  {
    name: 'a message cut off',
    bytes: file(itchMessage('A')).subarray(0, 14 + 20),
    problem: 'file at byte 14 ends after 20 bytes of a record, expected 38',
  },
  {
    name: 'a message of another length',
    bytes: file(framed(itchMessage('A').subarray(2, 32))),
    problem: 'file at byte 14 is a message A of 30 bytes, expected 36',
  },
  {
    name: 'a type that is none',
    bytes: file(framed(Buffer.alloc(11))),
    problem: 'file at byte 14 message type is "\\u0000", expected a letter',
  },
  {
    name: 'a side',
    bytes: file(itchMessage('A', { side: 'Q' })),
    problem: 'file at byte 14 side is "Q", expected B or S',
  },
  {
    name: 'a price of nothing',
    bytes: file(itchMessage('A', { price: 0 })),
    problem: 'file at byte 14 price is 0, expected between 1 and 2147483647 ticks',
  },
  {
    name: 'time that falls',
    bytes: file(itchMessage('A'), itchMessage('A', { id: 2n, atNs: 5 })),
    problem: 'file at byte 52 goes back in time, expected times that never fall',
  },
])('names the place of $name', async ({ bytes, problem }) => {
  expect(await problemOf('itch', bytes)).toBe(problem)
})
