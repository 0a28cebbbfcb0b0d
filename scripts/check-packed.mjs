// Packs nautilus, installs the tarball in an empty folder as a user would, and runs a bench there: what is missing from `files` or
// from `dependencies` shows here and nowhere else.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
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
  const { result, verdict } = JSON.parse(
    run(folder, 'npx', 'nautilus', 'bench', '--profile', 'minimal', '--json', '--queue'),
  )
  assert.equal(result.accounting.lost, 0, 'every tick has an outcome')
  console.log(`${tarball}: bench of the shipped profile minimal ended with ${verdict.status}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
