import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { NautilusError } from '../core/errors.js'
import { duration } from '../core/fields.js'
import { packageRoot } from '../core/paths.js'
import type { CatalogEntry } from '../engines/catalog.js'
import { examineProfile, type LoadOptions, loadProfile, type Profile } from './load.js'

const cwd = join(packageRoot(), 'fixtures/profiles')

// Settings of the tests' own, so that the expected messages stand still while the engines grow.
const entry = (config: z.ZodType): CatalogEntry => ({
  config,
  load: () => Promise.reject(new Error('not planned here')),
})
const batch = z.strictObject({ window: duration.prefault('10ms'), ordersMax: z.int().min(1).default(50) }).prefault({})
const cache = z.union([z.literal('off'), z.strictObject({ ttl: duration.prefault('1s') })]).prefault({})
const engines = {
  'market-data': entry(z.strictObject({})),
  signals: entry(z.strictObject({})),
  strategy: entry(z.strictObject({})),
  risk: entry(z.strictObject({ cache })),
  'order-gateway': entry(z.strictObject({ batch })),
  matching: entry(z.strictObject({})),
}

const load = (name: string, options: Partial<LoadOptions> = {}): Profile =>
  loadProfile(`./${name}.yaml`, { cwd, env: {}, engines, ...options })

const messageOf = (name: string, options: Partial<LoadOptions> = {}): string => {
  const examined = examineProfile(`./${name}.yaml`, { cwd, env: {}, engines, ...options })
  return examined.profile === null ? examined.message : 'ok'
}

describe('every fixture gives exactly the message beside it', () => {
  const names = readdirSync(cwd).flatMap((file) => (file.endsWith('.txt') ? [file.slice(0, -4)] : []))
  test.each(names)('%s', (name) => {
    expect(`${messageOf(name)}\n`).toBe(readFileSync(join(cwd, `${name}.txt`), 'utf8'))
  })
})

test('a profile with problems is one error with exit code 2', () => {
  const error = thrownBy(() => load('unknown-key'))
  expect(error.code).toBe('PROFILE_INVALID')
  expect(error.exit).toBe(2)
  expect(error.message).toContain('3 problems. Nothing was started.')
})

test('a profile that is not there says what is near', () => {
  expect(thrownBy(() => loadProfile('quikstart', { cwd: packageRoot(), env: {} })).message).toBe(
    'no profile "quikstart", neither in ./profiles nor among those that ship with nautilus; did you mean "quickstart"?',
  )
  expect(thrownBy(() => loadProfile('./gone.yaml', { cwd, env: {} })).code).toBe('PROFILE_NOT_FOUND')
  expect(thrownBy(() => loadProfile('./', { cwd, env: {}, engines })).message).toContain('is not a file')
})

test('a bare name finds ./profiles before the shipped ones', () => {
  expect(loadProfile('minimal', { cwd: packageRoot(), env: {} }).shownFile).toBe('profiles/minimal.yaml')
  expect(loadProfile('minimal', { cwd, env: {} }).file).toBe(join(packageRoot(), 'profiles/minimal.yaml'))
})

test('bases merge below the file that extends them', () => {
  const profile = load('budget-sum', { set: ['sla.budget.overhead.p95=5ms'] })
  expect(profile.config.name).toBe('budget-sum')
  expect(profile.config.sla.budget['risk']).toEqual({ p95: 15_000_000, of: ['risk'], critical: true })
  expect(profile.input).not.toHaveProperty('extends')
})

test('what is loaded is frozen', () => {
  const { config } = load('sound')
  expect(Object.isFrozen(config) && Object.isFrozen(config.sla.budget['risk']?.of)).toBe(true)
})

describe('--set', () => {
  test.each([
    { set: 'load.arrivals.rate=500/s', read: (profile: Profile) => profile.config.load.arrivals, is: { rate: 500 } },
    { set: 'load.arrivals={kind: recorded}', read: () => 'refused', is: 'refused' },
    {
      set: 'sla.endToEnd.p99.9=1s',
      read: (profile: Profile) => profile.input,
      is: { sla: { endToEnd: { 'p99.9': '1s' } } },
    },
    { set: 'sla.checks[0].max=5%', read: (profile: Profile) => profile.config.sla.checks[0], is: { max: '5%' } },
    {
      set: 'engines.risk.settings.cache=off',
      read: (profile: Profile) => profile.config.engines['risk'],
      is: { settings: { cache: 'off' } },
    },
  ])('lays $set over the file', ({ set, read, is }) => {
    if (is === 'refused') expect(messageOf('sound', { set: [set] })).toContain('recorded arrivals take their times')
    else expect(read(load('sound', { set: [set] }))).toMatchObject(Object(is))
  })

  test.each([
    {
      set: 'load.arivals.rate=5/s',
      text: 'profile --set load.arivals.rate=5/s  unknown key "arivals" in load; did you mean "arrivals"?',
    },
    { set: 'load.warmup=5', text: 'profile --set load.warmup=5  "5" has no unit; write "5ms" or "5s"' },
    { set: 'load', text: 'profile --set load  not of the form path=value; write one such as load.arrivals.rate=500/s' },
    {
      set: 'sla.checks[7].max=1',
      text: 'profile --set sla.checks[7].max=1  sla.checks[7] is not in the list; its indexes are 0 to 0',
    },
    { set: 'load.seed=[1', text: 'not valid YAML' },
    { set: 'engines.riks.port=1', text: 'the engine riks does not ship with nautilus' },
  ])('names what is wrong with $set', ({ set, text }) => {
    expect(messageOf('sound', { set: [set] })).toContain(text)
  })

  test('an empty value takes a key away', () => {
    expect(load('sound', { set: ['services.store='] }).config.services).not.toHaveProperty('store')
  })
})

describe('the environment', () => {
  const env = { BUS_PASSWORD: 'opensesame', PRICER_KEY: 'k3y"/x', PRICER_PORT: '9100', DURATION: '20s' }

  test('fills values, as numbers where numbers are due', () => {
    const { config } = load('secrets', { env })
    expect(config.services['bus']).toMatchObject({ url: 'redis://:opensesame@10.0.0.1:6379' })
    expect(config.engines['pricer']?.port).toBe(9100)
    expect(config.load.duration).toBe(20e9)
  })

  test('gives defaults where it has nothing', () => {
    const { config } = load('secrets', { env: { BUS_PASSWORD: 'opensesame', PRICER_KEY: 'k' } })
    expect(config.engines['pricer']?.port).toBe(9001)
    expect(config.load.duration).toBe(10e9)
  })

  test('secrets are its text, passwords of URLs and telling variables, but no figures', () => {
    expect([...load('secrets', { env }).secrets].sort()).toEqual(['abc-def-ghi', 'hunter2', 'k3y"/x', 'opensesame'])
  })

  test('a secret does not appear in the message of an error', () => {
    const message = messageOf('secrets', { env: { ...env, DURATION: 'sesame-by-mistake' } })
    expect(message).toBe(
      'profile secrets.yaml:12:13  "***" is not a duration; write one such as "10ms"\n1 problem. Nothing was started.',
    )
  })
})

function thrownBy(run: () => unknown): NautilusError {
  try {
    run()
  } catch (error) {
    if (error instanceof NautilusError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
