import { describe, expect, test } from 'vitest'
import {
  bench,
  callNautilus,
  type Desk,
  deskOf,
  keptResults,
  keptTexts,
  testDeadlineMs,
  untilNothingIsLeft,
} from '../command-fixture.js'

// Functions timed by themselves, as a user asks for it: by a profile, by name, stopped half-way, killed.

const desk = (components: string, claims = '[]'): Desk =>
  deskOf(`version: 1\nname: desk\ncomponents: ${components}\nclaims: ${claims}\n`)

const within = (limit: string): string =>
  `[{ case: risk.check, p95: ${limit}, duration: 60ms }, { case: breaker.call, p95: 10s, duration: 60ms }]`

test(
  'a profile of components is judged by their limits, and shows claims that decide nothing',
  async () => {
    const here = desk(
      within('10s'),
      '[{ id: X.check, compare: [risk.check.uncached, risk.check], claimed: { after: 1ns } }]',
    )
    const call = bench(here)
    expect(await call.ended).toBe(0)
    expect(call.out()).toMatch(/^desk {2}run [0-9a-f]+ {2}3 functions/)
    expect(call.out()).toMatch(/^PASS +risk\.check\.cached p95 .* <= 10 s/m)
    expect(call.out()).toMatch(/^ {2}uncached .*x \(/m)
    expect(call.out()).toMatch(/^X\.check {2}exceeded: p50 /m)
    expect(call.err()).toContain('component 1 of 2: risk.check.cached, risk.check.uncached\n')
    const [kept] = keptResults(here)
    expect(kept?.cases.map(({ name }) => name)).toEqual(['risk.check.cached', 'risk.check.uncached', 'breaker.call'])
    const markdown = Object.entries(keptTexts(here)).find(([file]) => file.endsWith('report.md'))?.[1] ?? ''
    expect(markdown).toContain('### Functions')
    expect(markdown).toMatch(/\| X\.check \| p50 \| 1ns \| /)
    await untilNothingIsLeft(here)
    expect(await callNautilus(here, ['gate', 'last']).ended).toBe(0)
  },
  testDeadlineMs,
)

test(
  'a limit that a function does not hold fails the run',
  async () => {
    const call = bench(desk(within('1ns')))
    expect(await call.ended).toBe(1)
    expect(call.out()).toMatch(/^FAIL +risk\.check\.cached p95 .* > 1 ns/m)
  },
  testDeadlineMs,
)

test(
  'a function by name is judged by what the profile says of it, and of nothing else',
  async () => {
    const here = desk(within('1ns'))
    const call = bench(here, ['--component', 'breaker.call', '--json'])
    expect(await call.ended).toBe(0)
    const { verdict, result } = JSON.parse(call.out())
    expect(verdict.checks.map(({ name }: { name: string }) => name)).toEqual(['breaker.call.p95'])
    expect(result).toMatchObject({
      profileName: 'desk',
      load: { scenario: 'component' },
      endToEnd: { summary: { count: 0 } },
    })
  },
  testDeadlineMs,
)

describe('what cannot be timed is said before anything is', () => {
  test.each([
    { args: ['--component', 'risk.chekc'], says: 'there is no component "risk.chekc"; did you mean "risk.check"?' },
    { args: ['--component', 'x'], says: 'there is no component "x"\nKnown are:\n' },
    { args: ['--component', 'x'], says: '  book.execute\n' },
    { args: [], says: 'nothing is named to measure' },
    { args: ['--component', 'risk.check', '--runs', '3'], says: "cannot be used with option '--runs <count>'" },
  ])('$args', async ({ args, says }) => {
    const here = desk('[]')
    const call = callNautilus(here, ['bench', ...args])
    expect(await call.ended).toBe(2)
    expect(call.err()).toContain(says)
    expect(keptResults(here)).toEqual([])
  })
})

test('a dry run tells what would be timed', async () => {
  const call = bench(desk(within('1us')), ['--component', 'risk.check', '--dry-run'])
  expect(await call.ended).toBe(0)
  expect(call.out()).toBe('times   risk.check.cached, risk.check.uncached: 60 ms each, in turns\n')
})

test(
  'a stop keeps the functions that were timed',
  async () => {
    const here = desk('[{ case: breaker.call, duration: 60ms }, { case: risk.check, p95: 10s, duration: 10m }]')
    const call = bench(here)
    await call.said('component 2 of 2')
    call.child.kill('SIGINT')
    expect(await call.ended).toBe(130)
    expect(call.err()).toContain('stopping; partial result will be kept')
    expect(call.out()).toContain('INTERRUPTED')
    const [kept] = keptResults(here)
    expect(kept?.interrupted).toBe('SIGINT')
    expect(kept?.cases[0]?.name).toBe('breaker.call')
    await untilNothingIsLeft(here)
  },
  testDeadlineMs,
)

test(
  'a bench that is killed leaves no process behind',
  async () => {
    const here = desk('[{ case: risk.check, duration: 10m }]')
    const call = bench(here)
    await call.said('component 1 of 1')
    call.child.kill('SIGKILL')
    expect(await call.ended).toBe('SIGKILL')
    await untilNothingIsLeft(here)
  },
  testDeadlineMs,
)
