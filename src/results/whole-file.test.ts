import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { NautilusError } from '../core/errors.js'
import { writingWhole } from './whole-file.js'

let base = ''
let cwd = ''
let count = 0
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'nautilus-whole-'))
})
beforeEach(() => {
  count += 1
  cwd = join(base, String(count))
  mkdirSync(cwd)
})
afterAll(() => rmSync(base, { recursive: true }))

test('a file gets its name when all of it is written', async () => {
  const line = `${'x'.repeat(99)}\n`
  const result = await writingWhole(cwd, 'out.txt', async (file) => {
    for (let index = 0; index < 6_000; index += 1) {
      file.add(line)
      await file.flush()
    }
    expect(readdirSync(cwd)).toEqual([`out.txt.${process.pid}.partial`])
    return 7
  })
  expect(result).toBe(7)
  expect(readdirSync(cwd)).toEqual(['out.txt'])
  expect(readFileSync(join(cwd, 'out.txt'), 'utf8')).toBe(line.repeat(6_000))
})

test('a link is followed, and a pipe is refused and stays one', async () => {
  writeFileSync(join(cwd, 'there.txt'), 'before')
  symlinkSync('there.txt', join(cwd, 'link'))
  await writingWhole(cwd, 'link', async (file) => file.add('after'))
  expect(lstatSync(join(cwd, 'link')).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(cwd, 'there.txt'), 'utf8')).toBe('after')
  execFileSync('mkfifo', [join(cwd, 'pipe')])
  const refused = writingWhole(cwd, 'pipe', async (file) => file.add('after'))
  await expect(refused).rejects.toThrow('pipe cannot be written: it is a device, a pipe or a socket')
  expect(lstatSync(join(cwd, 'pipe')).isFIFO()).toBe(true)
})

test('a write that fails leaves no trace, and what had the name before', async () => {
  writeFileSync(join(cwd, 'out.txt'), 'before')
  const failed = writingWhole(cwd, 'out.txt', async (file) => {
    file.add('half')
    throw new Error('stopped')
  })
  await expect(failed).rejects.toThrow('stopped')
  expect(readdirSync(cwd)).toEqual(['out.txt'])
  expect(readFileSync(join(cwd, 'out.txt'), 'utf8')).toBe('before')
})

test('a name that is taken by a folder meanwhile is a failed write, of which no part is left', async () => {
  const failed = writingWhole(cwd, 'out.txt', async (file) => {
    file.add('whole')
    mkdirSync(join(cwd, 'out.txt'))
  })
  await expect(failed).rejects.toMatchObject({
    code: 'WRITE_FAILED',
    message: expect.stringMatching(/^out\.txt was not written: .*rename/),
  })
  expect(readdirSync(cwd)).toEqual(['out.txt'])
})

test('a part that cannot be removed does not hide why the writing ended', async () => {
  const failed = writingWhole(cwd, 'out.txt', async () => {
    const partial = join(cwd, `out.txt.${process.pid}.partial`)
    renameSync(partial, join(cwd, 'moved'))
    mkdirSync(partial)
    throw new Error('stopped')
  })
  await expect(failed).rejects.toThrow('stopped')
})

test('a place that cannot be written is refused before anything is done', async () => {
  let called = false
  const error: unknown = await writingWhole(cwd, 'none/out.txt', async () => {
    called = true
  }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(NautilusError)
  expect(String(error)).toMatch('none/out.txt cannot be written: its folder does not exist')
  expect(called).toBe(false)
})
