import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { lendProfile, readSides } from './variant.js'

const nothing = {
  ...{ names: [], profile: null, set: [], setA: [], setB: [], injectB: [], againstItself: false },
} as const

test.each([
  {
    name: 'two profiles',
    asked: { names: ['a.yaml', 'b.yaml'], set: ['x=1'] },
    a: { ref: null, profile: 'a.yaml', set: ['x=1'], label: 'a.yaml' },
    b: { ref: null, profile: 'b.yaml', set: ['x=1'], label: 'b.yaml' },
  },
  {
    name: 'two commits of one profile',
    asked: { names: ['git:main', 'git:HEAD'], profile: 'p.yaml' },
    a: { ref: 'main', profile: 'p.yaml', label: 'git:main' },
    b: { ref: 'HEAD', profile: 'p.yaml', label: 'git:HEAD' },
  },
  {
    name: 'one setting',
    asked: { profile: 'p.yaml', set: ['x=1'], setB: ['y=2', 'z=3'] },
    a: { ref: null, profile: 'p.yaml', set: ['x=1'], label: 'p.yaml' },
    b: { ref: null, profile: 'p.yaml', set: ['x=1', 'y=2', 'z=3'], label: 'p.yaml y=2 z=3' },
  },
  {
    name: 'a fault of B',
    asked: { profile: 'p.yaml', injectB: ['risk:+7ms'] },
    a: { inject: [] },
    b: { inject: ['risk:+7ms'] },
  },
  {
    name: 'one profile against itself',
    asked: { names: ['p.yaml'], againstItself: true },
    a: { profile: 'p.yaml' },
    b: { profile: 'p.yaml' },
  },
  {
    name: 'one commit against itself',
    asked: { names: ['git:main'], profile: 'p.yaml', againstItself: true },
    a: { ref: 'main', profile: 'p.yaml' },
    b: { ref: 'main', profile: 'p.yaml' },
  },
])('$name are two sides', ({ asked, a, b }) => {
  expect(readSides({ ...nothing, ...asked })).toMatchObject({ a, b })
})

test.each([
  { name: 'nothing', asked: {}, says: 'nothing is named that could be compared' },
  { name: 'one profile', asked: { names: ['a.yaml'] }, says: 'a.yaml is compared with nothing' },
  { name: 'three profiles', asked: { names: ['a', 'b', 'c'] }, says: 'two sides are compared, and 3 are named' },
  { name: 'a commit without a profile', asked: { names: ['git:a', 'git:b'] }, says: 'no --profile says what of it' },
  { name: 'a profile twice', asked: { names: ['a.yaml', 'b.yaml'], profile: 'p' }, says: 'are both named' },
  { name: 'a B of --aa', asked: { profile: 'p', setB: ['x=1'], againstItself: true }, says: 'with itself' },
])('$name cannot be compared', ({ asked, says }) => {
  expect(() => readSides({ ...nothing, ...asked })).toThrow(says)
})

let folder: string | null = null
afterEach(() => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true })
  folder = null
})

function folders(): { readonly from: string; readonly to: string } {
  folder = mkdtempSync(join(tmpdir(), 'variant-test-'))
  const [from, to] = [join(folder, 'from'), join(folder, 'to')]
  mkdirSync(join(from, 'profiles'), { recursive: true })
  mkdirSync(to)
  return { from, to }
}

test('a commit that lacks the profile borrows that of the calling folder', async () => {
  const { from, to } = folders()
  writeFileSync(join(from, 'profiles/desk.yaml'), 'name: desk')
  expect(await lendProfile('desk', from, to)).toBe(true)
  expect(readFileSync(join(to, 'profiles/desk.yaml'), 'utf8')).toBe('name: desk')
})

test('a commit that has the profile keeps its own, and a shipped one is nobody’s', async () => {
  const { from, to } = folders()
  writeFileSync(join(from, 'desk.yaml'), 'name: newer')
  writeFileSync(join(to, 'desk.yaml'), 'name: older')
  expect(await lendProfile('desk.yaml', from, to)).toBe(false)
  expect(readFileSync(join(to, 'desk.yaml'), 'utf8')).toBe('name: older')
  expect(await lendProfile('algo-200ms', from, to)).toBe(false)
})
