import { afterEach, describe, expect, test } from 'vitest'
import { callsPerSampleMax, type PreparedCase } from '../../core/component-case.js'
import { listedCases, loadCase } from './catalog.js'

/** Cases whose call takes milliseconds, or whose answer is long. */
const slow = /orthogonalise|z-score|100k|correlation/
const open: PreparedCase[] = []
afterEach(async () => {
  for (const prepared of open.splice(0)) await prepared.close?.()
})

async function prepare(name: string, variant: string): Promise<PreparedCase> {
  const { variants } = await loadCase(name)
  const prepared = await variants[variant]?.()
  if (prepared === undefined) throw new Error(`${name} has no variant "${variant}"`)
  open.push(prepared)
  return prepared
}

async function callOften(prepared: PreparedCase, count: number): Promise<unknown[]> {
  const answers: unknown[] = []
  for (let call = 0; call < count; call += 1) answers.push(await prepared.call())
  return answers
}

test('cases have names of their own, and a profile can tell them from their variants', () => {
  const names = listedCases.flatMap(({ name, variants }) => [
    name,
    ...variants.filter((variant) => variant !== '').map((variant) => `${name}.${variant}`),
  ])
  expect(new Set(names).size).toBe(names.length)
})

describe.each(listedCases.map(({ name, variants }) => ({ name, variants })))('$name', ({ name, variants }) => {
  test('is what the list says of it', async () => {
    const loaded = await loadCase(name)
    expect(loaded.name).toBe(name)
    expect(Object.keys(loaded.variants)).toEqual(variants)
    expect(loaded.description).toMatch(/^[A-Z].*\.$/)
  })

  test.each(variants.map((variant) => ({ variant })))(
    'gives the same answers each time it is prepared: "$variant"',
    async ({ variant }) => {
      if (name === 'telemetry.time') return
      const [first, second] = [await prepare(name, variant), await prepare(name, variant)]
      const count = slow.test(name) ? 2 : 100
      expect(await callOften(first, count)).toEqual(await callOften(second, count))
    },
  )

  test.each(variants.map((variant) => ({ variant })))(
    'bears as many calls as a sample may hold: "$variant"',
    async ({ variant }) => {
      const prepared = await prepare(name, variant)
      if (prepared.restore === undefined) return
      for (let round = 0; round < 3; round += 1) {
        await callOften(prepared, callsPerSampleMax)
        prepared.restore()
      }
    },
  )
})
