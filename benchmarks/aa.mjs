// `npm run bench:aa`: what `nautilus compare` would have said of rounds of A against A that a bank holds (`npm run bench:bank`
// records one). 2,000 comparisons are drawn by round and judged look by look: any regression is a false alarm. Then
// one component after the other is made slower in B by a known share: how often is that found, and is the right one named?
// Everything is seeded: the same bank prints the same. `--json` for machines.

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { bankRound, componentsOf, consecutiveAlarms, falseAlarms, powerOf } from '../dist/sla/bank.js'

const falseAlarmsMax = 0.025
const raises = [0.1, 0.2, 0.3]

const { values } = parseArgs({
  options: {
    bank: { type: 'string', default: 'fixtures/bank/algo-200ms.ndjson' },
    comparisons: { type: 'string', default: '2000' },
    margin: { type: 'string', default: '0.05' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const bank = readBank(values.bank)
const draws = {
  comparisonCount: Number(values.comparisons),
  seed: Number(values.seed),
  marginShare: Number(values.margin),
}
const alarms = falseAlarms(bank, draws)
const consecutive = consecutiveAlarms(bank, draws.marginShare)
// A tenth of the draws tells a share within 3.5 %, which is enough for power.
const powerDraws = { ...draws, comparisonCount: Math.max(1, Math.round(draws.comparisonCount / 10)) }
const power = componentsOf(bank).flatMap((component) => {
  console.error(`raising ${component}`)
  return raises.map((raisedShare) => powerOf(bank, { component, raisedShare }, powerDraws))
})
const recorded = recordedVerdicts(bank)
const holds = alarms.regressed <= falseAlarmsMax && alarms.noData === 0

if (values.json)
  console.log(JSON.stringify({ rounds: bank.length, ...draws, holds, alarms, consecutive, recorded, power }, null, 2))
else print()
process.exitCode = holds ? 0 : 1

function readBank(file) {
  const lines = readFileSync(file, 'utf8').split('\n')
  const rounds = lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    const parsed = bankRound.safeParse(JSON.parse(line))
    if (!parsed.success) throw new Error(`${file}:${index + 1}: ${parsed.error.issues[0]?.message}`)
    return [parsed.data]
  })
  if (rounds.length < 20)
    throw new Error(`${file} has ${rounds.length} rounds; record at least 20 by npm run bench:bank`)
  return rounds
}

/** How often each verdict was that of a whole `nautilus compare --aa`. */
function recordedVerdicts(bank) {
  const verdicts = new Map(bank.flatMap(({ comparison }) => (comparison ? [[comparison.seed, comparison.status]] : [])))
  const counts = {}
  for (const status of verdicts.values()) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

function print() {
  const counts = `${draws.comparisonCount.toLocaleString('en')} comparisons drawn from ${bank.length} rounds`
  console.log(`A against A: ${counts}, margin ${percent(draws.marginShare)}, seed ${draws.seed}`)
  console.log(`  any false REGRESSED  ${percent(alarms.regressed).padStart(7)}  (at most ${percent(falseAlarmsMax)})`)
  console.log(`  IMPROVED             ${percent(alarms.improved).padStart(7)}`)
  console.log(`  OK                   ${percent(alarms.ok).padStart(7)}`)
  console.log(`  INCONCLUSIVE         ${percent(alarms.inconclusive).padStart(7)}`)
  if (alarms.noData > 0) console.log(`  NO DATA              ${percent(alarms.noData).padStart(7)}`)
  console.log(`  rounds, mean         ${alarms.roundsMean.toFixed(1).padStart(6)}`)
  for (const { name, share } of alarms.byMetric) console.log(`  by ${name.padEnd(18)}${percent(share).padStart(7)}`)
  const stretches = `${consecutive.comparisonCount} overlapping stretches of consecutive rounds`
  console.log(`  REGRESSED in ${stretches}: ${percent(consecutive.regressed)}`)
  const said = Object.entries(recorded)
    .map(([status, count]) => `${status} ${count}`)
    .join(', ')
  console.log(`  said by the comparisons that recorded them: ${said}`)
  console.log(`\nB slower in one component: ${powerDraws.comparisonCount} comparisons a row`)
  const head = ['component', 'slower', 'end to end p95', 'found', 'named', 'another named']
  const rows = power.map((row) => [
    row.component,
    ...[row.raisedShare, row.endToEndShare, row.regressed, row.named, row.misnamed].map(percent),
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((cells) => cells[column].length)))
  for (const cells of [head, ...rows]) {
    const padded = cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
    console.log(`  ${padded.join('  ')}`)
  }
  console.log(
    holds ? '\nfalse alarms are within their limit' : '\nfalse alarms are above their limit, or a metric is missing',
  )
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`
}
