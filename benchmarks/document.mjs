// Writes docs/benchmarks.md: what every benchmark printed on this machine, with machine, date and commit, so that nothing in it is
// typed in. Replay is included where NAUTILUS_TEST_DATA names the folder of the data. Usage:
//   npm run bench:docs [-- --only 'Load generator' --only 'Start-up']
// With --only the other sections stay as they are, each with the day and commit of its own.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, type } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const page = 'docs/benchmarks.md'
const { values } = parseArgs({ options: { only: { type: 'string', multiple: true, default: [] } } })

const data = process.env.NAUTILUS_TEST_DATA
const replay = data === undefined ? null : join(data, 'bitstamp-orders.csv.gz')
const batchOff = ['--set', 'engines.order-gateway.settings.batch=off']
const fromFile = [
  '--set',
  'load.source.kind=replay',
  '--set',
  `load.source.file=${replay}`,
  '--set',
  'load.source.format=bitstamp',
]
const recorded = [
  '--set',
  'load.arrivals.kind=recorded',
  '--set',
  'load.arrivals.rate=',
  '--set',
  'load.arrivals.speed=20',
  '--set',
  'sla.checks=',
]

const sections = [
  { title: 'Order book beside nodejs-order-book', command: ['benchmarks/book.mjs'] },
  { title: 'Orthogonalisation of 60 assets x 6 signals', command: ['benchmarks/orthogonalise.mjs'] },
  { title: 'Quant kernels beside plain-loop C', command: ['benchmarks/kernels.mjs'] },
  { title: 'The bus over Redis beside bare ioredis', command: ['benchmarks/bus.mjs'] },
  { title: 'A ring in shared memory', command: ['benchmarks/ring.mjs'] },
  { title: 'Start-up', command: ['benchmarks/startup.mjs'] },
  { title: 'Load generator', command: ['benchmarks/generator.mjs'] },
  { title: 'Accuracy beside the truth', command: ['benchmarks/accuracy.mjs'] },
  { title: 'How often the gate errs', command: ['benchmarks/coverage.mjs'] },
  { title: 'Comparisons of a system with itself, and with a slower one', command: ['benchmarks/aa.mjs'] },
  { title: 'Functions, and figures that somebody claimed', command: bench('components') },
  { title: 'Orders through two gateways', command: bench('quickstart') },
  { title: 'Pipeline, batches of 10 ms', command: bench('algo-200ms') },
  { title: 'Pipeline without batching', command: bench('algo-200ms', ...batchOff) },
  ...(replay !== null && existsSync(replay)
    ? [
        {
          title: 'Real events at 1,000/s',
          command: bench('algo-200ms', ...fromFile, '--set', 'load.duration=51s'),
        },
        { title: 'Real events at 20 times recorded speed', command: bench('algo-200ms', ...fromFile, ...recorded) },
      ]
    : []),
]

const unknown = values.only.find((title) => !sections.some((section) => section.title === title))
if (unknown !== undefined) {
  throw new Error(`there is no section "${unknown}"; there are ${sections.map(({ title }) => title).join(', ')}`)
}
const kept = values.only.length === 0 ? new Map() : keptSections()
const parts = sections.flatMap(({ title, command }) => {
  if (values.only.length > 0 && !values.only.includes(title)) return kept.get(title) ?? []
  console.error(title)
  const { stdout, status } = spawnSync(process.execPath, command, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // A verdict of any kind belongs on the page; what could not run does not.
  if (status !== 0 && status !== 1 && status !== 3)
    throw new Error(`${shown(command)} ended with ${status}; ${page} is as it was`)
  return `## ${title}\n\n\`${shown(command)}\` ended with ${status}, ${measuredAt()}:\n\n\`\`\`text\n${stdout.trimEnd()}\n\`\`\`\n`
})
writeFileSync(page, [heading(), ...parts].join('\n'))
console.log(`${page} is written`)

/** The sections of the page as it is, by title. */
function keptSections() {
  const [, ...texts] = `${readFileSync(page, 'utf8')}\n`.split(/^(?=## )/m)
  return new Map(texts.map((text) => [/^## (.*)$/m.exec(text)?.[1], `${text.trimEnd()}\n`]))
}

/** Day and commit, as each section was measured at its own. */
function measuredAt() {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim()
  const dirty =
    git('status', '--porcelain', '--', 'src', 'profiles', 'benchmarks') === ''
      ? ''
      : ', with changes that are not committed'
  return `${new Date().toISOString().slice(0, 10)} at ${git('rev-parse', '--short=12', 'HEAD')}${dirty}`
}

function bench(profile, ...options) {
  return ['bin/nautilus.js', 'bench', '--profile', profile, '--queue', ...options]
}

/** As a person types it; the folder of the data is theirs. */
function shown(command) {
  return ['node', ...command].join(' ').replaceAll(data ?? '\0', '$NAUTILUS_TEST_DATA')
}

function heading() {
  return `# Benchmarks

Written by \`npm run bench:docs\`, not by hand. Compare figures of one section only; quote the ratios.

| what | value |
|---|---|
| machine | ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${type()} ${release()} |
| Node.js | ${process.version} |
`
}
