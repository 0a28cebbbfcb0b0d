import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { dot } from '../quant/columns.js'
import { backends } from '../quant/kernel-backends.js'
import { factorised, leastSquares, signalsZScore } from './cases.js'

const assets = 60
const signals = 6

const panel = (seed: number): Float64Array => {
  const random = new Random(seed)
  return Float64Array.from({ length: assets * signals }, () => random.normal() + 0.3)
}

test.each(backends)('both ways to leave one signal out give the same residuals, on %s', (backend) => {
  for (const seed of [1, 2, 3]) {
    const [fast, plain] = [panel(seed), panel(seed)]
    factorised(backend)(fast)
    leastSquares()(plain)
    for (let index = 0; index < fast.length; index += 1) expect(fast[index]).toBeCloseTo(plain[index] ?? Number.NaN, 10)
  }
})

test('a residual has nothing left of the other signals', () => {
  const [x, residuals] = [panel(4), panel(4)]
  leastSquares()(residuals)
  for (let column = 0; column < signals; column += 1) {
    for (let other = 0; other < signals; other += 1) {
      if (other === column) continue
      expect(Math.abs(dot(residuals, column * assets, x, other * assets, assets))).toBeLessThan(1e-9)
    }
  }
})

test('both z-scores are the same figures, by columns and by rows', async () => {
  const { columns, rows } = signalsZScore.variants
  const byColumns = (await columns?.())?.call()
  const byRows = (await rows?.())?.call()
  // The columns keep the last date in their buffer; the rows give all of them.
  const last = (byRows as number[][][]).at(-1) ?? []
  const found = byColumns as Float64Array
  expect(last.length).toBe(assets)
  for (let row = 0; row < assets; row += 1) {
    for (let column = 0; column < signals; column += 1) {
      expect(found[column * assets + row]).toBeCloseTo(last[row]?.[column] ?? Number.NaN, 10)
    }
  }
})
