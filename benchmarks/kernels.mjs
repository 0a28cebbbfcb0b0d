// `npm run bench:kernels`: every kernel on every backend beside plain-loop C with the same steps and random numbers, compiled on the
// spot where gcc is there (`kernels.c`), and the value at risk beside std::nth_element where g++ is. All take turns, medians of the
// rounds are compared. `--quick` for a look, `--json` for machines, `--break-even` for the sizes from which WebAssembly is faster,
// `--break-even --write` puts them where the kernels choose their backend by them.
import { parseArgs } from 'node:util'
import { measureBreakEven } from './kernels-break-even.mjs'
import { kernels } from './kernels-inputs.mjs'
import { compileNative } from './kernels-native.mjs'

/** Best backend over C, and the workers over C on one core; nth_element over the best backend. */
const limits = { overC: 2.2, goal: 1.5, workersOverC: 1.2, nthElementOver: 3 }
const sampleMs = 8

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'break-even': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

if (options['break-even']) {
  measureBreakEven(options)
} else {
  const native = compileNative()
  const rows = []
  try {
    for (const kernel of kernels) rows.push(await measure(kernel, native))
  } finally {
    native.close()
  }
  report(rows)
}

/** Medians in nanoseconds a call, by backend. */
async function measure(kernel, native) {
  const runners = new Map()
  for (const [backend, call] of Object.entries(kernel.backends)) runners.set(backend, (calls) => time(call, calls))
  for (const [name, child] of native.of(kernel)) runners.set(name, (calls) => child.time(kernel.name, calls))
  const samples = new Map()
  const workerCores = []
  let expected
  for (const [name, run] of runners) {
    // Until the compilers of V8 have seen enough: calls of half a second, then one that tells how many make a sample.
    const first = await run(1)
    expected ??= first.checksum
    await run(warmCalls(first.ns))
    const { ns } = await run(5)
    if (!(Math.abs(first.checksum - expected) <= 1e-9 * Math.max(1, Math.abs(expected)))) {
      throw new Error(`${kernel.name}: ${name} gives ${first.checksum}, another ${expected}`)
    }
    samples.set(name, { calls: Math.max(1, Math.round((sampleMs * 1e6) / ns)), ns: [] })
  }
  for (let round = 0; round < (options.quick ? 7 : 25); round += 1) {
    for (const [name, run] of runners) {
      const sample = samples.get(name)
      const { ns, cores } = await run(sample.calls)
      sample.ns.push(ns)
      if (name === 'workers') workerCores.push(cores)
    }
  }
  return {
    name: kernel.name,
    title: kernel.title,
    ns: Object.fromEntries([...samples].map(([name, { ns }]) => [name, median(ns)])),
    // Where another process wants a core too, two threads have less than two.
    workerCores: workerCores.length === 0 ? null : median(workerCores),
  }
}

function warmCalls(ns) {
  return Math.max(3, Math.min(20_000, Math.round(((options.quick ? 150 : 300) * 1e6) / ns)))
}

async function time(call, calls) {
  let checksum
  const cpu = process.cpuUsage()
  const from = process.hrtime.bigint()
  for (let index = 0; index < calls; index += 1) {
    checksum = call()
    if (checksum instanceof Promise) checksum = await checksum
  }
  const ns = Number(process.hrtime.bigint() - from)
  const { user, system } = process.cpuUsage(cpu)
  return { ns: ns / calls, cores: ((user + system) * 1_000) / ns, checksum }
}

function report(rows) {
  const verdicts = rows.flatMap(({ name, title, ns, workerCores }) => {
    const own = ['typescript', 'wasm'].filter((backend) => backend in ns)
    const best = own.reduce((least, backend) => (ns[backend] < ns[least] ? backend : least))
    const checks = []
    if (ns.c !== undefined)
      checks.push({ what: `${best} over C`, value: ns[best] / ns.c, max: limits.overC, goal: limits.goal })
    if (ns.c !== undefined && ns.workers !== undefined) {
      const what = `two workers, which had ${workerCores.toFixed(1)} cores, over C on one core`
      checks.push({ what, value: ns.workers / ns.c, max: limits.workersOverC })
    }
    if (ns.nth !== undefined)
      checks.push({ what: `nth_element over ${best}`, value: ns.nth / ns[best], min: limits.nthElementOver })
    return checks.map((check) => ({ name, title, ...check, pass: passes(check) }))
  })
  if (options.json) {
    console.log(JSON.stringify({ kernels: rows, checks: verdicts }, null, 2))
  } else {
    const columns = ['typescript', 'wasm', 'workers', 'c', 'nth']
    console.log(
      `${''.padEnd(52)}${['TypeScript', 'WebAssembly', '2 workers', 'C', 'nth_element'].map((head) => head.padStart(13)).join('')}`,
    )
    for (const { title, ns } of rows) {
      console.log(`${title.padEnd(52)}${columns.map((column) => us(ns[column]).padStart(13)).join('')}`)
    }
    for (const { title, what, value, min, max, goal, pass } of verdicts) {
      const limit =
        max === undefined ? `at least ${min}x` : `at most ${max}x${goal === undefined ? '' : `, goal ${goal}x`}`
      console.log(`${pass ? 'PASS' : 'FAIL'}  ${title}: ${what} ${value.toFixed(2)}x (${limit})`)
    }
    if (!rows.some(({ ns }) => ns.c !== undefined)) console.log('gcc is not there: nothing to compare with')
  }
  if (verdicts.some(({ pass }) => !pass)) process.exitCode = 1
}

function passes({ value, min = 0, max = Number.POSITIVE_INFINITY }) {
  return value >= min && value <= max
}

function us(ns) {
  return ns === undefined ? '-' : `${(ns / 1_000).toFixed(1)} us`
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}
