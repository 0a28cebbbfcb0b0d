import { present } from '../../core/assert.js'
import type { ComponentCase, PreparedCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import type { Tick } from '../model/messages.js'
import { at, centreColumns, dot, standardiseColumns } from '../quant/columns.js'
import type { Backend } from '../quant/kernel-backends.js'
import { createOrthogonaliser } from '../quant/kernels.js'
import type { OrthogonalMethod } from '../quant/orthogonalise.js'
import { signalsConfig } from './config.js'
import { CrossSection } from './core.js'

const seed = 20_261_120
const assets = 60
const signals = 6
const dates = 252
const size = assets * signals

/** AL11: what the engine does with one tick: features, z-scores, orthogonalisation, alpha. */
export const signalsUpdate: ComponentCase = {
  name: 'signals.update',
  description: 'Take in one tick and score its symbol among 60 symbols and 6 signals.',
  variants: { qr: () => updates('qr'), symmetric: () => updates('symmetric'), residual: () => updates('residual') },
}

function updates(method: OrthogonalMethod): PreparedCase {
  const section = new CrossSection(signalsConfig.parse({ method }))
  const random = Random.stream(seed, 'ticks')
  const ticks = Array.from({ length: 100 * assets }, (_, index): Tick => {
    const bid = 10_000 + Math.round(random.normal() * 5)
    const [bidQty, askQty] = [1 + random.below(200), 1 + random.below(200)]
    return { symbol: `S${index % assets}`, bid, bidQty, ask: bid + 1 + random.below(3), askQty, crossed: false }
  })
  let next = 0
  const call = () => {
    const tick = present(ticks[next % ticks.length], 'ticks were drawn')
    next += 1
    return section.update(tick)
  }
  // Each symbol has a row of values from its second quote on.
  for (let index = 0; index < 2 * assets; index += 1) call()
  return { call }
}

/**
 * AL8: each signal less its least-squares fit on the five others, over 252 dates. Before: a fit for each column by the normal
 * equations, as a textbook writes it. After: one factorisation a date gives all of them.
 */
export const signalsOrthogonalise: ComponentCase = {
  name: 'signals.orthogonalise',
  description: 'Leave-one-out residuals of 6 signals on 60 assets, for 252 dates.',
  variants: {
    'factorised-wasm': () => panels(factorised('wasm')),
    'factorised-typescript': () => panels(factorised('typescript')),
    'least-squares': () => panels(leastSquares()),
  },
}

/** AL8: z-scores of 6 signals on 60 assets, for 252 dates. */
export const signalsZScore: ComponentCase = {
  name: 'signals.z-score',
  description:
    'Standard scores of 6 signals on 60 assets, for 252 dates: on columns of one array, or on arrays of rows.',
  variants: {
    columns: () =>
      panels((x) => {
        centreColumns(x, assets, signals)
        standardiseColumns(x, assets, signals)
      }),
    rows: () => {
      const days = Array.from(panel(), rowsOf)
      return { call: () => days.map(rowScores) }
    },
  },
}

/** Runs `work` on a copy of each date, in one buffer. */
function panels(work: (x: Float64Array) => void): PreparedCase {
  const days = panel()
  const x = new Float64Array(size)
  return {
    call: () => {
      for (const day of days) {
        x.set(day)
        work(x)
      }
      return x
    },
  }
}

/** Signals that share a part, so that there is something to take out. */
function panel(): Float64Array[] {
  const random = Random.stream(seed, 'panel')
  return Array.from({ length: dates }, () => {
    const shared = Array.from({ length: assets }, () => random.normal())
    return Float64Array.from({ length: size }, (_, index) => random.normal() + 0.5 * (shared[index % assets] ?? 0))
  })
}

export function factorised(backend: Backend): (x: Float64Array) => void {
  const shape = { rows: assets, columns: signals }
  const orthogonaliser = createOrthogonaliser(shape, backend)
  return (x) => void orthogonaliser.orthogonalise('residual', x, x, shape)
}

export function leastSquares(): (x: Float64Array) => void {
  const residuals = new Float64Array(size)
  return (x) => {
    centreColumns(x, assets, signals)
    for (let column = 0; column < signals; column += 1) {
      const others = Array.from({ length: signals }, (_, index) => index).filter((index) => index !== column)
      const inner = (a: number, b: number): number => dot(x, a * assets, x, b * assets, assets)
      const matrix = others.map((row) => [...others.map((other) => inner(row, other)), inner(row, column)])
      const fit = solve(matrix)
      for (let row = 0; row < assets; row += 1) {
        const fitted = others.reduce((sum, other, index) => sum + (fit[index] ?? 0) * at(x, other * assets + row), 0)
        residuals[column * assets + row] = at(x, column * assets + row) - fitted
      }
    }
    x.set(residuals)
  }
}

/** Gaussian elimination with pivots on rows that end with their right side. */
function solve(rows: number[][]): number[] {
  const count = rows.length
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let column = 0; column < count; column += 1) {
    let pivot = column
    for (let row = column + 1; row < count; row += 1) {
      if (Math.abs(cell(row, column)) > Math.abs(cell(pivot, column))) pivot = row
    }
    const [upper, chosen] = [present(rows[column], 'a row'), present(rows[pivot], 'a row')]
    rows[pivot] = upper
    rows[column] = chosen
    for (let row = column + 1; row < count; row += 1) {
      const factor = cell(row, column) / cell(column, column)
      rows[row] = present(rows[row], 'a row').map((value, index) => value - factor * cell(column, index))
    }
  }
  const solution = new Array<number>(count).fill(0)
  for (let row = count - 1; row >= 0; row -= 1) {
    let rest = cell(row, count)
    for (let column = row + 1; column < count; column += 1) rest -= cell(row, column) * (solution[column] ?? 0)
    solution[row] = rest / cell(row, row)
  }
  return solution
}

const rowsOf = (day: Float64Array): number[][] =>
  Array.from({ length: assets }, (_, row) =>
    Array.from({ length: signals }, (_, column) => day[column * assets + row] ?? 0),
  )

function rowScores(rows: readonly (readonly number[])[]): number[][] {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const columns = Array.from({ length: signals }, (_, column) => rows.map((row) => row[column] ?? 0))
  const means = columns.map(mean)
  const deviations = columns.map((values, column) => {
    const square = values.reduce((sum, value) => sum + (value - (means[column] ?? 0)) ** 2, 0)
    return Math.sqrt(square / (values.length - 1))
  })
  return rows.map((row) => row.map((value, column) => (value - (means[column] ?? 0)) / (deviations[column] ?? 1)))
}
