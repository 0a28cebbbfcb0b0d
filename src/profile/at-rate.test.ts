import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { durationNs, nsPerSec } from '../core/units.js'
import { profileAt, searchableRate } from './at-rate.js'
import { loadProfile, type Profile } from './load.js'

const folder = mkdtempSync(join(tmpdir(), 'nautilus-at-rate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function profileOf(arrivals: string, sla = 'endToEnd: { p95: 20ms }'): Profile {
  const file = join(folder, 'p.yaml')
  const target = '{ kind: http, url: "http://127.0.0.1:9/" }'
  writeFileSync(
    file,
    `version: 1\nname: p\nload: { scenario: http, target: ${target}, arrivals: ${arrivals} }\nsla: { ${sla} }\n`,
  )
  return loadProfile(file, { cwd: folder, env: {} })
}

const checks = 'checks: [{ metric: throughput, min: 900/s }, { metric: errors.rate, max: 1% }]'
const asked = { warmupNs: durationNs(nsPerSec), durationNs: durationNs(2.5 * nsPerSec), short: true }

test('a profile at another rate differs in its load, and in the limits that no rung could hold', () => {
  const profile = profileOf(
    '{ kind: poisson, rate: 1000/s }',
    `endToEnd: { p95: 20ms }, ${checks}, windows: ["endToEnd p95 > 20ms for 5s"]`,
  )
  const rung = profileAt(profile, { ...asked, load: { ratePerSec: 123.4 } })
  expect(rung.config.load).toEqual({
    ...profile.config.load,
    ...{ arrivals: { kind: 'poisson', rate: 123.4 }, warmup: nsPerSec, duration: 2.5 * nsPerSec },
  })
  expect(rung.config.sla).toEqual({
    ...profile.config.sla,
    ...{ checks: [{ metric: 'errors.rate', max: '1%', critical: true }], windows: [] },
  })
  expect(rung.input['load']).toMatchObject({ arrivals: { rate: '123.4/s' }, duration: '2500ms' })
  const whole = profileAt(profile, { ...asked, load: { ratePerSec: 200 }, short: false })
  expect(whole.config.sla.windows).toEqual(profile.config.sla.windows)
  expect(profile.config.load.arrivals).toEqual({ kind: 'poisson', rate: 1000 })
})

test('and as a closed loop', () => {
  const closed = profileAt(profileOf('{ kind: constant, rate: 10/s }'), { ...asked, load: { users: 4 } })
  expect(closed.config.load.arrivals).toEqual({ kind: 'closed', users: 4 })
})

test('a search begins at the rate of the profile', () => {
  expect(searchableRate(profileOf('{ kind: constant, rate: 40/m }'))).toBeCloseTo(2 / 3)
})

test.each([
  {
    name: 'a load of many rates',
    arrivals: '{ kind: ramp, from: 1/s, to: 9/s }',
    sla: undefined,
    text: 'needs a load of one rate',
  },
  {
    name: 'no limit',
    arrivals: '{ kind: constant, rate: 9/s }',
    sla: 'endToEnd: {}',
    text: 'a limit that a rate could break',
  },
  {
    name: 'a limit on the rate alone',
    arrivals: '{ kind: constant, rate: 9/s }',
    sla: 'endToEnd: {}, checks: [{ metric: throughput, min: 9/s }]',
    text: 'a limit that a rate could break',
  },
])('nothing is searched with $name', ({ arrivals, sla, text }) => {
  expect(() => searchableRate(profileOf(arrivals, sla))).toThrow(text)
})
