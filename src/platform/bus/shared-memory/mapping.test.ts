import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { distFile } from '../../../core/paths.js'
import { bytes } from '../../../core/units.js'
import { mapFile, sharedFolder, sharedMemoryProblem } from './mapping.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(sharedFolder, 'nautilus-mapping-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('what one mapping of a file writes, another one sees', () => {
  const [one, other] = [0, 1].map(() => mapFile(join(folder, 'file'), 8192))
  if (one === undefined || other === undefined) throw new Error('two mappings')
  expect(Atomics.add(new Int32Array(one.buffer), 1000, 7)).toBe(0)
  expect(Atomics.load(new Int32Array(other.buffer), 1000)).toBe(7)
  one.close()
  expect(new Uint8Array(other.buffer)[4000]).toBe(7)
  other.close()
})

test('a file of another size is refused', () => {
  mapFile(join(folder, 'file'), 8192).close()
  expect(() => mapFile(join(folder, 'file'), 4096)).toThrow('agree on its size')
})

test('a region for which there is no room is refused before the first write to it', () => {
  const tooMuch = 2 ** 50
  expect(() => mapFile(join(folder, 'file'), tooMuch)).toThrow(`${tooMuch} bytes cannot be mapped`)
  expect(sharedMemoryProblem(bytes(tooMuch))).toMatch(/\/dev\/shm has \d+ bytes, and bus.region asks for \d+/)
})

test('Linux with koffi has shared memory; another platform says why it has none', () => {
  expect(sharedMemoryProblem(bytes(4096))).toBeNull()
  expect(sharedMemoryProblem(bytes(4096), 'darwin')).toBe('shared memory needs Linux, and this is darwin')
})

test('an installation without koffi says so', () => {
  const bare = mkdtempSync(join(tmpdir(), 'nautilus-without-koffi-'))
  for (const part of ['core', 'platform/bus/shared-memory']) {
    cpSync(distFile(part), join(bare, part), { recursive: true })
  }
  writeFileSync(join(bare, 'package.json'), '{ "type": "module" }')
  const url = pathToFileURL(join(bare, 'platform/bus/shared-memory/mapping.js')).href
  const script = `import('${url}').then((mapping) => console.log(mapping.sharedMemoryProblem(4096)))`
  const { stdout } = spawnSync(process.execPath, ['--eval', script], { encoding: 'utf8', cwd: bare })
  rmSync(bare, { recursive: true })
  expect(stdout).toMatch(/^the optional package koffi cannot be loaded \(Cannot find module 'koffi'\)$/m)
})
