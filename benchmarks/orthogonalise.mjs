// One orthogonalisation of 60 assets x 6 signals, as the signals engine does on every tick, against its limit of 0.1 ms;
// and the whole tick of that engine: features, z-scores, orthogonalisation, alpha.
import { Bench } from 'tinybench'
import { Random } from '../dist/core/random.js'
import { backends } from '../dist/engines/quant/kernel-backends.js'
import { createOrthogonaliser } from '../dist/engines/quant/kernels.js'
import { orthogonalMethods } from '../dist/engines/quant/orthogonalise.js'
import { signalsConfig } from '../dist/engines/signals/config.js'
import { CrossSection } from '../dist/engines/signals/core.js'

const limitMs = 0.1
const shape = { rows: 60, columns: 6 }
const random = new Random(20_261_120)
const signals = new Float64Array(shape.rows * shape.columns).map(() => random.normal())

const bench = new Bench({ retainSamples: true, time: 1_000, warmupTime: 300 })
for (const backend of backends) {
  const kernel = createOrthogonaliser(shape, backend)
  for (const method of orthogonalMethods) {
    bench.add(`${method} on ${kernel.backend}`, () => {
      kernel.signals.set(signals)
      kernel.orthogonalise(method, kernel.signals, kernel.signals, shape)
    })
  }
}
const crossSection = new CrossSection(signalsConfig.parse({}))
const ticks = Array.from({ length: 6_000 }, (_, index) => {
  const bid = 10_000 + Math.round(random.normal() * 5)
  const [bidQty, askQty] = [1 + random.below(200), 1 + random.below(200)]
  return { symbol: `S${index % 60}`, bid, bidQty, ask: bid + 1 + random.below(3), askQty, crossed: false }
})
let next = 0
bench.add('tick', () => {
  crossSection.update(ticks[next])
  next = next + 1 === ticks.length ? 0 : next + 1
})
await bench.run()

const us = (ms) => `${(ms * 1_000).toFixed(1)} us`
console.log(`orthogonalise ${shape.rows} x ${shape.columns}, limit ${us(limitMs)} at p50`)
for (const task of bench.tasks) {
  const { p50, p99 } = task.result.latency
  const verdict = p50 < limitMs ? 'PASS' : 'FAIL'
  console.log(
    `${verdict}  ${task.name.padEnd(24)} p50 ${us(p50)}  p99 ${us(p99)}  ${(p50 / limitMs).toFixed(2)}x of the limit`,
  )
  if (p50 >= limitMs) process.exitCode = 1
}
