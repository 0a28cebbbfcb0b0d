import { correlationMatrix, createCorrelationWorkspace, type SeriesShape } from './correlation.js'
import { type Backend, backendFor } from './kernel-backends.js'
import { TypeScriptDrawing, WasmDrawing } from './normal-drawing.js'
import { NormalStreams } from './normal-streams.js'
import { createWorkspace, type OrthogonalMethod, orthogonalise, type Shape } from './orthogonalise.js'
import { createTailWorkspace, selectSmallest } from './tail-selection.js'
import { WasmCorrelation, WasmOrthogonaliser, WasmTailSelection } from './wasm-kernels.js'

// Kernels whoever computes them. Each owns its buffers, made once for the largest size and used by every call: not for two callers at
// once. What lies in the buffers that a kernel shows is computed where it lies, anything else is copied there first.

/** Selects the smallest values of samples. */
export type TailSelection = {
  readonly backend: Backend
  /** A buffer for the sample. */
  readonly values: Float64Array
  /** What was selected last. */
  readonly tail: Float64Array
  /** Leaves the `count` smallest values in the first places of `tail`, the largest of them last. Throws where one is not finite. */
  readonly selectSmallest: (values: Float64Array, count: number) => void
}

/** Correlation matrices of at most the series and observations that it was made for. */
export type Correlation = {
  readonly backend: Backend
  /** A buffer for the series, one after another. */
  readonly values: Float64Array
  /** A buffer for the matrix. */
  readonly matrix: Float64Array
  /** Writes the matrix, `series` x `series`, to `out`. Throws where a series is constant or not finite. */
  readonly correlate: (values: Float64Array, out: Float64Array, shape: SeriesShape) => void
}

/** Orthogonalises the signals of one date; the methods are told in `orthogonalise.ts`. */
export type Orthogonaliser = {
  readonly backend: Backend
  /** A buffer for the signals, column-major; may be the result's too. */
  readonly signals: Float64Array
  /** Writes to `out`, which may be `x`, and returns the rank. `x` is used up: what it holds then depends on the backend. */
  readonly orthogonalise: (method: OrthogonalMethod, x: Float64Array, out: Float64Array, shape: Shape) => number
}

export function createTailSelection(valuesMax: number, asked?: Backend): TailSelection {
  if (backendFor('tail-selection', valuesMax, asked) === 'wasm') return new WasmTailSelection(valuesMax)
  const workspace = createTailWorkspace(valuesMax)
  return {
    backend: 'typescript',
    values: new Float64Array(valuesMax),
    tail: workspace.tail,
    selectSmallest: (values, count) => selectSmallest(workspace, values, count),
  }
}

export function createCorrelation({ series, observations }: SeriesShape, asked?: Backend): Correlation {
  if (backendFor('correlation', series * observations, asked) === 'wasm') {
    return new WasmCorrelation({ series, observations })
  }
  const workspace = createCorrelationWorkspace(series, observations)
  return {
    backend: 'typescript',
    values: new Float64Array(series * observations),
    matrix: new Float64Array(series * series),
    correlate: (values, out, shape) => correlationMatrix(workspace, values, out, shape),
  }
}

export function createOrthogonaliser({ rows, columns }: Shape, asked?: Backend): Orthogonaliser {
  if (backendFor('orthogonalise', rows * columns, asked) === 'wasm') return new WasmOrthogonaliser({ rows, columns })
  const workspace = createWorkspace(rows, columns)
  return {
    backend: 'typescript',
    signals: new Float64Array(rows * columns),
    orthogonalise: (method, x, out, shape) => orthogonalise(workspace, method, x, out, shape),
  }
}

/** The normals of a seed, drawn some `valuesMax` at a time. */
export const createNormalStreams = (seed: number, valuesMax: number, asked?: Backend): NormalStreams =>
  new NormalStreams(
    seed,
    backendFor('normals', valuesMax, asked) === 'wasm' ? new WasmDrawing() : new TypeScriptDrawing(),
  )
