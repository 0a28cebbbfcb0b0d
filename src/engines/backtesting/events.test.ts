import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventLine, headLine } from '../model/event-lines.js'
import { marketEventWith } from '../model/message-fixture.js'
import { eventsOf } from './events.js'
import { backtestRequest } from './request.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nautilus-events-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  { name: 'more decimals than are kept', qtyDecimals: 8, source: {}, expected: [1, 150, 0] },
  { name: 'more decimals are kept', qtyDecimals: 8, source: { qtyDecimalsMax: 6 }, expected: [1, 150_000, 0] },
  { name: 'fewer decimals than are kept', qtyDecimals: 0, source: {}, expected: [7, 15_000_000, 0] },
  { name: 'no head', qtyDecimals: null, source: {}, expected: [7, 15_000_000, 0] },
])('quantities of a file come in lots of its decimals, or of those that are kept: $name', async (given) => {
  const { qtyDecimals, source, expected } = given
  const facts = { priceDecimals: 2, clock: 'relative', originMs: 0 } as const
  const head = qtyDecimals === null ? '' : headLine({ ...facts, qtyDecimals })
  const lines = [7, 15_000_000, 0].map((qty, orderId) => eventLine(marketEventWith({ orderId, qty }), orderId))
  await writeFile(join(folder, 'events.ndjson'), head + lines.join(''))
  const request = backtestRequest.parse({ source: { kind: 'file', file: 'events.ndjson', ...source } })
  const quantities: number[] = []
  for await (const { event } of eventsOf(request, folder)) quantities.push(event.qty)
  expect(quantities).toEqual(expected)
})
