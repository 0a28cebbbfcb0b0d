// The kernels of `kernels.mjs`, each with its input in the buffers of each backend. A call returns the checksum of `kernels.c`.
import {
  createCorrelation,
  createNormalStreams,
  createOrthogonaliser,
  createTailSelection,
} from '../dist/engines/quant/kernels.js'
import { MonteCarlo } from '../dist/engines/quant/monte-carlo.js'
import { MonteCarloWorkers } from '../dist/engines/quant/monte-carlo-workers.js'
import { orthogonalMethods } from '../dist/engines/quant/orthogonalise.js'
import { historicalRisk } from '../dist/engines/quant/var.js'

const seed = 20_261_120
const paths = 100_000
const panel = { series: 100, observations: 252 }
const desk = { rows: 60, columns: 6 }
const dates = 252
export const tailCount = 500
/** A processor learns the branches of one sample by heart, so that there are many. */
export const samples = 32
export const sampleLength = 10_000
export const returns = drawn(100, samples * sampleLength).map((value) => 0.01 * value)

/** Idle, they do not keep the process. */
const workers = new MonteCarloWorkers(2)

export const kernels = [
  { name: 'var', title: 'value at risk and shortfall of 10,000', backends: both(valueAtRisk) },
  { name: 'normals', title: '100,000 normals', backends: both(normals) },
  { name: 'monte-carlo-1', title: 'Monte Carlo, 100,000 paths, one asset', backends: both(monteCarlo(1)) },
  {
    name: 'monte-carlo-10',
    title: 'Monte Carlo, 100,000 paths, ten assets',
    backends: { ...both(monteCarlo(10)), workers: onWorkers(10) },
  },
  { name: 'correlation', title: 'correlation of 100 series of 252', backends: both(correlation) },
  ...orthogonalMethods.map((method) => ({
    name: method,
    title: `orthogonalisation 60 x 6 on 252 dates, ${method}`,
    backends: both(orthogonalisation(method)),
  })),
]

function both(prepare) {
  return { typescript: prepare('typescript'), wasm: prepare('wasm') }
}

export function drawn(block, count) {
  const values = new Float64Array(count)
  createNormalStreams(seed, count, 'typescript').fill(block, values)
  return values
}

function valueAtRisk(backend) {
  const selection = createTailSelection(returns.length, backend)
  selection.values.set(returns)
  const parts = Array.from({ length: samples }, (_, index) =>
    selection.values.subarray(index * sampleLength, (index + 1) * sampleLength),
  )
  let next = 0
  return () => {
    const { valueAtRisk, expectedShortfall } = historicalRisk(selection, parts[next % samples], { confidence: 0.95 })
    next += 1
    return valueAtRisk + expectedShortfall
  }
}

function normals(backend) {
  const streams = createNormalStreams(seed, paths, backend)
  const out = new Float64Array(paths)
  return () => {
    streams.fill(1, out)
    return checksumOf(out)
  }
}

function monteCarlo(assets) {
  return (backend) => {
    const simulation = new MonteCarlo(portfolioOf(assets), seed, { backend })
    const out = new Float64Array(paths)
    return () => {
      simulation.simulate(out)
      return checksumOf(out)
    }
  }
}

function onWorkers(assets) {
  const portfolio = portfolioOf(assets)
  const out = new Float64Array(new SharedArrayBuffer(paths * Float64Array.BYTES_PER_ELEMENT))
  return async () => {
    await workers.simulate({ portfolio, seed, out }, AbortSignal.timeout(10_000))
    return checksumOf(out)
  }
}

export function portfolioOf(assets) {
  const column = (value) => new Float64Array(assets).fill(value)
  return {
    weights: column(1 / assets),
    driftsPerYear: column(0.05),
    volatilitiesPerYear: column(0.2),
    correlation: Float64Array.from({ length: assets ** 2 }, (_, index) => (index % (assets + 1) === 0 ? 1 : 0.3)),
    horizonYears: 1,
  }
}

function checksumOf(out) {
  return out[0] + out[out.length / 2] + out[out.length - 1]
}

function correlation(backend) {
  const kernel = createCorrelation(panel, backend)
  kernel.values.set(drawn(101, panel.series * panel.observations))
  return () => {
    kernel.correlate(kernel.values, kernel.matrix, panel)
    return kernel.matrix[1] + kernel.matrix[panel.series ** 2 - 2]
  }
}

function orthogonalisation(method) {
  return (backend) => {
    const kernel = createOrthogonaliser(desk, backend)
    const size = desk.rows * desk.columns
    const all = drawn(102, dates * size)
    const days = Array.from({ length: dates }, (_, date) => all.subarray(date * size, (date + 1) * size))
    const { signals } = kernel
    return () => {
      let sum = 0
      for (const day of days) {
        signals.set(day)
        kernel.orthogonalise(method, signals, signals, desk)
        sum += signals[size - 1]
      }
      return sum
    }
  }
}
