// Records rounds of A against A of the reference pipeline into a bank, from which the false alarms and the power of `nautilus
// compare` are resampled. The rounds are those of `compare --aa` itself. Ctrl-C keeps what is whole, also kill -9 does, and the next call
// goes on where this one ended. Usage: npm run bench:bank [-- --rounds 200] [--bank FILE]
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { machineClassOf } from '../dist/results/machine.js'
import { judgeComparison } from '../dist/sla/comparison.js'

// algo-200ms with a short window, so that 200 rounds fit into about an hour. After a shorter warm-up the engines still compile, and
// two equal runs differ far more. All else is as in profiles/algo-200ms.yaml: 1,000 ticks/s, Poisson.
const settings = ['load.warmup=3s', 'load.duration=3s', 'load.drain=1s']
const profile = 'algo-200ms'
const roundsPerCall = 20
const firstSeed = 20_261_120

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    bank: { type: 'string', default: 'fixtures/bank/algo-200ms.ndjson' },
  },
})
const wanted = Number(values.rounds)
if (!Number.isInteger(wanted) || wanted < 1) throw new Error(`--rounds ${values.rounds} is not a count`)
const bank = resolve(values.bank)
// Where the comparisons lie until their rounds are in the bank.
const desk = resolve('.nautilus/bank')
mkdirSync(desk, { recursive: true })
mkdirSync(dirname(bank), { recursive: true })

let stopped = false
let child = null
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped = true
    // From a terminal nautilus has had it already, and takes both for one.
    child?.kill(signal)
  })
}
await record()

async function record() {
  collect()
  for (let count = roundCount(); count < wanted && !stopped; count = roundCount()) {
    console.error(`${count} of ${wanted} rounds`)
    const code = await compare(firstSeed + count, Math.min(roundsPerCall, wanted - count))
    collect()
    // 3 and 1 are verdicts, which a bank does not care about; an unfit machine or a bad profile would come again.
    if (![0, 1, 3].includes(code) && !stopped) throw new Error(`nautilus compare ended with ${code}`)
  }
  console.log(`${roundCount()} rounds in ${bank}`)
  process.exitCode = stopped ? 130 : 0
}

/** A against itself for at least so many rounds; both seeds and the rounds before it differ from call to call. */
function compare(seed, atLeast) {
  const rounds = [5, 7, 10, 14, 20].find((look) => look >= atLeast) ?? 20
  const sets = [...settings, `load.seed=${seed}`].flatMap((setting) => ['--set', setting])
  const args = [resolve('bin/nautilus.js'), 'compare', '--aa', '--queue', '-p', profile, '--rounds', rounds, ...sets]
  child = spawn(process.execPath, args, { cwd: desk, stdio: ['ignore', 'ignore', 'inherit'] })
  return new Promise((done) => {
    child.once('exit', (code, signal) => done(code ?? signal))
  })
}

/** Takes the whole rounds of all comparisons over into the bank, at most as many as are wanted, and removes the comparisons. */
function collect() {
  const folder = join(desk, '.nautilus/comparisons')
  if (!existsSync(folder)) return
  for (const id of readdirSync(folder)) {
    const file = join(folder, id, 'comparison.json')
    if (existsSync(file)) take(JSON.parse(readFileSync(file, 'utf8')))
    rmSync(join(folder, id), { recursive: true })
  }
}

function take(comparison) {
  const { rounds, machine } = comparison
  // What the command said of A against itself stands beside its rounds.
  const said = { seed: comparison.seed, status: judgeComparison(comparison).status }
  const whole = rounds.filter(({ a, b }) => a.failure === null && b.failure === null)
  let count = roundCount()
  for (const { order, seed, metrics, a } of whole) {
    if (count >= wanted) return
    count += 1
    const side = (name) => Object.fromEntries(Object.entries(metrics).map(([metric, pair]) => [metric, pair[name]]))
    const line = {
      schema: 'nautilus.bank/1',
      round: count,
      startedAt: a.startedAt,
      machine: machineClassOf(machine),
      profile,
      settings,
      order,
      seed,
      comparison: said,
      a: side('a'),
      b: side('b'),
    }
    appendFileSync(bank, `${JSON.stringify(line)}\n`)
  }
}

function roundCount() {
  if (!existsSync(bank)) return 0
  return readFileSync(bank, 'utf8').split('\n').filter(Boolean).length
}
