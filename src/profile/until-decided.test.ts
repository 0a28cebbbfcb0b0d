import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { nsPerSec } from '../core/units.js'
import { loadProfile, type Profile } from './load.js'
import { longestWindow } from './until-decided.js'

const profileOf = (name: string, set: readonly string[] = []): Profile =>
  loadProfile(name, { cwd: tmpdir(), env: {}, set })

test.each([
  { name: 'algo-200ms', given: undefined, seconds: null },
  { name: 'algo-200ms', given: true, seconds: 60 },
  { name: 'quickstart', given: '90s', seconds: 90 },
  { name: 'quickstart', given: '20s', seconds: 20 },
] as const)('$name with --until-decided $given may become $seconds s long', ({ name, given, seconds }) => {
  const longest = longestWindow(given, profileOf(name, ['load.duration=20s']))
  expect(longest).toBe(seconds === null ? null : seconds * nsPerSec)
})

test.each([
  { given: '10s', set: [], problem: /^--until-decided 10s is shorter than the window itself$/ },
  { given: 'soon', set: [], problem: /^--until-decided soon: / },
  { given: '3h', set: [], problem: /^--until-decided 3h plans 10,800,000 ticks, at most 10,000,000 are possible$/ },
])('refused: --until-decided $given', ({ given, set, problem }) => {
  const profile = profileOf('algo-200ms', ['load.duration=20s', 'load.arrivals.rate=1000/s', ...set])
  expect(() => longestWindow(given, profile)).toThrow(problem)
})

test('a profile that sends nothing has no window to end', () => {
  const refused = { message: '--until-decided is for a load that is sent on schedule', hint: /components alone/ }
  expect(() => longestWindow(true, profileOf('components'))).toThrow(
    expect.objectContaining({ ...refused, hint: expect.stringMatching(refused.hint) }),
  )
})

test('three times the window may be more than one schedule holds: what there is room for may follow', () => {
  const profile = profileOf('algo-200ms', ['load.duration=2h', 'load.arrivals.rate=1000/s'])
  expect(longestWindow(true, profile)).toBe(6 * 3600 * nsPerSec)
})
