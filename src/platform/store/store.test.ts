import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, nsPerMs, nsPerSec } from '../../core/units.js'
import type { RunningService } from '../../supervisor/services/context.js'
import { serviceIn } from '../../supervisor/services/service-fixture.js'
import { columnLiteral, lastPerKey } from './columns.js'
import { openStore } from './open.js'
import { insertStatement, storeTables } from './schema.js'
import type { StoreRow, StoreSink } from './sink.js'

let folder: string
let postgres: RunningService
let client: pg.Client
const errors: unknown[] = []

const start = (name: string): Promise<RunningService> => serviceIn(folder, { name, config: { kind: 'postgres' } })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-store-'))
  postgres = await start('store')
  client = new pg.Client({ connectionString: postgres.address })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await postgres.stop({ graceNs: durationNs(5 * nsPerSec), now: false })
  await rm(folder, { recursive: true, force: true })
})

const open = (): Promise<StoreSink> =>
  openStore(postgres.address, monotonicClock, (error) => {
    errors.push(error)
  })

const order = (run: string, id: number, account = 'desk'): StoreRow => [
  run,
  id,
  account,
  'BTC-USD',
  'buy',
  'limit',
  'gtc',
  10_000,
  3,
]

const countOf = async (table: string, run: string): Promise<number> => {
  const { rows } = await client.query(`select count(*)::int as count from ${table} where run = $1`, [run])
  return rows[0].count
}

test('writes many rows in the order of their tables, and flush waits until all are committed', async () => {
  const store = await open()
  for (let id = 0; id < 5_000; id += 1) store.write('orders', order('many', id))
  await store.flush()
  expect(store.counters).toEqual({ written: 5_000, overflowed: 0, failed: 0 })
  expect(await countOf('orders', 'many')).toBe(5_000)
  const { rows } = await client.query("select * from orders where run = 'many' and order_id = 4999")
  expect(Object.values(rows[0])).toEqual(['many', '4999', 'desk', 'BTC-USD', 'buy', 'limit', 'gtc', '10000', '3'])
  await store.close()
})

test('sends what was written without being asked, and keeps the first row of a repeated key', async () => {
  const store = await open()
  store.write('orders', order('twice', 1, 'first'))
  store.write('orders', order('twice', 1, 'second'))
  const end = monotonicClock.now() + 5 * nsPerSec
  while ((await countOf('orders', 'twice')) === 0) expect(monotonicClock.now()).toBeLessThan(end)
  await store.flush()
  const { rows } = await client.query("select account from orders where run = 'twice'")
  expect(rows).toEqual([{ account: 'first' }])
  await store.close()
})

test('keeps the last position of a key, within a batch and between batches', async () => {
  const store = await open()
  for (let qty = 0; qty <= 20; qty += 1) store.write('positions', ['p', 'desk', 'BTC-USD', qty, String(-qty * 10_000)])
  store.write('positions', ['p', 'house', 'BTC-USD', -20, '90071992547409930'])
  await store.flush()
  store.write('positions', ['p', 'desk', 'BTC-USD', 7, '-70000'])
  await store.flush()
  const { rows } = await client.query("select account, qty, notional from positions where run = 'p' order by account")
  expect(rows).toEqual([
    { account: 'desk', qty: '7', notional: '-70000' },
    { account: 'house', qty: '-20', notional: '90071992547409930' },
  ])
  await store.close()
})

test('text arrives as it was written, whatever it holds', async () => {
  const store = await open()
  const texts = ['a"b', 'a\\b', '{a,b}', '', 'NULL', "'; drop table orders; --", 'ü€😀', ' x ']
  for (const [id, text] of texts.entries()) store.write('orders', order('text', id, text))
  await store.flush()
  const { rows } = await client.query("select account from orders where run = 'text' order by order_id")
  expect(rows.map((row) => row.account)).toEqual(texts)
  await store.close()
})

test('a batch that PostgreSQL refuses counts as failed, and later ones are written', async () => {
  const store = await open()
  errors.length = 0
  store.write('orders', ['bad', 'no number', 'desk', 'BTC-USD', 'buy', 'limit', 'gtc', 1, 1])
  await store.flush()
  store.write('orders', order('bad', 2))
  await store.flush()
  expect(store.counters).toEqual({ written: 1, overflowed: 0, failed: 1 })
  expect(String(errors[0])).toContain('invalid input syntax')
  await store.close()
})

test('several engines come up at once on an empty database', async () => {
  await client.query('drop table orders, execution_reports, positions')
  const stores = await Promise.all([open(), open(), open()])
  for (const store of stores) await store.close()
  expect(await countOf('positions', 'none')).toBe(0)
})

test('a database that dies leaves failed rows and no hang, and is named when it is not there', async () => {
  const doomed = await start('doomed')
  const store = await openStore(doomed.address, monotonicClock, () => undefined)
  store.write('orders', order('dead', 1))
  await store.flush()
  await doomed.stop({ graceNs: durationNs(0), now: true })
  const startedAt = monotonicClock.now()
  for (let id = 2; id < 3_002; id += 1) store.write('orders', order('dead', id))
  await store.flush()
  expect(monotonicClock.now() - startedAt).toBeLessThan(5 * nsPerSec)
  expect(store.counters).toEqual({ written: 1, overflowed: 0, failed: 3_000 })
  await store.close()
  await expect(openStore(doomed.address, monotonicClock, () => undefined)).rejects.toMatchObject({
    code: 'SERVICE_DIED',
  })
})

test('a full queue counts what it cannot take, and a flush that takes too long gives up', async () => {
  const store = await open()
  await client.query('begin')
  await client.query('lock table execution_reports in access exclusive mode')
  for (let id = 0; id < 100_600; id += 1) {
    store.write('execution_reports', ['full', id, 1, 'desk', 'BTC-USD', 'buy', 'trade', 'filled', 1, 1, 1, 0])
  }
  expect(store.counters.overflowed).toBeGreaterThan(0)
  await store.flush(durationNs(100 * nsPerMs))
  await client.query('commit')
  const { failed, overflowed } = store.counters
  await store.flush()
  expect(failed + overflowed + store.counters.written).toBe(100_600)
  await store.close()
})

test('the statement of a table has an array for each column, and the literals hold its values', () => {
  const [orders, , positions] = storeTables
  if (orders === undefined || positions === undefined) throw new Error('three tables')
  expect(insertStatement(orders)).toContain('on conflict (run, order_id) do nothing')
  expect(insertStatement(positions)).toContain('do update set qty = excluded.qty, notional = excluded.notional')
  expect(
    columnLiteral(
      [
        ['a', 1],
        ['b"', null],
      ],
      0,
    ),
  ).toBe('{"a","b\\""}')
  expect(
    columnLiteral(
      [
        ['a', 1],
        ['b"', null],
      ],
      1,
    ),
  ).toBe('{1,NULL}')
  expect(
    lastPerKey(
      [
        ['r', 'a', 1],
        ['r', 'b', 2],
        ['r', 'a', 3],
      ],
      2,
    ),
  ).toEqual([
    ['r', 'a', 3],
    ['r', 'b', 2],
  ])
})
