// How long `nautilus --help` takes against `node -e 0`: medians of 21 interleaved runs. Usage: npm run bench:startup
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const rounds = 21
const limit = 1.6
const launcher = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'nautilus.js')
const cases = [
  { name: 'node -e 0', args: ['-e', '0'], times: [] },
  { name: 'nautilus --help', args: [launcher, '--help'], times: [] },
  { name: 'nautilus runs --help', args: [launcher, 'runs', '--help'], times: [] },
]

for (let round = 0; round < rounds; round += 1) {
  for (const { args, times } of cases) {
    const startedAt = process.hrtime.bigint()
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`)
    times.push(Number(process.hrtime.bigint() - startedAt) / 1e6)
  }
}

const median = (times) => times.toSorted((a, b) => a - b)[(times.length - 1) / 2]
const base = median(cases[0].times)
console.log(`Node ${process.version}, median of ${rounds} interleaved runs`)
for (const { name, times } of cases) {
  const ms = median(times)
  console.log(`${name.padEnd(22)} ${ms.toFixed(1).padStart(6)} ms  ${(ms / base).toFixed(2)} x`)
}
const ratio = median(cases[1].times) / base
console.log(ratio <= limit ? `within ${limit} x` : `above ${limit} x`)
process.exitCode = ratio <= limit ? 0 : 1
