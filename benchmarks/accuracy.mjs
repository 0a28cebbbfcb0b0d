// What load generators report of servers whose response times are known, beside the truth from the server's own log: a server
// that freezes 200 ms every 2 s, and one that takes 20 ms. Medians of interleaved runs. Usage:
//   npm run bench:accuracy -- [--runs 5] [--seconds 5]
// wrk2 takes part where `wrk2` is on PATH. Ends with 1 where nautilus is further from the truth than the limits below.
import { spawn, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { keepCoresAwake } from '../dist/bench/keep-awake.js'
import { fixedDelay, stalling } from '../dist/bench/self-check/behaviour.js'
import {
  comparedQuantiles,
  compareQuantiles,
  reportedQuantiles,
  trueQuantiles,
  unexplained,
} from '../dist/bench/self-check/comparison.js'
import { measureServer } from '../dist/bench/self-check/drive.js'
import { calmIntervals, watchCores } from '../dist/bench/self-check/held-up.js'
import { ServerProcess } from '../dist/bench/self-check/server-process.js'
import { monotonicClock } from '../dist/core/clock.js'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, seconds: { type: 'string', default: '5' } },
})
const runs = Number(values.runs)
const seconds = Number(values.seconds)
const warmupNs = 1e9
const names = comparedQuantiles.map(({ name }) => name)

const cases = [
  { name: 'frozen 200 ms every 2 s, 1,000/s', behaviour: stalling, ratePerSec: 1_000, connections: 300 },
  { name: 'frozen 200 ms every 2 s, 5,000/s', behaviour: stalling, ratePerSec: 5_000, connections: 1_200 },
  { name: '20 ms each, 1,000/s', behaviour: fixedDelay(20e6), ratePerSec: 1_000, connections: 60 },
  { name: '20 ms each, 5,000/s', behaviour: fixedDelay(20e6), ratePerSec: 5_000, connections: 250 },
]

const autocannonFile = createRequire(import.meta.url).resolve('autocannon')
const hasWrk2 = spawnSync('wrk2', ['--version']).error === undefined
const tools = [
  { name: 'nautilus', run: runNautilus },
  { name: 'autocannon -R', run: (plan, server) => runAutocannon(plan, server, []) },
  {
    name: 'autocannon -R, correction off',
    run: (plan, server) => runAutocannon(plan, server, ['--ignoreCoordinatedOmission']),
  },
  ...(hasWrk2 ? [{ name: 'wrk2 -R', run: runWrk2 }] : []),
]

/** Each answers its quantiles in ns (null where it has none) and the span for which it sent. */
async function runNautilus({ ratePerSec, connections }, server) {
  const plan = { ratePerSec, connections, workers: 1, warmupNs, windowNs: seconds * 1e9 }
  const measurement = await measureServer(plan, server, new AbortController().signal)
  const fromAt = measurement.startedAt + warmupNs
  return { fromAt, lengthNs: plan.windowNs, measurement }
}

async function runAutocannon({ ratePerSec, connections }, server, flags) {
  const args = ['--json', '--overallRate', ratePerSec, '--connections', connections, '--duration', seconds, ...flags]
  const fromAt = monotonicClock.now()
  const { latency } = JSON.parse(await outputOf(process.execPath, [autocannonFile, ...args.map(String), server.url]))
  const ns = (ms) => ms * 1e6
  const quantiles = {
    p50: ns(latency.p50),
    p95: null,
    p99: ns(latency.p99),
    'p99.9': ns(latency.p99_9),
    max: ns(latency.max),
  }
  return { quantiles, fromAt, lengthNs: seconds * 1e9 }
}

async function runWrk2({ ratePerSec, connections }, server) {
  // It calibrates for 10 s, and measures what is left.
  const length = seconds + 10
  const fromAt = monotonicClock.now() + 10e9
  const args = ['-t1', `-c${connections}`, `-d${length}s`, `-R${ratePerSec}`, '--latency', server.url]
  const text = await outputOf('wrk2', args)
  const rows = [...text.matchAll(/^\s*([\d.]+)\s+([\d.]+)\s+\d+\s+(?:[\d.]+|inf)$/gm)].map(([, value, share]) => [
    Number(value),
    Number(share),
  ])
  const at = (share) => (rows.find((row) => row[1] >= share)?.[0] ?? Number.NaN) * 1e6
  const quantiles = Object.fromEntries(comparedQuantiles.map(({ name, share }) => [name, at(share)]))
  return { quantiles, fromAt, lengthNs: seconds * 1e9 }
}

function outputOf(program, args) {
  return new Promise((resolve, reject) => {
    let text = ''
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${program} ended with ${code}: ${text}`)),
    )
  })
}

async function runCase(plan) {
  const results = new Map(tools.map(({ name }) => [name, []]))
  for (let run = 0; run < runs; run += 1) {
    for (const tool of tools) {
      results.get(tool.name).push(await runTool(tool, plan))
    }
  }
  return results
}

async function runTool(tool, plan) {
  const server = await ServerProcess.start(plan.behaviour)
  try {
    await server.begin()
    const { value, heldUp, problem } = await watchCores(() => tool.run(plan, server))
    const { fromAt, lengthNs, measurement } = value
    const log = await server.log()
    const window = { fromAt, lengthNs, ratePerSec: plan.ratePerSec }
    // A peer tells no more than the quantiles of all.
    if (measurement === undefined) {
      return { quantiles: value.quantiles, truth: trueQuantiles(plan.behaviour, log, window), problems: [] }
    }
    const { intervals, calmCount, count } = calmIntervals(heldUp, window)
    return {
      quantiles: reportedQuantiles(measurement, intervals),
      truth: trueQuantiles(plan.behaviour, log, window, intervals),
      problems: unexplained({ measurement, log }),
      pacing: measurement.pacing,
      ...{ compared: intervals.length, calmCount, count, problem },
    }
  } finally {
    await server.stop()
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]
const ms = (ns) => (ns === null || Number.isNaN(ns) ? '-' : (ns / 1e6).toFixed(3))
const signed = (ns) => `${ns < 0 ? '-' : '+'}${ms(Math.abs(ns))}`

function printCase(plan, results) {
  console.log(`\n${plan.name}, ${plan.connections} connections, ${seconds} s, median of ${runs}; ms (off by)`)
  const row = (name, cells) => console.log(`${name.padEnd(30)}${cells.map((cell) => cell.padStart(20)).join('')}`)
  row('', names)
  const ours = results.get('nautilus')
  row(
    'truth',
    names.map((name) => ms(median(ours.map(({ truth }) => truth[name])))),
  )
  for (const [tool, list] of results) {
    row(
      tool,
      names.map((name) => {
        const known = list.filter(({ quantiles }) => quantiles[name] !== null)
        if (known.length === 0) return '-'
        const off = median(known.map(({ quantiles, truth }) => quantiles[name] - truth[name]))
        return `${ms(median(known.map(({ quantiles }) => quantiles[name])))} (${signed(off)})`
      }),
    )
  }
  const unwatched = ours.find(({ problem }) => problem !== null)
  const total = (of) => ours.reduce((sum, run) => sum + run[of], 0)
  const unsettled = ours.filter(({ compared, calmCount }) => compared > calmCount).length
  console.log(
    unwatched === undefined
      ? `${total('compared')} of ${total('count')} intervals of 250 ms compared; in the others the machine held up its cores, which the peers' figures contain${
          unsettled === 0 ? '' : `; in ${unsettled} runs too few were calm, and all were compared`
        }`
      : `whether the machine held up its cores is not known: ${unwatched.problem}`,
  )
  return judge(ours)
}

/** Of the medians, so that one disturbed run decides nothing. */
function judge(ours) {
  const pick = (from) => Object.fromEntries(names.map((name) => [name, median(ours.map((run) => run[from][name]))]))
  const truth = pick('truth')
  const reported = Object.fromEntries(
    names.map((name) => [name, truth[name] + median(ours.map((run) => run.quantiles[name] - run.truth[name]))]),
  )
  const failed = compareQuantiles(truth, reported, null).filter(({ holds }) => !holds)
  const problems = ours.flatMap((run) => run.problems)
  for (const { name, allowedNs } of failed)
    console.log(`FAIL  nautilus ${name} is more than ${ms(allowedNs)} ms from the truth`)
  console.log(
    problems.length === 0
      ? `every sample of nautilus is lateness + connection + server + wire (${ours[0].pacing})`
      : `FAIL  ${problems.join('; ')}`,
  )
  return failed.length === 0 && problems.length === 0
}

console.log(`Node ${process.version}, truth from the server's own log; p50 within 0.1 ms, others within 3 % or 0.15 ms`)
if (!hasWrk2) console.log('wrk2 is not on PATH')
// A hop to a core that sleeps costs 15 to 25 us, which is the machine's and no tool's.
const awake = await keepCoresAwake()
console.log(awake.problem === null ? 'cores are kept awake' : `cores are not kept awake: ${awake.problem}`)
let holds = true
for (const plan of cases) holds = printCase(plan, await runCase(plan)) && holds
console.log(holds ? '\nnautilus is within the limits' : '\nnautilus is outside of the limits')
await awake.end()
process.exitCode = holds ? 0 : 1
