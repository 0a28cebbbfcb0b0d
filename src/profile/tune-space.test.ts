import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { loadProfile } from './load.js'
import { readTuneSpace, type TuneSpace } from './tune-space.js'

const profileWith = (...set: readonly string[]) => loadProfile('algo-200ms', { cwd: packageRoot(), env: {}, set })

function spaceOf(tune: string, ...set: readonly string[]): TuneSpace {
  const { config } = profileWith(...set, `tune=${tune}`)
  const read = readTuneSpace(config.tune ?? { settings: {}, forbidden: [] }, config)
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  return read
}

const window = 'engines.order-gateway.settings.batch.window'
const ordersMax = 'engines.order-gateway.settings.batch.ordersMax'
const method = 'engines.signals.settings.method'
const shop = 'engines.shop={ command: [node, shop.mjs, --threads, "4"], env: { POOL: "8", SHARE: "0.5" } }'

test('a setting without a range has that of the reference, in base units, and begins where the profile is', () => {
  const { space, current } = spaceOf(`{ settings: { ${window}: {}, ${ordersMax}: {} } }`)
  expect(space.parameters).toEqual([
    { name: window, kind: 'float', min: 100_000, max: 50_000_000, scale: 'log' },
    { name: ordersMax, kind: 'int', min: 1, max: 500, scale: 'log' },
  ])
  expect(current).toEqual({ [window]: 10_000_000, [ordersMax]: 50 })
})

test('variables and arguments of a command of the user are settings like any other, and stay text', () => {
  const range = '{ min: 1, max: 64, scale: log }'
  const settings = `engines.shop.env.POOL: ${range}, engines.shop.env.SHARE: { type: float, min: 0, max: 1 }, "engines.shop.command[3]": ${range}`
  const { space, current, rounded, overridesOf } = spaceOf(`{ settings: { ${settings} } }`, shop)
  expect(space.parameters.map(({ kind }) => kind)).toEqual(['int', 'float', 'int'])
  expect(current).toEqual({ 'engines.shop.env.POOL': 8, 'engines.shop.env.SHARE': 0.5, 'engines.shop.command[3]': 4 })
  const chosen = { 'engines.shop.env.POOL': 16, 'engines.shop.env.SHARE': 0.123_456, 'engines.shop.command[3]': 2 }
  const set = overridesOf(rounded(chosen))
  const { env, command } = profileWith(shop, ...set).config.engines['shop'] ?? {}
  expect({ env, command }).toEqual({
    env: { POOL: '16', SHARE: '0.123' },
    command: ['node', 'shop.mjs', '--threads', '2'],
  })
})

test('what a search chose is rounded as a person would, and stands in the profile just so', () => {
  const { rounded, overridesOf } = spaceOf(`{ settings: { ${window}: {} } }`)
  fc.assert(
    fc.property(fc.double({ min: 100_000, max: 50_000_000, noNaN: true }), (chosen) => {
      const settings = rounded({ [window]: chosen })
      const { config } = profileWith(...overridesOf(settings))
      const { batch } = JSON.parse(JSON.stringify(config.engines['order-gateway']?.settings))
      expect(batch.window).toBe(settings[window])
      expect(Math.abs(Number(settings[window]) / chosen - 1)).toBeLessThan(0.006)
    }),
    { numRuns: 30 },
  )
})

test('rounding leaves neither the range nor what is allowed', () => {
  const range = '{ min: 1.2345ms, max: 19.876ms }'
  const { rounded, overridesOf } = spaceOf(
    `{ settings: { ${window}: ${range} }, forbidden: [{ ${window}: { min: 8ms, max: 9ms } }] }`,
  )
  expect(rounded({ [window]: 19_876_000 })).toEqual({ [window]: 19_876_000 })
  expect(overridesOf({ [window]: 19_876_000 })).toEqual([`${window}=19.876ms`])
  expect(rounded({ [window]: 1_234_500 })).toEqual({ [window]: 1_234_500 })
  expect(rounded({ [window]: 9_001_000 })).toEqual({ [window]: 9_001_000 })
  expect(rounded({ [window]: 9_011_000 })).toEqual({ [window]: 9_010_000 })
})

test('conditions and forbidden combinations compare amounts with amounts and choices with choices', () => {
  const { space } = spaceOf(
    `{ settings: { ${window}: { min: 1ms, max: 20ms, when: { ${ordersMax}: { min: 2 } } }, ${ordersMax}: {} }, forbidden: [{ ${window}: { max: 2ms }, ${ordersMax}: [1, 2] }] }`,
  )
  expect(space.parameters[0]?.when).toEqual({ [ordersMax]: { min: 2 } })
  expect(space.forbidden).toEqual([{ [window]: { max: 2_000_000 }, [ordersMax]: [1, 2] }])
})

test('a choice is written as the person wrote it', () => {
  const choices = '[1ms, 10ms, 20ms]'
  const { current, overridesOf } = spaceOf(`{ settings: { ${window}: { choices: ${choices} }, ${method}: {} } }`)
  expect(current[window]).toBe('10ms')
  expect(overridesOf({ [window]: '20ms' })).toEqual([`${window}=20ms`])
})

test.each(['a, b', 'on: off', '# none', '1e3', '.5', 'null', '', ' x', '~', 'plain-text', '5%'])(
  'the text "%s" stays that text',
  (text) => {
    const name = 'engines.shop.env.MODE'
    const own = `engines.shop={ command: [node], env: { MODE: ${JSON.stringify(text)} } }`
    const choices = JSON.stringify([text, 'other'])
    const { current, overridesOf } = spaceOf(`{ settings: { ${name}: { choices: ${choices} } } }`, own)
    expect(current).toEqual({ [name]: text })
    expect(profileWith(own, ...overridesOf(current)).config.engines['shop']?.env).toEqual({ MODE: text })
  },
)
