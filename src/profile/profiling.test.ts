import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { profiledCommand } from './cpu-profile.js'
import { loadProfile } from './load.js'
import { profiledEngine } from './profiling.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

test('a program that would die of its signal writes its profile all the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nautilus-profile-'))
  folders.push(folder)
  const script = 'process.stdout.write("up"); setInterval(() => undefined, 1)'
  const [program = '', ...args] = profiledCommand([process.execPath, '--eval', script], {
    folder,
    name: 'it.cpuprofile',
  })
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect(code).toBe(143)
  const profile: unknown = JSON.parse(readFileSync(join(folder, 'it.cpuprofile'), 'utf8'))
  expect(profile).toMatchObject({ nodes: expect.any(Array), samples: expect.any(Array), timeDeltas: expect.any(Array) })
})

test.each([
  { engine: 'rsik', set: [], problem: /^--cpu-profile rsik {2}is not in the profile$/, hint: /risk/ },
  { engine: 'pricer', set: ['engines.pricer.command=[python3, pricer.py]'], problem: /python3, which is not Node$/ },
  { engine: 'pricer', set: ['engines.pricer.url=http://127.0.0.1:9001'], problem: /runs elsewhere$/ },
])('an engine that cannot be profiled is refused: $problem', ({ engine, set, problem, hint = /./ }) => {
  const { config } = loadProfile('algo-200ms', { cwd: tmpdir(), env: {}, set })
  const refused = expect.objectContaining({
    message: expect.stringMatching(problem),
    hint: expect.stringMatching(hint),
    exit: 2,
  })
  expect(() => profiledEngine(engine, config)).toThrow(refused)
})

test('what shares the process of the bench is refused, and what is Node is not', () => {
  const { config } = loadProfile('minimal', { cwd: tmpdir(), env: {}, set: [] })
  expect(() => profiledEngine('risk', config)).toThrow(/shares the process of the bench/)
  const set = ['engines.pricer.command=[/usr/bin/node, pricer.js]']
  const other = loadProfile('algo-200ms', { cwd: tmpdir(), env: {}, set })
  expect(profiledEngine('pricer', other.config)).toBe('pricer')
  expect(profiledEngine('risk', other.config)).toBe('risk')
})
