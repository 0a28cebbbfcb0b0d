import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { at, dot } from './columns.js'
import { backends } from './kernel-backends.js'
import { createCorrelation, createOrthogonaliser, createTailSelection } from './kernels.js'
import { sampleMoments } from './moments.js'
import { gaussianRisk } from './parametric-var.js'
import { historicalRisk } from './var.js'

// On 1,258 real daily closes of 282 names of the S&P 500 (2003 to 2007). Expected values are those of numpy 2.4 and scipy 1.17.

const dataFolder = process.env['NAUTILUS_TEST_DATA']
const skipped = dataFolder === undefined ? ' (skipped: NAUTILUS_TEST_DATA is unset)' : ''

type Closes = { readonly names: readonly string[]; readonly of: (name: string) => Float64Array }

function readCloses(folder: string): Closes {
  const [head = '', ...rows] = gunzipSync(readFileSync(join(folder, 'sp500-close.csv.gz')))
    .toString()
    .trim()
    .split('\n')
  const columns = head.split(',').map((name) => name.replaceAll('"', ''))
  const cells = rows.map((row) => row.split(',').map(Number))
  const names = readFileSync(join(folder, 'sp500-clean-tickers.txt'), 'utf8').trim().split(/\s+/)
  return {
    names,
    of: (name) => Float64Array.from(cells, (row) => row[columns.indexOf(name)] ?? Number.NaN),
  }
}

const changes = (closes: Float64Array, days = 1): Float64Array =>
  Float64Array.from(closes.subarray(days), (close, index) => close / at(closes, index) - 1)

test.skipIf(dataFolder === undefined)(
  `risk of the equally weighted names is that of numpy in every convention${skipped}`,
  () => {
    const closes = readCloses(dataFolder ?? '')
    const series = closes.names.map((name) => changes(closes.of(name)))
    expect([series.length, series[0]?.length]).toEqual([282, 1_257])
    const returns = Float64Array.from({ length: 1_257 }, (_, day) => {
      return series.reduce((sum, values) => sum + at(values, day), 0) / series.length
    })
    const expected = [
      { confidence: 0.95, linear: [0.013566283628, 0.019158186811], acerbi: [0.013788731677, 0.01917100174] },
      { confidence: 0.99, linear: [0.022499747223, 0.028020948521], acerbi: [0.023473473686, 0.028176510508] },
    ]
    for (const backend of backends) {
      const selection = createTailSelection(1_257, backend)
      for (const { confidence, linear, acerbi } of expected) {
        const figures = (convention: 'linear' | 'acerbi-tasche') =>
          historicalRisk(selection, returns, { confidence, convention })
        expect(figures('linear').backend).toBe(backend)
        expect(figures('linear').valueAtRisk).toBeCloseTo(present(linear[0], 'given'), 11)
        expect(figures('linear').expectedShortfall).toBeCloseTo(present(linear[1], 'given'), 11)
        expect(figures('acerbi-tasche').valueAtRisk).toBeCloseTo(present(acerbi[0], 'given'), 11)
        expect(figures('acerbi-tasche').expectedShortfall).toBeCloseTo(present(acerbi[1], 'given'), 11)
      }
      // Coherent: the shortfall of a sum is at most the sum of the shortfalls.
      const shortfall = (values: Float64Array) =>
        historicalRisk(selection, values, { confidence: 0.95 }).expectedShortfall
      const sum = series.reduce((total, values) => total + shortfall(values) / series.length, 0)
      expect(shortfall(returns)).toBeLessThan(sum)
    }
    const moments = sampleMoments(returns)
    expect(moments.mean).toBeCloseTo(0.000583319927, 11)
    expect(moments.deviation).toBeCloseTo(0.008633683629, 11)
    expect(gaussianRisk(moments, 0.95).valueAtRisk).toBeCloseTo(0.013617825904, 11)
    expect(gaussianRisk(moments, 0.99).expectedShortfall).toBeCloseTo(0.022427296455, 11)
  },
)

test.skipIf(dataFolder === undefined)(`the correlations of 282 names are those of numpy${skipped}`, () => {
  const closes = readCloses(dataFolder ?? '')
  const { names } = closes
  const shape = { series: names.length, observations: 1_257 }
  const values = Float64Array.from(names.flatMap((name) => [...changes(closes.of(name))]))
  for (const backend of backends) {
    const kernel = createCorrelation(shape, backend)
    const matrix = new Float64Array(shape.series ** 2)
    kernel.correlate(values, matrix, shape)
    const between = (one: string, other: string) => at(matrix, names.indexOf(one) * names.length + names.indexOf(other))
    expect(between('KO', 'PEP')).toBeCloseTo(0.4787149928, 10)
    expect(between('AVB', 'EQR')).toBeCloseTo(0.806651368855, 10)
    const pairs = matrix.filter((_, index) => index % names.length > Math.floor(index / names.length))
    expect(pairs.reduce((sum, value) => sum + value, 0) / pairs.length).toBeCloseTo(0.278195839887, 10)
    expect([pairs.reduce((a, b) => Math.max(a, b)), pairs.reduce((a, b) => Math.min(a, b))]).toEqual([
      expect.closeTo(0.806651368855, 10),
      expect.closeTo(0.00897574554, 10),
    ])
  }
})

test.skipIf(dataFolder === undefined)(
  `of six momentum signals of 60 names the old loop leaves correlations, the orthonormal forms none${skipped}`,
  () => {
    const closes = readCloses(dataFolder ?? '')
    const shape = { rows: 60, columns: 6 }
    const signals = Float64Array.from(
      [1, 5, 21, 63, 126, 252].flatMap((days) =>
        closes.names.slice(0, 60).map((name) => changes(closes.of(name), days).at(-1) ?? 0),
      ),
    )
    for (const backend of backends) {
      const kernel = createOrthogonaliser(shape, backend)
      const correlation = (method: 'qr' | 'symmetric' | 'residual'): number => {
        const out = new Float64Array(360)
        expect(kernel.orthogonalise(method, signals.slice(), out, shape)).toBe(6)
        let largest = 0
        for (let one = 1; one < 6; one += 1) {
          for (let other = 0; other < one; other += 1) {
            const norm = Math.sqrt(dot(out, one * 60, out, one * 60, 60) * dot(out, other * 60, out, other * 60, 60))
            largest = Math.max(largest, Math.abs(dot(out, one * 60, out, other * 60, 60)) / norm)
          }
        }
        return largest
      }
      expect(correlation('residual')).toBeCloseTo(0.7101457520730308, 9)
      expect(correlation('qr')).toBeLessThan(1e-12)
      expect(correlation('symmetric')).toBeLessThan(1e-12)
    }
  },
)
