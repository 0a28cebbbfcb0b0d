// The main job, briefly, as CI sees it: the accounting, the fidelity and the clean end of a real run are asserted; its latencies are
// not, for they are the business of benchmarks. Usage: node scripts/check-main-job.mjs PROFILE [nautilus bench options...]
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'

const [profile, ...options] = process.argv.slice(2)
const before = leftovers()
const args = ['bin/nautilus.js', 'bench', '--profile', profile, '--json', '--queue', ...options]
const { status, stdout } = spawnSync(process.execPath, args, {
  encoding: 'utf8',
  maxBuffer: 1 << 28,
  timeout: 300_000,
  stdio: ['ignore', 'pipe', 'inherit'],
})
assert.ok([0, 1, 3].includes(status), `bench ends with a verdict, exit 0, 1 or 3, not ${status}`)

const { id, accounting, fidelity, load, store } = JSON.parse(stdout).result
const { planned, sent, traded, noTrade, rejected, failed, timedOut, dropped, lost } = accounting
assert.equal(planned, traded + noTrade + rejected + failed + timedOut + dropped + lost, 'every tick ends exactly once')
assert.equal(sent, planned, 'every planned tick was sent')
assert.ok(traded > planned / 2, `most ticks trade: ${traded} of ${planned}`)
assert.equal(lost + failed + dropped, 0, 'nothing is lost, failed or dropped')
assert.notEqual(fidelity.status, 'invalid', `the instrument is not invalid: ${fidelity.reasons.join('; ')}`)
assert.equal(fidelity.sumMismatches, 0, 'the parts of every sample sum to its response time')
if (store !== null) assert.ok(store.agrees, `PostgreSQL agrees with the driver: ${store.problem}`)
for (const file of ['result.json', 'report.md', 'junit.xml']) {
  assert.ok(existsSync(`.nautilus/runs/${id}/${file}`), `${file} was written`)
}
assert.deepEqual(leftovers().sort(), before.sort(), 'nothing is left behind')
console.log(
  `${profile}: ${planned} ${load.unit} accounted for, instrument ${fidelity.status}, store agrees, nothing left behind`,
)

/** Processes, temp folders and sockets that belong to a nautilus system. */
function leftovers() {
  const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && belongs(pid))
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith('nautilus-'))
  const sockets = existsSync('.nautilus/control.sock') ? ['.nautilus/control.sock'] : []
  return [...processes, ...folders, ...sockets]
}

function belongs(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes('NAUTILUS_RUN=')
  } catch {
    return false // The process ended while it was looked at, or belongs to someone else.
  }
}
