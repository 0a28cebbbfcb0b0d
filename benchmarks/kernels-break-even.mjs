// From which size on is WebAssembly faster? Prints the table of `src/engines/quant/break-even.ts`. Inputs lie outside of the kernels'
// buffers here, so that what is copied counts.
import {
  createCorrelation,
  createNormalStreams,
  createOrthogonaliser,
  createTailSelection,
} from '../dist/engines/quant/kernels.js'
import { MonteCarlo } from '../dist/engines/quant/monte-carlo.js'
import { drawn, portfolioOf } from './kernels-inputs.mjs'

const rounds = 9
const sampleNs = 1e6
const sizes = [8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192]

/** For each kernel a call on `size` values, prepared. */
const prepared = {
  'tail-selection': (size, backend) => {
    const values = drawn(1, size)
    const selection = createTailSelection(size, backend)
    return () => selection.selectSmallest(values, Math.ceil(size / 20))
  },
  normals: (size, backend) => {
    const out = new Float64Array(size)
    const streams = createNormalStreams(1, size, backend)
    return () => streams.fill(1, out)
  },
  'monte-carlo': (size, backend) => {
    const out = new Float64Array(size)
    const simulation = new MonteCarlo(portfolioOf(1), 1, { backend })
    return () => simulation.simulate(out)
  },
  correlation: (size, backend) => {
    const shape = { series: Math.round(Math.sqrt(size / 2)), observations: 2 * Math.round(Math.sqrt(size / 2)) }
    const values = drawn(1, shape.series * shape.observations)
    const out = new Float64Array(shape.series ** 2)
    const kernel = createCorrelation(shape, backend)
    return () => kernel.correlate(values, out, shape)
  },
  orthogonalise: (size, backend) => {
    const shape = { rows: Math.max(2, Math.round(size / 4)), columns: size < 16 ? 1 : 4 }
    if (shape.rows <= shape.columns) shape.rows = shape.columns + 1
    const values = drawn(1, shape.rows * shape.columns)
    const [x, out] = [new Float64Array(values.length), new Float64Array(values.length)]
    const kernel = createOrthogonaliser(shape, backend)
    return () => {
      x.set(values)
      kernel.orthogonalise('qr', x, out, shape)
    }
  },
}

export function measureBreakEven() {
  for (const [kernel, prepare] of Object.entries(prepared)) {
    const ratios = sizes.map((size) => ratioAt(prepare, size))
    const last = ratios.findLastIndex((ratio) => ratio >= 1)
    const from = last + 1 < sizes.length ? sizes[last + 1] : Number.POSITIVE_INFINITY
    const told = sizes.map((size, index) => `${size}: ${ratios[index].toFixed(2)}`).join('  ')
    console.log(`'${kernel}': ${from},  // WebAssembly over TypeScript by size: ${told}`)
  }
}

function ratioAt(prepare, size) {
  const calls = ['typescript', 'wasm'].map((backend) => prepare(size, backend))
  const counts = calls.map((call) => {
    for (let index = 0; index < 2_000; index += 1) call()
    return Math.max(1, Math.ceil(sampleNs / (timeOf(call, 200) / 200)))
  })
  const ratios = []
  for (let round = 0; round < rounds; round += 1) {
    const [typescript, wasm] = calls.map((call, index) => timeOf(call, counts[index]) / counts[index])
    ratios.push(wasm / typescript)
  }
  return ratios.toSorted((a, b) => a - b)[rounds >> 1]
}

function timeOf(call, count) {
  const from = process.hrtime.bigint()
  for (let index = 0; index < count; index += 1) call()
  return Number(process.hrtime.bigint() - from)
}
