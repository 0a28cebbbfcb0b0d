import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { correlateByPairs, monteCarloPaths, varHistorical } from './cases.js'
import { createCorrelation } from './kernels.js'

test('selecting and sorting give the same value at risk and shortfall', async () => {
  const { wasm, typescript, sort } = varHistorical.variants
  const bySorting = (await sort?.())?.call() as Record<string, unknown>
  for (const select of [wasm, typescript]) {
    const bySelection = (await select?.())?.call() as Record<string, unknown>
    expect(bySelection).toMatchObject({ convention: 'acerbi-tasche', valueAtRisk: bySorting['valueAtRisk'] })
    expect(bySelection['expectedShortfall']).toBeCloseTo(Number(bySorting['expectedShortfall']), 14)
    expect(bySelection['valueAtRisk']).toBeCloseTo(0.0165, 3)
  }
})

test('both ways to a correlation matrix give the same one', () => {
  const random = new Random(9)
  const values = Float64Array.from({ length: 25_200 }, () => random.normal())
  const [blocked, pairwise] = [new Float64Array(10_000), new Float64Array(10_000)]
  createCorrelation({ series: 100, observations: 252 }).correlate(values, blocked, { series: 100, observations: 252 })
  correlateByPairs(values, pairwise)
  blocked.forEach((correlation, index) => {
    expect(Math.abs(correlation - (pairwise[index] ?? Number.NaN))).toBeLessThan(1e-13)
  })
})

test('every call of the simulation is of the same paths, on every backend and on threads', async () => {
  const last = new Map<string, number>()
  for (const [name, prepare] of Object.entries(monteCarloPaths.variants)) {
    const prepared = await prepare()
    const first = (await prepared.call()) as number
    expect(first).toBeGreaterThan(-1)
    expect(await prepared.call()).toBe(first)
    await prepared.close?.()
    const portfolio = name.replace(/-[a-z]+$/, '')
    expect(first).toBeCloseTo(last.get(portfolio) ?? first, 13)
    last.set(portfolio, first)
  }
  expect([...last.keys()]).toEqual(['asset', 'portfolio-10'])
})
