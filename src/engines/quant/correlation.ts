import { assert } from '../../core/assert.js'
import { NautilusError } from '../../core/errors.js'
import { invalidSample } from './invalid-sample.js'

// Pearson's correlation of every pair of series. Each series is centred and scaled to length one once; a correlation is then an
// inner product. Two series lie interleaved in a panel, and two panels are multiplied at once: each value that is read serves two
// products. Larger blocks (3 x 3, 4 x 4) need more sums than V8 keeps in registers, and were slower.

const panelSeries = 2

/** Buffers for at most `seriesMax` series of at most `observationsMax` values; made once, used by every call. */
type CorrelationWorkspace = {
  readonly seriesMax: number
  readonly observationsMax: number
  readonly panels: Float64Array
  readonly block: Float64Array
}

export function createCorrelationWorkspace(seriesMax: number, observationsMax: number): CorrelationWorkspace {
  const panelCount = Math.ceil(seriesMax / panelSeries)
  return {
    seriesMax,
    observationsMax,
    panels: new Float64Array(panelCount * panelSeries * observationsMax),
    block: new Float64Array(panelSeries * panelSeries),
  }
}

export type SeriesShape = { readonly series: number; readonly observations: number }

/**
 * Writes the correlation matrix, `series` x `series`, to `out`: symmetric to the last bit, ones on the diagonal, positive
 * semidefinite but for rounding. `values` holds one series after another. Throws where a series is constant or not finite.
 * Hot path: no allocation; guarded by the component case `correlation.matrix`.
 */
export function correlationMatrix(
  workspace: CorrelationWorkspace,
  values: Float64Array,
  out: Float64Array,
  { series, observations }: SeriesShape,
): void {
  assert(series >= 1 && observations >= 2, 'a correlation has series of at least two observations')
  assert(series <= workspace.seriesMax && observations <= workspace.observationsMax, 'the workspace is large enough')
  assert(
    values.length >= series * observations && out.length >= series * series,
    'the matrices have their stated shape',
  )
  const { panels, block } = workspace
  const panelCount = Math.ceil(series / panelSeries)
  const panelLength = panelSeries * observations
  // The last panel may have room for series that are not there.
  panels.fill(0, (panelCount - 1) * panelLength, panelCount * panelLength)
  for (let index = 0; index < series; index += 1) standardise(panels, values, index, observations)
  for (let row = 0; row < panelCount; row += 1) {
    for (let column = row; column < panelCount; column += 1) {
      multiply(panels, row * panelLength, column * panelLength, panelLength, block)
      store(block, out, series, row * panelSeries, column * panelSeries)
    }
  }
}

/** Centres a series, scales it to length one and puts it in its place of its panel. */
function standardise(panels: Float64Array, values: Float64Array, index: number, observations: number): void {
  const from = index * observations
  let sum = 0
  for (let time = 0; time < observations; time += 1) sum += values[from + time] as number
  const mean = sum / observations
  let square = 0
  let largest = 0
  for (let time = 0; time < observations; time += 1) {
    const centred = (values[from + time] as number) - mean
    square += centred * centred
    largest = Math.max(largest, Math.abs(centred))
  }
  if (!Number.isFinite(square)) throw invalidSample(values.slice(from, from + observations), `series ${index}`)
  if (square === 0 || largest <= observations * Number.EPSILON * Math.abs(mean)) throw constantSeries(index)
  const scale = 1 / Math.sqrt(square)
  let place = Math.floor(index / panelSeries) * panelSeries * observations + (index % panelSeries)
  for (let time = 0; time < observations; time += 1) {
    panels[place] = ((values[from + time] as number) - mean) * scale
    place += panelSeries
  }
}

/** The products of both series of the left panel with both of the right one. */
function multiply(
  panels: Float64Array,
  leftFrom: number,
  rightFrom: number,
  length: number,
  block: Float64Array,
): void {
  let a0 = 0
  let a1 = 0
  let b0 = 0
  let b1 = 0
  const end = leftFrom + length
  let right = rightFrom
  for (let left = leftFrom; left < end; left += panelSeries) {
    const a = panels[left] as number
    const b = panels[left + 1] as number
    const x = panels[right] as number
    const y = panels[right + 1] as number
    right += panelSeries
    a0 += a * x
    a1 += a * y
    b0 += b * x
    b1 += b * y
  }
  block[0] = a0
  block[1] = a1
  block[2] = b0
  block[3] = b1
}

/** Puts a block in the upper half of the matrix, and its mirror image in the lower. */
function store(block: Float64Array, out: Float64Array, series: number, rowFrom: number, columnFrom: number): void {
  const rows = Math.min(panelSeries, series - rowFrom)
  const columns = Math.min(panelSeries, series - columnFrom)
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const i = rowFrom + row
      const j = columnFrom + column
      if (i > j) continue
      // Rounding may carry a series that copies another past one.
      const value = i === j ? 1 : Math.max(-1, Math.min(1, block[row * panelSeries + column] as number))
      out[i * series + j] = value
      out[j * series + i] = value
    }
  }
}

export const constantSeries = (index: number): NautilusError =>
  new NautilusError('SOURCE_INVALID', `series ${index} is constant, and has no correlation with another`, {
    hint: 'Leave it out, or take a longer span.',
  })
