import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { eventually, makeFolder } from './child-fixture.js'
import { follow, LogFollower, lastLines, logSize, rotate } from './log-file.js'

const folder = makeFolder()
afterAll(() => rmSync(folder, { recursive: true }))

const newFile = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

test('finds the last lines, also one without an end', () => {
  const file = newFile('last', 'a\nb\nc')
  expect(lastLines(file, { count: 2 })).toEqual(['b', 'c'])
})

test('leaves out what was written before the start of interest', () => {
  const file = newFile('from', 'old\n')
  const from = logSize(file)
  appendFileSync(file, 'new\n')
  expect(lastLines(file, { count: 10, from })).toEqual(['new'])
})

test('reads only the end of a large log, and no line by half', () => {
  const file = newFile('large', `${'x'.repeat(99)}\n`.repeat(20_000))
  const lines = lastLines(file, { count: 5_000 })
  expect(lines.length).toBeGreaterThan(2_000)
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([99]))
})

test('of a file that is not there, nothing is read', () => {
  expect(lastLines(join(folder, 'absent'), { count: 5 })).toEqual([])
  expect(new LogFollower(join(folder, 'absent'), 0).read()).toEqual([])
})

test('a log that is full is moved aside while its writer goes on in the same file', () => {
  const file = join(folder, 'rotated')
  const writer = openSync(file, 'a')
  writeSync(writer, 'x'.repeat(2_000))
  expect(rotate(file, 4_000)).toBe(false)
  expect(rotate(file, 1_000)).toBe(true)
  writeSync(writer, 'after\n')
  closeSync(writer)
  expect(readFileSync(file, 'utf8')).toBe('after\n')
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('x'.repeat(2_000))
})

test('a follower sees what is appended, and begins anew with the file', async () => {
  const file = newFile('followed', 'before\n')
  const stop = new AbortController()
  const seen: string[] = []
  const followed = follow(file, { from: logSize(file), stop: stop.signal, onLine: (line) => seen.push(line) })
  appendFileSync(file, 'one\ntw')
  await eventually('one line is seen', () => seen.length === 1)
  appendFileSync(file, 'o\n')
  await eventually('two lines are seen', () => seen.length === 2)
  truncateSync(file)
  appendFileSync(file, '3\n')
  await eventually('three lines are seen', () => seen.length === 3)
  stop.abort()
  await followed
  expect(seen).toEqual(['one', 'two', '3'])
})
