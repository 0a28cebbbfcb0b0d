import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import type { Tick } from '../model/messages.js'
import { orthogonalMethods } from '../quant/orthogonalise.js'
import { CrossSection, type CrossSectionOptions } from './core.js'

const desk: CrossSectionOptions = { assets: 60, signals: 6, lookback: 252, method: 'qr' }

test('a symbol is scored once more symbols than signals have two quotes', () => {
  const crossSection = new CrossSection(desk)
  const states: string[] = []
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 8; index += 1) states.push(crossSection.update(quote(index, 100 + index + round)).state)
  }
  expect(states).toEqual([...Array(14).fill('warmingUp'), 'ready', 'ready'])
})

test('symbols beyond the cross-section are passed on with alpha 0', () => {
  const crossSection = new CrossSection({ ...desk, assets: 7 })
  for (const tick of walk(3, 500, 7)) crossSection.update(tick)
  expect(crossSection.update(quote(99, 100))).toEqual({ alpha: 0, state: 'overflow' })
  expect(crossSection.update(quote(0, 100)).state).toBe('ready')
})

test.each(orthogonalMethods.map((method) => ({ method })))(
  'alphas of $method are finite, balanced and of unit size',
  ({ method }) => {
    const crossSection = new CrossSection({ ...desk, method })
    const alphas: number[] = []
    for (const tick of walk(5, 12_000, 60)) {
      const { alpha, state } = crossSection.update(tick)
      if (state === 'ready') alphas.push(alpha)
    }
    expect(alphas.length).toBeGreaterThan(11_000)
    expect(alphas.every(Number.isFinite)).toBe(true)
    const mean = alphas.reduce((sum, alpha) => sum + alpha, 0) / alphas.length
    const square = alphas.reduce((sum, alpha) => sum + alpha * alpha, 0) / alphas.length
    expect(Math.abs(mean)).toBeLessThan(0.2)
    expect(square).toBeGreaterThan(0.5)
    expect(square).toBeLessThan(2)
  },
)

test('the same ticks give the same alphas, and one-sided or crossed quotes change none', () => {
  const plain = new CrossSection(desk)
  const disturbed = new CrossSection(desk)
  for (const tick of walk(7, 3_000, 20)) {
    const expected = plain.update(tick)
    disturbed.update({ ...tick, ask: 0, askQty: 0 })
    disturbed.update({ ...tick, bid: tick.ask + 5, crossed: true })
    expect(disturbed.update(tick)).toEqual(expected)
  }
})

test('prices that never move give alpha 0 or a finite one, not a division by zero', () => {
  const crossSection = new CrossSection(desk)
  for (let round = 0; round < 5; round += 1) {
    for (let index = 0; index < 20; index += 1) {
      expect(Number.isFinite(crossSection.update(quote(index, 1_000)).alpha)).toBe(true)
    }
  }
})

test('a buy-heavy book raises the alpha of its symbol', () => {
  const crossSection = new CrossSection({ ...desk, signals: 6, method: 'symmetric' })
  for (const tick of walk(9, 6_000, 60)) crossSection.update(tick)
  const base = { symbol: 'S3', bid: 10_000, ask: 10_002, crossed: false }
  const sold = crossSection.update({ ...base, bidQty: 1, askQty: 99 }).alpha
  const bought = crossSection.update({ ...base, bidQty: 99, askQty: 1 }).alpha
  expect(bought).toBeGreaterThan(sold)
})

function quote(index: number, middle: number): Tick {
  const bidQty = 10 + ((index * 7) % 13)
  return { symbol: `S${index}`, bid: middle * 10 - 1, bidQty, ask: middle * 10 + 1, askQty: 15, crossed: false }
}

/** Random walks of several symbols, one tick at a time. */
function walk(seed: number, count: number, symbols: number): Tick[] {
  const random = new Random(seed)
  const middles = Array.from({ length: symbols }, () => 10_000)
  return Array.from({ length: count }, () => {
    const index = random.below(symbols)
    const middle = Math.max(100, (middles[index] ?? 0) + Math.round(random.normal() * 3))
    middles[index] = middle
    const spread = 1 + random.below(3)
    const [bidQty, askQty] = [1 + random.below(200), 1 + random.below(200)]
    return { symbol: `S${index}`, bid: middle, bidQty, ask: middle + spread, askQty, crossed: false }
  })
}
