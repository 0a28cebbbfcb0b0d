// Packs nautilus, installs the tarball in an empty folder as a user would, and runs a bench there: what is missing from `files` or
// from `dependencies` shows here and nowhere else.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'packed-'))
const run = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 300_000 })
try {
  const tarball = run('.', 'npm', 'pack', '--silent', '--pack-destination', folder).trim().split('\n').at(-1)
  writeFileSync(join(folder, 'package.json'), '{ "name": "a-user", "private": true }\n')
  run(folder, 'npm', 'install', '--silent', '--no-audit', '--no-fund', '--save-dev', `./${tarball}`)
  const bench = ['nautilus', 'bench', '--profile', 'minimal', '--json', '--queue']
  const { status, stdout } = spawnSync('npx', bench, {
    ...{ cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    ...{ timeout: 300_000, maxBuffer: 64 * 1024 * 1024 },
  })
  // A busy machine may be slow, and slowness is not what is asserted here: any verdict will do.
  assert.ok([0, 1, 3].includes(status), `the bench ended with ${status}`)
  const { result, verdict } = JSON.parse(stdout)
  assert.equal(result.accounting.lost, 0, 'every tick has an outcome')
  console.log(`${tarball}: bench of the shipped profile minimal ended with ${verdict.status}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
