import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../../core/paths.js'
import type { FormatName } from './formats/catalog.js'
import { dbnHeader, firstNs, mboRecord } from './formats/dbn-fixture.js'
import { itchMessage } from './formats/itch-fixture.js'
import { readBytes } from './market-file-fixture.js'
import { inspectMarketFile } from './market-info.js'
import { convertMarketFile, generateMarketFile } from './market-writing.js'
import { openSource } from './open.js'

const fixtures = join(packageRoot(), 'fixtures/market')
const noWait = async (): Promise<void> => undefined
let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nautilus-convert-'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

/** What a file holds, and what its conversion does. */
async function bothWays(format: FormatName, bytes: string | Uint8Array) {
  writeFileSync(join(cwd, 'in'), bytes)
  await convertMarketFile(join(cwd, 'in'), { choice: { format }, cwd, out: 'out.ndjson' }, noWait)
  const source = await readBytes(format, bytes)
  const converted = await readBytes('ndjson', readFileSync(join(cwd, 'out.ndjson')))
  return { source, converted }
}

const files: { format: FormatName; bytes: () => string | Uint8Array }[] = [
  { format: 'bitstamp', bytes: () => readFileSync(join(fixtures, 'bitstamp.csv')) },
  { format: 'lobster', bytes: () => readFileSync(join(fixtures, 'lobster-message.csv')) },
  { format: 'ndjson', bytes: () => readFileSync(join(fixtures, 'events.ndjson')) },
  {
    format: 'dbn',
    bytes: () =>
      Buffer.concat([
        dbnHeader([{ symbol: 'ES', instruments: [7] }]),
        mboRecord({ action: 'A', id: 2n ** 60n }),
        mboRecord({ action: 'A', id: 2n, instrument: 8, receivedNs: firstNs + 86_399_999_999_999n }),
      ]),
  },
  {
    format: 'itch',
    bytes: () => Buffer.concat([itchMessage('S'), itchMessage('A'), itchMessage('U', { atNs: 86_399_999_999_999 })]),
  },
  {
    format: 'tardis',
    bytes: () =>
      'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\nx,S,1585699217584001,1585699217598331,true,bid,1.5,0.00000001\nx,S,1585699217584001,1585785617598330,false,bid,1.5,0\n',
  },
  {
    format: 'binance',
    bytes: () =>
      'symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\nS,1667347199939,1,2,b,set,20472.80,0.5,0\n',
  },
]

test.each(files)('a converted $format file holds the same events, ticks, lots and times', async ({ format, bytes }) => {
  const { source, converted } = await bothWays(format, bytes())
  expect(source.rows.length).toBeGreaterThan(0)
  expect(converted.rows).toEqual(source.rows)
  const { priceDecimals, qtyDecimals, clock, firstMs, spanNs, events } = source.file
  expect(converted.file).toMatchObject({ priceDecimals, qtyDecimals, clock, spanNs, events })
  expect(converted.file.firstMs).toBeCloseTo(firstMs ?? 0, 3)
})

test('whatever a DBN file tells, its conversion reads the same', async () => {
  const anyRecord = fc.record({
    action: fc.constantFrom('A', 'A', 'C', 'M', 'T', 'F', 'R'),
    id: fc.bigInt({ min: 1n, max: 6n }).map((id) => (id > 4n ? id + 2n ** 62n : id)),
    side: fc.constantFrom('A', 'B'),
    price: fc.integer({ min: 1, max: 0x7fff_ffff }).map((ticks) => BigInt(ticks) * 100_000n),
    size: fc.integer({ min: 0, max: 0xffff_ffff }),
    instrument: fc.constantFrom(7, 8),
    afterNs: fc.bigInt({ min: 0n, max: 10_000_000_000_001n }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 40 }), async (records) => {
      let receivedNs = firstNs
      const bytes = records.map(({ afterNs, ...record }) => {
        receivedNs += afterNs
        return mboRecord({ ...record, receivedNs, eventNs: receivedNs })
      })
      const first = mboRecord({ action: 'A', id: 100n })
      const { source, converted } = await bothWays('dbn', Buffer.concat([dbnHeader([]), first, ...bytes]))
      expect(converted.rows).toEqual(source.rows)
    }),
    { numRuns: 50 },
  )
})

test('a profile replays a converted file with its ticks and lots', async () => {
  const choice = { symbol: 'ETH-USD' }
  await convertMarketFile(join(fixtures, 'bitstamp.csv'), { choice, cwd, out: 'eth.ndjson' }, noWait)
  const config = { kind: 'replay', file: 'eth.ndjson', format: 'ndjson', symbol: 'ETH-USD', symbols: 60 } as const
  const { measured, symbols } = await openSource(config, { seed: 1, baseFolder: cwd })
  expect(measured.countMax).toBe(2_000)
  expect(symbols[0]).toEqual({ symbol: 'ETH-USD', priceDecimals: 2, qtyDecimals: 8 })
  expect(measured.next()?.event).toMatchObject({ price: 25_358, qty: 100_000_000, exchangeMs: 1_699_999_999_997 })
})

test('a file without events of a symbol, a bad row and a stop leave nothing behind', async () => {
  const before = readdirSync(cwd)
  const source = join(fixtures, 'events.ndjson')
  const none = convertMarketFile(source, { choice: { symbol: 'ETH' }, cwd, out: 'none.ndjson' }, noWait)
  await expect(none).rejects.toThrow(/events\.ndjson holds no event of ETH; nothing was written$/)
  const stopped = convertMarketFile(source, { choice: {}, cwd, out: 'none.ndjson' }, () => Promise.reject('SIGINT'))
  await expect(stopped).rejects.toBe('SIGINT')
  const stop = () => {
    throw new Error('stopped')
  }
  const flow = { seconds: 100, seed: 1, symbols: 60, flow: { model: 'calibrated' } as const }
  await expect(generateMarketFile(flow, { cwd, out: 'none.ndjson' }, stop)).rejects.toThrow('stopped')
  expect(readdirSync(cwd)).toEqual(before)
})

test.each([
  { flow: { model: 'calibrated' }, decimals: { priceDecimals: 2, qtyDecimals: 8 }, crossedMax: 0.05 },
  { flow: { model: 'pipeline', burstiness: 0.6 }, decimals: { priceDecimals: 2, qtyDecimals: 0 }, crossedMax: 0.01 },
] as const)(
  'files of the $flow.model model are the same for a seed, end with their time and rebuild sound books',
  async ({ flow, decimals, crossedMax }) => {
    const generate = (out: string, seed: number) =>
      generateMarketFile({ seconds: 5, seed, symbols: 8, flow }, { cwd, out }, () => undefined)
    const written = await generate('one.ndjson', 7)
    await generate('two.ndjson', 7)
    await generate('other.ndjson', 8)
    const text = (name: string) => readFileSync(join(cwd, name), 'utf8')
    expect(text('one.ndjson')).toBe(text('two.ndjson'))
    expect(text('one.ndjson')).not.toBe(text('other.ndjson'))
    expect(written.events).toBeGreaterThan(4_500)
    expect(written.events).toBeLessThan(5_500)
    const { info } = await inspectMarketFile(join(cwd, 'one.ndjson'), {}, noWait)
    expect(info).toMatchObject({
      format: 'ndjson',
      events: written.events,
      symbolCount: 8,
      gaps: 0,
      duplicates: 0,
      ...decimals,
    })
    expect(info.unknown.total).toBe(0)
    expect(info.spanNs).toBeLessThan(5e9)
    expect(info.crossedShare).toBeLessThan(crossedMax)
  },
)
