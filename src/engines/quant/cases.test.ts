import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { correlateByPairs, monteCarloPaths, varHistorical } from './cases.js'
import { correlationMatrix, createCorrelationWorkspace } from './correlation.js'

test('selecting and sorting give the same value at risk and shortfall', async () => {
  const { select, sort } = varHistorical.variants
  const bySelection = (await select?.())?.call() as Record<string, unknown>
  const bySorting = (await sort?.())?.call() as Record<string, unknown>
  expect(bySelection).toMatchObject({ convention: 'acerbi-tasche', valueAtRisk: bySorting['valueAtRisk'] })
  expect(bySelection['expectedShortfall']).toBeCloseTo(Number(bySorting['expectedShortfall']), 14)
  expect(bySelection['valueAtRisk']).toBeCloseTo(0.0165, 3)
})

test('both ways to a correlation matrix give the same one', () => {
  const random = new Random(9)
  const values = Float64Array.from({ length: 25_200 }, () => random.normal())
  const [blocked, pairwise] = [new Float64Array(10_000), new Float64Array(10_000)]
  correlationMatrix(createCorrelationWorkspace(100, 252), values, blocked, { series: 100, observations: 252 })
  correlateByPairs(values, pairwise)
  blocked.forEach((correlation, index) => {
    expect(Math.abs(correlation - (pairwise[index] ?? Number.NaN))).toBeLessThan(1e-13)
  })
})

test('every call of the simulation is of the same paths', async () => {
  for (const prepare of Object.values(monteCarloPaths.variants)) {
    const prepared = await prepare()
    const first = prepared.call()
    expect(first).toBeGreaterThan(-1)
    expect(prepared.call()).toBe(first)
  }
})
