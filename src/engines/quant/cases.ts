import { present } from '../../core/assert.js'
import type { ComponentCase, PreparedCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { BulkClassifier } from './bulk-classification.js'
import { type Commodity, type Contract, MarginModel } from './collateral.js'
import { at } from './columns.js'
import type { Backend } from './kernel-backends.js'
import { createCorrelation, createTailSelection } from './kernels.js'
import { MonteCarlo, type Portfolio } from './monte-carlo.js'
import { MonteCarloWorkers } from './monte-carlo-workers.js'
import { futureRiskArray, optionDelta, optionRiskArray } from './risk-array.js'
import { type HistoricalRisk, historicalRisk } from './var.js'
import { EnhancedVpin, Vpin } from './vpin.js'

const seed = 20_261_120
const confidence = 0.95

/** UP1: value at risk and expected shortfall of 10,000 returns. Before: the sample sorted, as a textbook writes it. */
export const varHistorical: ComponentCase = {
  name: 'var.historical',
  description: 'Value at risk and expected shortfall at 95 % of 10,000 returns.',
  variants: {
    wasm: () => riskBySelecting('wasm'),
    typescript: () => riskBySelecting('typescript'),
    sort: () => {
      const parts = samplesOf(drawnReturns(sampleCount * sampleLength))
      return cycled(sampleCount, (index) => riskBySorting(present(parts[index], 'a sample')))
    },
  },
}

const sampleLength = 10_000
/** A processor learns the branches of one sample by heart, so that there are many. */
const sampleCount = 32

const samplesOf = (returns: Float64Array): readonly Float64Array[] =>
  Array.from({ length: sampleCount }, (_, index) => returns.subarray(index * sampleLength, (index + 1) * sampleLength))

function riskBySelecting(backend: Backend): PreparedCase {
  const selection = createTailSelection(sampleCount * sampleLength, backend)
  selection.values.set(drawnReturns(sampleCount * sampleLength))
  const parts = samplesOf(selection.values)
  return cycled(sampleCount, (index) => historicalRisk(selection, present(parts[index], 'a sample'), { confidence }))
}

/** By the convention of Acerbi and Tasche, for a share of whole returns. */
function riskBySorting(returns: Float64Array): HistoricalRisk {
  const sorted = returns.slice().sort()
  const count = Math.round(returns.length * (1 - confidence))
  let sum = 0
  for (let index = 0; index < count; index += 1) sum += at(sorted, index)
  return {
    convention: 'acerbi-tasche',
    confidence,
    backend: 'typescript',
    valueAtRisk: -at(sorted, count - 1),
    expectedShortfall: -sum / count,
  }
}

/** UP1: Monte Carlo of 100,000 paths. */
export const monteCarloPaths: ComponentCase = {
  name: 'monte-carlo.paths-100k',
  description: 'Returns of 100,000 paths of geometric Brownian motion, of one asset or of ten correlated ones.',
  variants: {
    'asset-wasm': () => pathsOf(1, 'wasm'),
    'asset-typescript': () => pathsOf(1, 'typescript'),
    'portfolio-10-wasm': () => pathsOf(10, 'wasm'),
    'portfolio-10-typescript': () => pathsOf(10, 'typescript'),
    'portfolio-10-threads': () => pathsOnThreads(10),
  },
}

function pathsOf(assets: number, backend: Backend): PreparedCase {
  const simulation = new MonteCarlo(portfolioOf(assets), seed, { backend })
  const returns = new Float64Array(paths)
  return {
    call: () => {
      simulation.simulate(returns)
      return returns[returns.length - 1]
    },
  }
}

function pathsOnThreads(assets: number): PreparedCase {
  const workers = new MonteCarloWorkers()
  const portfolio = portfolioOf(assets)
  const out = new Float64Array(new SharedArrayBuffer(paths * Float64Array.BYTES_PER_ELEMENT))
  return {
    isAsync: true,
    call: async () => {
      await workers.simulate({ portfolio, seed, out }, AbortSignal.timeout(simulationMsMax))
      return out[out.length - 1]
    },
    close: () => workers.end(),
  }
}

const paths = 100_000
const simulationMsMax = 10_000

function portfolioOf(assets: number): Portfolio {
  const column = (value: number): Float64Array => new Float64Array(assets).fill(value)
  return {
    weights: column(1 / assets),
    driftsPerYear: column(0.05),
    volatilitiesPerYear: column(0.2),
    correlation: Float64Array.from({ length: assets ** 2 }, (_, index) => (index % (assets + 1) === 0 ? 1 : 0.3)),
    horizonYears: 1,
  }
}

/** UP1: the correlation matrix of 100 assets over 252 days. Before: each pair by the definition, with means taken once. */
export const correlationOfReturns: ComponentCase = {
  name: 'correlation.matrix',
  description: 'Correlation matrix of 100 series of 252 returns.',
  variants: {
    wasm: () => matrixOn('wasm'),
    typescript: () => matrixOn('typescript'),
    pairwise: () => {
      const { values, out } = panel()
      return matrixCase(out, () => correlateByPairs(values, out))
    },
  },
}

const shape = { series: 100, observations: 252 }

function matrixOn(backend: Backend): PreparedCase {
  const kernel = createCorrelation(shape, backend)
  kernel.values.set(drawnReturns(shape.series * shape.observations))
  return matrixCase(kernel.matrix, () => kernel.correlate(kernel.values, kernel.matrix, shape))
}

const panel = (): { readonly values: Float64Array; readonly out: Float64Array } => ({
  values: drawnReturns(shape.series * shape.observations),
  out: new Float64Array(shape.series ** 2),
})

const matrixCase = (out: Float64Array, compute: () => void): PreparedCase => ({
  call: () => {
    compute()
    return out[1]
  },
})

export function correlateByPairs(values: Float64Array, out: Float64Array): void {
  const { series, observations } = shape
  const centred = Array.from({ length: series }, (_, index) => {
    const own = values.subarray(index * observations, (index + 1) * observations)
    const mean = own.reduce((sum, value) => sum + value, 0) / observations
    return own.map((value) => value - mean)
  })
  const lengths = centred.map((own) => Math.hypot(...own))
  for (let row = 0; row < series; row += 1) {
    const left = present(centred[row], 'a series')
    for (let column = row; column < series; column += 1) {
      const right = present(centred[column], 'a series')
      let sum = 0
      for (let time = 0; time < observations; time += 1) {
        sum += (left[time] as number) * (right[time] as number)
      }
      const correlation = row === column ? 1 : sum / ((lengths[row] ?? 0) * (lengths[column] ?? 0))
      out[row * series + column] = correlation
      out[column * series + row] = correlation
    }
  }
}

/** MB3.vpin: what the engine does with one trade, or with one bar. */
export const vpinUpdate: ComponentCase = {
  name: 'vpin.update',
  description:
    'Take in a trade by its aggressor in three bucket sizes, or a bar classified in bulk, and read the figure.',
  variants: {
    trade: () => {
      const random = Random.stream(seed, 'trades')
      const volumes = Array.from({ length: 4_096 }, () => 1 + random.below(200))
      const sides = Array.from(volumes, () => (random.below(2) === 0 ? 'buy' : 'sell'))
      const vpin = new EnhancedVpin([1_000, 2_000, 5_000], { buckets: 50, historyMax: 1_000 })
      return cycled(volumes.length, (index) => {
        vpin.trade(volumes[index] ?? 0, sides[index] ?? 'buy')
        return vpin.sizes[0]?.value
      })
    },
    bar: () => {
      const moves = drawnReturns(4_096)
      const classifier = new BulkClassifier(50)
      const vpin = new Vpin({ bucketVolume: 1_000, buckets: 50, historyMax: 1_000 })
      return cycled(moves.length, (index) => {
        vpin.add(500, classifier.classify(100 + at(moves, index)) ?? 0.5)
        return vpin.value
      })
    },
  },
}

function cycled(count: number, call: (index: number) => unknown): PreparedCase {
  let next = 0
  return {
    call: () => {
      const index = next
      next = next + 1 === count ? 0 : next + 1
      return call(index)
    },
  }
}

/** MB3.collateral: what the engine does with one portfolio: 40 contracts in 4 commodities. */
export const collateralRequirement: ComponentCase = {
  name: 'collateral.requirement',
  description: 'Margin requirement of a portfolio of 40 futures and options in 4 commodities.',
  variants: {
    '': () => {
      const commodity: Commodity = { calendarCharge: 100, deliveryCharge: 50, shortOptionMin: 30 }
      const contracts = Array.from({ length: 40 }, (_, index) => contractOf(index))
      const spreads = [0, 2].map((first) => ({
        legs: [
          { commodity: first, deltas: 1 },
          { commodity: first + 1, deltas: -1 },
        ] as const,
        creditRate: 0.6,
      }))
      const model = new MarginModel({ commodities: [0, 1, 2, 3].map(() => commodity), contracts, spreads })
      const random = Random.stream(seed, 'portfolios')
      const portfolios = Array.from({ length: 64 }, () => Float64Array.from(contracts, () => random.below(41) - 20))
      return cycled(portfolios.length, (index) => model.requirement(present(portfolios[index], 'a portfolio')))
    },
  },
}

/** In each commodity two futures and eight options, in two expiries. */
function contractOf(index: number): Contract {
  const place = index % 10
  const common = { commodity: Math.floor(index / 10), expiry: `expiry ${place % 2}`, inDelivery: place === 0 }
  if (place < 2) return { ...common, kind: 'future', delta: 1, riskArray: futureRiskArray(12) }
  const terms = {
    kind: place < 6 ? 'call' : 'put',
    price: 100,
    strike: 80 + 5 * place,
    yearsToExpiry: 0.25,
    volatilityPerYear: 0.3,
  } as const
  return {
    ...common,
    kind: 'option',
    delta: optionDelta(terms),
    riskArray: optionRiskArray(terms, { price: 12, volatilityPerYear: 0.05 }),
  }
}

function drawnReturns(count: number): Float64Array {
  const random = Random.stream(seed, 'returns')
  return Float64Array.from({ length: count }, () => 0.01 * random.normal())
}
