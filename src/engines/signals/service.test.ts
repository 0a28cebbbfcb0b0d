import { expect, test } from 'vitest'
import { harness } from '../kit/harness.js'
import type { Tick } from '../model/messages.js'
import { signalsEngine } from './service.js'

test('every tick leaves as one signal that carries its quote', () => {
  const bench = harness(signalsEngine, { assets: 7, signals: 2 })
  for (let round = 0; round < 4; round += 1) {
    for (let index = 0; index < 8; index += 1) bench.feed('tick', tickOf(index, round))
  }
  expect(bench.emitted).toHaveLength(32)
  expect(bench.emitted.map(({ seq }) => seq)).toEqual(Array.from({ length: 32 }, (_, seq) => seq))
  expect(bench.emitted[0]?.body).toEqual({ symbol: 'S0', alpha: 0, ready: false, bid: 999, ask: 1001, crossed: false })
  expect(bench.emitted[30]?.body).toMatchObject({ symbol: 'S6', ready: true, alpha: expect.any(Number) })
  expect(bench.counters).toEqual({ warmingUp: 9, overflow: 4 })
  expect(bench.engine.status?.()).toEqual({ symbols: 7, method: 'qr' })
})

function tickOf(index: number, round: number): Tick {
  const middle = 1_000 + ((index * 31 + round * round * 17) % 23) * Number(round > 0)
  return { symbol: `S${index}`, bid: middle - 1, bidQty: 5 + index, ask: middle + 1, askQty: 9, crossed: false }
}
