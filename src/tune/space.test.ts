import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  activeOf,
  featureGroups,
  featuresOf,
  isAllowed,
  keyOf,
  type Parameter,
  positionsOf,
  type Space,
  settingsAt,
} from './space.js'
import { settingsProblems, spaceProblems } from './space-problems.js'

const space: Space = {
  parameters: [
    { kind: 'choice', name: 'codec', choices: ['none', 'lz4', 'zstd'] },
    { kind: 'int', name: 'level', min: 1, max: 9, scale: 'linear', when: { codec: ['zstd'] } },
    { kind: 'int', name: 'pool', min: 1, max: 64, scale: 'log' },
    { kind: 'float', name: 'window', min: 0.05, max: 20, scale: 'log' },
    { kind: 'choice', name: 'eager', choices: [true, false] },
  ],
  forbidden: [{ codec: ['none'], pool: { min: 33 } }],
}

const position = fc.double({ min: 0, max: 1, noNaN: true })
const positions = fc.array(position, { minLength: 5, maxLength: 5 })

const numeric: fc.Arbitrary<Parameter> = fc
  .record({
    kind: fc.constantFrom('int' as const, 'float' as const),
    scale: fc.constantFrom('linear' as const, 'log' as const),
    min: fc.integer({ min: 1, max: 1000 }),
    width: fc.integer({ min: 0, max: 1000 }),
  })
  .map(({ kind, scale, min, width }) => ({ name: 'one', kind, scale, min, max: min + width }))

test('settings of any position are of the space, and lead back to themselves', () => {
  fc.assert(
    fc.property(positions, (where) => {
      const settings = settingsAt(space, where)
      expect(settingsProblems({ ...space, forbidden: [] }, settings)).toEqual([])
      const again = settingsAt(space, positionsOf(space, settings))
      expect({ ...again, window: 0 }).toEqual({ ...settings, window: 0 })
      expect(again['window']).toBeCloseTo(Number(settings['window']), 10)
    }),
  )
})

test('a number of any range leads back to itself', () => {
  fc.assert(
    fc.property(numeric, position, (parameter, where) => {
      const one = { parameters: [parameter], forbidden: [] }
      const value = Number(settingsAt(one, [where])['one'])
      const again = Number(settingsAt(one, positionsOf(one, { one: value }))['one'])
      if (parameter.kind === 'int') expect(again).toBe(value)
      else expect(again / value).toBeCloseTo(1, 10)
    }),
  )
})

test('every whole number has a position, in order', () => {
  const parameter: Parameter = { kind: 'int', name: 'pool', min: 1, max: 64, scale: 'log' }
  const seen = Array.from({ length: 10_001 }, (_, index) =>
    Number(settingsAt({ parameters: [parameter], forbidden: [] }, [index / 10_000])['pool']),
  )
  expect(new Set(seen).size).toBe(64)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

test('a parameter has a value only where its condition holds, also by a chain and in any order', () => {
  const chain: Space = {
    parameters: [
      { kind: 'int', name: 'third', min: 1, max: 3, scale: 'linear', when: { second: { min: 2 } } },
      { kind: 'int', name: 'second', min: 1, max: 3, scale: 'linear', when: { first: ['on'] } },
      { kind: 'choice', name: 'first', choices: ['on', 'off'] },
    ],
    forbidden: [],
  }
  const active = (settings: Record<string, string | number>) => Object.keys(activeOf(chain, settings))
  expect(active({ first: 'on', second: 2, third: 1 })).toEqual(['third', 'second', 'first'])
  expect(active({ first: 'on', second: 1, third: 1 })).toEqual(['second', 'first'])
  expect(active({ first: 'off', second: 2, third: 1 })).toEqual(['first'])
})

test('what is inactive changes neither the key nor what the model sees', () => {
  const rest = { codec: 'lz4', pool: 4, window: 1, eager: true }
  expect(keyOf(space, { ...rest, level: 3 })).toBe(keyOf(space, { ...rest, level: 7 }))
  const [one, other] = [3, 7].map((level) => featuresOf(space, activeOf(space, { ...rest, level })))
  expect(one).toEqual(other)
})

test('choices are equally far apart, at distance 1', () => {
  const at = (codec: string) => featuresOf(space, { codec, pool: 4, window: 1, eager: true })
  for (const [one, other] of [
    ['none', 'lz4'],
    ['none', 'zstd'],
    ['lz4', 'zstd'],
  ] as const) {
    const [a, b] = [at(one), at(other)].map((features) => features.slice(0, 3))
    expect(Math.hypot(...(a ?? []).map((value, index) => value - (b?.[index] ?? 0)))).toBeCloseTo(1, 12)
  }
  expect(featureGroups(space)).toEqual([0, 0, 0, 1, 2, 3, 4, 4])
  expect(at('none')).toHaveLength(8)
})

test('a forbidden combination holds where all of it does', () => {
  expect(isAllowed(space, { codec: 'none', pool: 33 })).toBe(false)
  expect(isAllowed(space, { codec: 'none', pool: 32 })).toBe(true)
  expect(isAllowed(space, { codec: 'lz4', pool: 33 })).toBe(true)
  expect(settingsProblems(space, { codec: 'none', pool: 40, window: 1, eager: true })).toMatchObject([
    { forbidden: 0, message: 'forbidden combination 1 holds' },
  ])
})

test('all problems of a space are told at once', () => {
  const wrong: Space = {
    parameters: [
      { kind: 'int', name: 'pool', min: 0, max: 64, scale: 'log' },
      { kind: 'int', name: 'half', min: 0.5, max: 2, scale: 'linear' },
      { kind: 'float', name: 'window', min: 20, max: 1, scale: 'linear' },
      { kind: 'float', name: 'endless', min: 1, max: Number.POSITIVE_INFINITY, scale: 'linear' },
      { kind: 'choice', name: 'codec', choices: [] },
      { kind: 'choice', name: 'twice', choices: ['a', 'a'] },
      { kind: 'choice', name: 'twice', choices: ['a', 'b'], when: { nobody: ['x'] } },
      { kind: 'choice', name: 'chicken', choices: ['a', 'b'], when: { egg: ['a'] } },
      { kind: 'choice', name: 'egg', choices: ['a', 'b'], when: { chicken: ['c'] } },
    ],
    forbidden: [{}, { pool: [65] }, { codec: { min: 1 } }, { pool: { min: 65 } }],
  }
  expect(spaceProblems(wrong).map(({ message }) => message)).toEqual([
    'pool has a logarithmic scale and begins at 0, must be at least 1',
    'half is a whole number and ranges from 0.5 to 2',
    'window ranges from 20 to 1, which is backwards',
    'endless has no finite range',
    'codec has no choices',
    'twice has a choice twice',
    'twice is declared twice',
    'the condition of twice names nobody, which is no parameter of the space',
    'chicken depends on itself by its conditions',
    'the condition of egg asks whether chicken is "c", which it cannot be',
    'egg depends on itself by its conditions',
    'forbidden combination 1 names no parameter',
    'forbidden combination 2 asks whether pool is 65, which it cannot be',
    'forbidden combination 3 gives codec bounds, which has choices',
    'forbidden combination 4 asks pool for what it cannot be',
  ])
  expect(spaceProblems(space)).toEqual([])
  expect(spaceProblems({ parameters: [], forbidden: [] })).toMatchObject([{ message: 'the space has no parameters' }])
})

test('settings that are none of the space say why', () => {
  const problems = (settings: Record<string, string | number | boolean>) =>
    settingsProblems(space, settings).map(({ message }) => message)
  expect(problems({ codec: 'zip', pool: 1.5, window: 30, eager: true, nobody: 1 })).toEqual([
    'nobody is no parameter of the space',
    'codec is "zip", must be one of none, lz4, zstd',
    'pool is 1.5, must be a whole number',
    'window is 30, must be from 0.05 to 20',
  ])
  expect(problems({ codec: 'zstd', pool: 1, window: 1 })).toEqual(['level has no value', 'eager has no value'])
  expect(problems({ codec: 'lz4', level: 99, pool: 1, window: 1, eager: false })).toEqual([])
})
