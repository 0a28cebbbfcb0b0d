import { assert } from '../../core/assert.js'
import { constantSeries, type SeriesShape } from './correlation.js'
import { invalidSample } from './invalid-sample.js'
import type { Correlation, Orthogonaliser, TailSelection } from './kernels.js'
import { type OrthogonalMethod, orthogonalMethods, type Shape } from './orthogonalise.js'
import { WasmMemory } from './wasm-memory.js'

// The kernels of `kernels.ts` in WebAssembly. Hot path: no allocation; guarded by the component cases of this folder.

const probeCount = 256

export class WasmTailSelection implements TailSelection {
  readonly backend = 'wasm'
  readonly values: Float64Array
  readonly tail: Float64Array
  readonly #memory: WasmMemory
  readonly #probe: number

  constructor(valuesMax: number) {
    this.#memory = new WasmMemory({ values: 2 * valuesMax + 1 + probeCount, parts: 3 })
    this.values = this.#memory.float64(valuesMax)
    // The kernel stores a value before it knows whether it is one of the tail.
    this.tail = this.#memory.float64(valuesMax + 1)
    this.#probe = this.#memory.float64(probeCount).byteOffset
  }

  selectSmallest(values: Float64Array, count: number): void {
    assert(count >= 1 && count <= values.length, 'no more values are selected than there are')
    assert(values.length <= this.values.length, 'the workspace is large enough')
    const from = this.#memory.placeOf(values, this.values, values.length)
    const { tail } = this
    const left = this.#memory.functions.selectSmallest(from, values.length, count, tail.byteOffset, this.#probe)
    if (left < 0) throw invalidSample(values)
    // An order that defeats the choice of pivots.
    if (left > 0) tail.subarray(0, left).sort()
  }
}

export class WasmCorrelation implements Correlation {
  readonly backend = 'wasm'
  readonly values: Float64Array
  readonly matrix: Float64Array
  readonly #memory: WasmMemory
  readonly #panels: number
  readonly #observationsMax: number

  constructor({ series, observations }: SeriesShape) {
    const size = series * observations
    const panelsSize = Math.ceil(series / 4) * 4 * observations
    this.#memory = new WasmMemory({ values: size + panelsSize + series * series, parts: 3 })
    this.values = this.#memory.float64(size)
    this.matrix = this.#memory.float64(series * series)
    this.#panels = this.#memory.float64(panelsSize).byteOffset
    this.#observationsMax = observations
  }

  correlate(values: Float64Array, out: Float64Array, { series, observations }: SeriesShape): void {
    assert(series >= 1 && observations >= 2, 'a correlation has series of at least two observations')
    assert(series ** 2 <= this.matrix.length && observations <= this.#observationsMax, 'the workspace is large enough')
    const [size, matrixSize] = [series * observations, series * series]
    assert(values.length >= size && out.length >= matrixSize, 'the matrices have their stated shape')
    const from = this.#memory.placeOf(values, this.values, size)
    const { matrix } = this
    const refused = this.#memory.functions.correlate(from, series, observations, this.#panels, matrix.byteOffset)
    if (refused >= 0) {
      const index = refused >> 1
      if (refused % 2 === 1) throw constantSeries(index)
      throw invalidSample(values.slice(index * observations, (index + 1) * observations), `series ${index}`)
    }
    this.#memory.copyTo(out, matrix, matrixSize)
  }
}

export class WasmOrthogonaliser implements Orthogonaliser {
  readonly backend = 'wasm'
  readonly signals: Float64Array
  readonly #memory: WasmMemory
  readonly #work: number
  readonly #max: Shape

  constructor({ rows, columns }: Shape) {
    assert(columns >= 1 && rows > columns, 'a cross-section has more assets than signals')
    const size = rows * columns
    const workSize = 2 * (rows + 1) * columns + 4 * columns * columns
    this.#memory = new WasmMemory({ values: size + workSize, parts: 2 })
    this.signals = this.#memory.float64(size)
    this.#work = this.#memory.float64(workSize).byteOffset
    this.#max = { rows, columns }
  }

  orthogonalise(method: OrthogonalMethod, x: Float64Array, out: Float64Array, { rows, columns }: Shape): number {
    assert(rows > columns, 'a cross-section has more assets than signals')
    assert(rows <= this.#max.rows && columns <= this.#max.columns, 'the workspace is large enough')
    const size = rows * columns
    assert(x.length >= size && out.length >= size, 'the matrix has its stated shape')
    const { signals } = this
    const from = this.#memory.placeOf(x, signals, size)
    const index = orthogonalMethods.indexOf(method)
    const rank = this.#memory.functions.orthogonalise(index, from, signals.byteOffset, rows, columns, this.#work)
    assert(rank >= 0, 'every signal is a finite number')
    this.#memory.copyTo(out, signals, size)
    return rank
  }
}
