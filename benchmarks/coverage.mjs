// `npm run bench:coverage`: how often the gate errs when the limit lies exactly at the quantile, where both PASS and
// FAIL are wrong, on made-up systems whose quantiles are known. Beside it the interval that takes all samples for
// independent. Right answers stand for a limit which half, or twice, the allowed share exceeds. Everything is seeded:
// two runs print the same. `--json` for machines.

import { parseArgs } from 'node:util'
import { coverageOf } from '../dist/stats/coverage.js'
import { autoregressive, independent, pauses, queue } from '../dist/stats/latency-sources.js'

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

const rows = []
for (const { source, window, share } of cases) {
  console.error(`${rows.length + 1} of ${cases.length}: ${source.name}, p${share * 100}, ${window.seconds} s`)
  rows.push({ ...window, ...coverageOf(source, { ...window, share, replications, seed }) })
}
const errors = rows.flatMap(({ ours }) => [ours.pass, ours.fail]).sort((a, b) => a - b)
const median = (errors[(errors.length >> 1) - 1] + errors[errors.length >> 1]) / 2
const worst = errors.at(-1)
const holds = median <= medianMax && worst <= worstMax

if (values.json) console.log(JSON.stringify({ replications, seed, median, worst, holds, rows }, null, 2))
else print()
process.exitCode = holds ? 0 : 1

function print() {
  console.log(`${replications.toLocaleString('en')} windows a row, seed ${seed}; shares in %`)
  const head = ['system', '', 's', 'n', 'n_eff', 'wrong PASS', 'FAIL', 'i.i.d. PASS', 'FAIL', 'right PASS', 'FAIL']
  const table = rows.map((row) => [
    row.source,
    `p${row.share * 100}`,
    String(row.seconds),
    (row.seconds * row.ratePerSec).toLocaleString('en'),
    Math.round(row.nEffectiveMean).toLocaleString('en'),
    ...[row.ours, row.naive, row.power].flatMap(({ pass, fail }) => [percent(pass), percent(fail)]),
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...table.map((cells) => cells[column].length)))
  const line = (cells) =>
    cells.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ')
  for (const cells of [head, ...table]) console.log(line(cells))
  console.log(
    `median error ${percent(median)} % (at most ${percent(medianMax)}), worst ${percent(worst)} % (at most ${percent(worstMax)})`,
  )
  console.log(holds ? 'the gate holds its error' : 'the gate does not hold its error')
}

function percent(share) {
  return (share * 100).toFixed(1)
}
