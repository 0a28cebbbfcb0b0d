// `npm run bench:book`: the order book on the golden flow against its limits, with ids of 64 random bits: commands per
// second cold and warm, with 100,000 live orders, the time of single commands, heap a command, and nodejs-order-book beside
// it in the same run. Making the flow, and the strings and options that the peer takes, is left out of the time. Cold is
// the first pass of a thread whose compiler has seen nothing; `--json` for machines.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { flowOf, goldenFlow } from '../dist/engines/model/golden-flow.js'
import { OrderBook } from '../dist/engines/model/order-book.js'
import { checkGolden, peerOf, runNumbers, runWide, timeTimer, timeWide, withWideIds } from './book-runs.mjs'

const limits = {
  coldPerSec: { min: 12e6 },
  warmPerSec: { min: 25e6, goal: 50e6 },
  deepPerSec: { min: 12e6 },
  latencyNsP50: { max: 100 },
  latencyNsP99: { max: 250 },
  latencyNsP999: { max: 500 },
  heapBytesPerCommand: { max: 1 },
  peerRatio: { min: 30 },
}
const deepOrders = 100_000
/** Commands that fill the deep book, and those that are timed on it. */
const deepCommands = { filling: 200_000, timed: 500_000 }
const coldRuns = 7
/** Passes over the flow in one round: a pass takes some 20 ms, which a single pause of the machine would double. */
const passes = 8
/** Commands after which the arrays of a book have their size. */
const settledAt = 50_000

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
})
const rounds = Number(values.rounds)
const flow = withWideIds(goldenFlow())

const cold = await measureCold()
const { warm, numbers, peer } = measureWarm()
const latency = measureLatency()
const heap = measureHeap()
const deep = measureDeep()
report({
  coldPerSec: cold,
  warmPerSec: warm,
  deepPerSec: deep.perSec,
  latencyNsP50: latency.p50,
  latencyNsP99: latency.p99,
  latencyNsP999: latency.p999,
  heapBytesPerCommand: heap,
  peerRatio: warm / peer,
})

async function measureCold() {
  const perSec = []
  for (let run = 0; run < coldRuns; run += 1) {
    const worker = new Worker(new URL('book-cold.mjs', import.meta.url), { workerData: flow })
    // Both at once: on a busy machine the last message comes with the exit.
    const [[result]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
    perSec.push(ratePerSec(result))
  }
  return median(perSec)
}

/** The book with both kinds of ids, and the peer, in turns. */
function measureWarm() {
  const runPeer = peerOf(flow)
  const perSec = { warm: [], numbers: [], peer: [] }
  for (let round = -1; round < rounds; round += 1) {
    const warm = pass('nautilus', () => runWide(flow), passes)
    const numbers = pass('nautilus by number', () => runNumbers(flow), passes)
    const peer = pass('nodejs-order-book', runPeer, 1)
    if (round < 0) continue // The first round is for the compiler.
    perSec.warm.push(warm)
    perSec.numbers.push(numbers)
    perSec.peer.push(peer)
  }
  return { warm: median(perSec.warm), numbers: median(perSec.numbers), peer: median(perSec.peer) }
}

function pass(name, run, count) {
  let elapsedNs = 0
  let commands = 0
  for (let index = 0; index < count; index += 1) {
    const result = run()
    checkGolden(name, result)
    elapsedNs += result.elapsedNs
    commands += result.commands
  }
  return ratePerSec({ elapsedNs, commands })
}

/** Percentiles of single commands, medians of the rounds; one reading of the clock is in each of them. */
function measureLatency() {
  const samplesNs = new Float64Array(flow.count)
  const all = { p50: [], p99: [], p999: [], timer: [] }
  for (let round = -1; round < rounds; round += 1) {
    checkGolden('nautilus', timeWide(flow, samplesNs))
    const sorted = samplesNs.toSorted()
    timeTimer(samplesNs)
    if (round < 0) continue
    all.p50.push(quantile(sorted, 0.5))
    all.p99.push(quantile(sorted, 0.99))
    all.p999.push(quantile(sorted, 0.999))
    all.timer.push(quantile(samplesNs.toSorted(), 0.5))
  }
  return { p50: median(all.p50), p99: median(all.p99), p999: median(all.p999), timer: median(all.timer) }
}

/** Growth of the heap over the commands after the arrays have their size; nothing is collected meanwhile. */
function measureHeap() {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const bytes = []
  for (let round = 0; round < rounds; round += 1) {
    const book = new OrderBook()
    runWide(flow, book, 0, settledAt)
    collect()
    const before = process.memoryUsage()
    const { commands } = runWide(flow, book, settledAt)
    const after = process.memoryUsage()
    bytes.push((after.heapUsed + after.external - before.heapUsed - before.external) / commands)
  }
  return median(bytes)
}

function measureDeep() {
  const { filling, timed } = deepCommands
  const deepFlow = withWideIds(flowOf({ commands: filling + timed, liveOrders: deepOrders }))
  const perSec = []
  let liveMin = Number.POSITIVE_INFINITY
  for (let round = -1; round < rounds; round += 1) {
    const book = new OrderBook()
    liveMin = Math.min(liveMin, runWide(deepFlow, book, 0, filling).live)
    const result = runWide(deepFlow, book, filling)
    if (round >= 0) perSec.push(ratePerSec(result))
    liveMin = Math.min(liveMin, result.live)
  }
  if (liveMin < 0.99 * deepOrders) throw new Error(`${liveMin} orders were live instead of ${deepOrders}`)
  return { perSec: median(perSec), liveMin }
}

function ratePerSec({ commands, elapsedNs }) {
  return (commands * 1e9) / elapsedNs
}

function quantile(sorted, q) {
  return sorted[Math.ceil(q * sorted.length) - 1]
}

function median(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function holds(name, value) {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits[name]
  return value >= min && value <= max
}

function report(measured) {
  const pass = Object.entries(measured).every(([name, value]) => holds(name, value))
  process.exitCode = pass ? 0 : 1
  if (values.json) {
    const beside = { numbersPerSec: numbers, peerPerSec: peer, timerNsP50: latency.timer, deepLiveMin: deep.liveMin }
    const facts = { flow: 'golden', commands: flow.count, rounds, node: process.version }
    console.log(JSON.stringify({ ...facts, ...measured, ...beside, limits, pass }))
    return
  }
  const rate = (perSec) => `${(perSec / 1e6).toFixed(2)} M commands/s`
  const row = (name, label, shown, limit) =>
    console.log(`${holds(name, measured[name]) ? 'PASS' : 'FAIL'}  ${label.padEnd(34)}${shown.padStart(20)}  ${limit}`)
  const rateRow = (name, label) => {
    const { min, goal } = limits[name]
    const wish = goal === undefined ? '' : `, goal ${goal / 1e6}`
    row(name, label, rate(measured[name]), `at least ${min / 1e6}${wish}`)
  }
  const timeRow = (name, label) => row(name, label, `${measured[name].toFixed(0)} ns`, `at most ${limits[name].max}`)
  console.log(
    `golden flow, ${flow.count} commands, any 64 bits as ids, medians of ${rounds} rounds, Node ${process.version}`,
  )
  rateRow('coldPerSec', `first pass of a thread (${coldRuns} threads)`)
  rateRow('warmPerSec', 'warm')
  rateRow('deepPerSec', `warm, ${deepOrders} live orders`)
  timeRow('latencyNsP50', 'p50 of single commands')
  timeRow('latencyNsP99', 'p99')
  timeRow('latencyNsP999', 'p99.9')
  console.log(
    `      ${'the timer alone, within these'.padEnd(34)}${`${latency.timer.toFixed(0)} ns`.padStart(20)}  p50`,
  )
  const { heapBytesPerCommand, peerRatio } = measured
  row('heapBytesPerCommand', 'heap a command', `${heapBytesPerCommand.toFixed(3)} B`, 'below 1')
  row('peerRatio', 'of nodejs-order-book', `${peerRatio.toFixed(1)}x`, `at least ${limits.peerRatio.min}`)
  console.log(`      ${'nodejs-order-book'.padEnd(34)}${rate(peer).padStart(20)}`)
  console.log(`      ${'warm, small numbers as ids'.padEnd(34)}${rate(numbers).padStart(20)}`)
}
