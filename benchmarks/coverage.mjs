// `npm run bench:coverage`: how often the gate errs when the limit lies exactly at the quantile, where both PASS and
// FAIL are wrong, on made-up systems whose quantiles are known. Beside it the interval that takes all samples for
// independent. Right answers stand for a limit which half, or twice, the allowed share exceeds.
//
// A group of its own are systems of which a few requests are slow by far: there the limit may be many times the quantile
// that a run shows, and the check judges by what is above the limit alone. They go through the whole check of a run.
// What comes so seldom that a window expects fewer than five of it cannot be known from that window, by no rule: of
// episodes that come three times on average, every twentieth window sees none. Two such systems are shown at the end
// and held to nothing; a longer run or `--runs` is what tells.
//
// Everything is seeded: two runs print the same. `--json` for machines.

import { parseArgs } from 'node:util'
import { limitCoverageOf } from '../dist/sla/limit-coverage.js'
import { coverageOf } from '../dist/stats/coverage.js'
import { autoregressive, farEpisodes, farJumps, independent, pauses, queue } from '../dist/stats/latency-sources.js'

const medianMax = 0.05
const worstMax = 0.085

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    replications: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
  },
})
const replications = Number(values.replications)
const seed = Number(values.seed)

const ratePerSec = 400
const short = { seconds: 30, ratePerSec }
const rare = { seconds: 120, ratePerSec: 100 }
const randomPauses = pauses({ pauseSec: 0.2, everySec: 3, regular: false })
const systems = [
  [independent, short],
  [autoregressive(0.1), short],
  [autoregressive(1), short],
  [autoregressive(1), rare],
  [queue(0.5, ratePerSec), short],
  [queue(0.8, ratePerSec), short],
  [queue(0.9, 200), { seconds: 120, ratePerSec: 200 }],
  [pauses({ pauseSec: 0.06, everySec: 1, regular: true }), short],
  [randomPauses, short],
  [randomPauses, rare],
]
const cases = [0.95, 0.99].flatMap((share) => systems.map(([source, window]) => ({ source, window, share })))

const jumps = (memorySec) => (share) => farJumps(share, memorySec)
const episodes = (episodeSec, within) => (share) => farEpisodes(share, { episodeSec, within })
// As long as a first run, and as long as one of a pull request.
const first = { seconds: 10, ratePerSec: 500 }
const farLimitNs = 50e6
const far = (quantile, window, sourceOf) => ({ quantile, ...window, sourceOf, limitNs: farLimitNs })
const farCases = [
  far('p95', first, jumps(0)),
  far('p95', first, jumps(0.02)),
  far('p95', first, jumps(0.1)),
  far('p95', first, episodes(0.1, 1)),
  far('p95', first, episodes(0.5, 0.2)),
  far('p95', short, episodes(0.3, 1)),
  far('p99', first, jumps(0.02)),
  far('p99', first, episodes(0.02, 1)),
  far('p99', first, episodes(0.1, 0.2)),
  far('p99', short, jumps(0.05)),
  far('p99', short, episodes(0.06, 1)),
]
const seldomCases = [far('p95', first, episodes(0.167, 1)), far('p95', first, jumps(1))]

const total = cases.length + farCases.length + seldomCases.length
let begun = 0
const tell = (text) => {
  begun += 1
  console.error(`${begun} of ${total}: ${text}`)
}

const rows = cases.map(({ source, window, share }) => {
  tell(`${source.name}, p${share * 100}, ${window.seconds} s`)
  return { ...window, quantile: `p${share * 100}`, ...coverageOf(source, { ...window, share, replications, seed }) }
})
const judged = ({ sourceOf, ...plan }) => {
  tell(`far limit, ${plan.quantile}, ${plan.seconds} s`)
  const { seconds, ratePerSec } = plan
  return { seconds, ratePerSec, ...limitCoverageOf(sourceOf, { ...plan, replications, seed }) }
}
const farRows = farCases.map(judged)
const seldomRows = seldomCases.map(judged)

const errors = [...rows, ...farRows].flatMap(({ ours }) => [ours.pass, ours.fail]).sort((a, b) => a - b)
const median = (errors[(errors.length >> 1) - 1] + errors[errors.length >> 1]) / 2
const worst = errors.at(-1)
const holds = median <= medianMax && worst <= worstMax

if (values.json)
  console.log(JSON.stringify({ replications, seed, median, worst, holds, rows, farRows, seldomRows }, null, 2))
else print()
process.exitCode = holds ? 0 : 1

function print() {
  console.log(`${replications.toLocaleString('en')} windows a row, seed ${seed}; shares in %`)
  const head = ['system', '', 's', 'n', 'n_eff', 'wrong PASS', 'FAIL', 'i.i.d. PASS', 'FAIL', 'right PASS', 'FAIL']
  const groups = [
    ['', rows],
    ['slow by far, the limit many times the quantile of the run:', farRows],
    ['so seldom that no window of this length can tell (held to nothing):', seldomRows],
  ]
  const tables = groups.map(([title, group]) => [title, group.map(cellsOf)])
  const all = [head, ...tables.flatMap(([, lines]) => lines)]
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column].length)))
  const line = (cells) =>
    cells.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ')
  console.log(line(head))
  for (const [title, lines] of tables) {
    if (title !== '') console.log(title)
    for (const cells of lines) console.log(line(cells))
  }
  console.log(
    `median error ${percent(median)} % (at most ${percent(medianMax)}), worst ${percent(worst)} % (at most ${percent(worstMax)})`,
  )
  console.log(holds ? 'the gate holds its error' : 'the gate does not hold its error')
}

function cellsOf({ source, quantile, seconds, ratePerSec, nEffectiveMean, ours, naive, power }) {
  return [
    source,
    quantile,
    String(seconds),
    (seconds * ratePerSec).toLocaleString('en'),
    Math.round(nEffectiveMean).toLocaleString('en'),
    ...[ours, naive, power].flatMap((errors) =>
      errors === undefined ? ['', ''] : [percent(errors.pass), percent(errors.fail)],
    ),
  ]
}

function percent(share) {
  return (share * 100).toFixed(1)
}
