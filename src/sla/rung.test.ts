import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { rungOf } from './rung.js'

const fixture = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), `fixtures/results/${name}.json`), 'utf8')))
const pass = fixture('pass')
const wholeNs = 10 * pass.load.durationNs

/** The medians of the intervals grow from one value to another. */
function growing(fromNs: number, toNs: number): RunResult {
  const { intervals } = pass.endToEnd
  const grown = intervals.map((interval, index) => ({
    ...interval,
    p50Ns: fromNs + ((toNs - fromNs) * index) / intervals.length,
  }))
  return { ...pass, endToEnd: { ...pass.endToEnd, intervals: grown } }
}

test('a run that passes holds its rate, and nothing is broken', () => {
  const { rung, said } = rungOf(pass, wholeNs)
  expect(said).toEqual({ answer: 'holds', worthLonger: false })
  expect(rung).toMatchObject({ answer: 'holds', broken: null, ratePerSec: pass.load.targetRatePerSec, reasons: [] })
})

test('a run that fails names the component that is worst, before the whole', () => {
  const { rung, said } = rungOf(fixture('risk-fail'), wholeNs)
  expect(said.answer).toBe('breaks')
  expect(rung.broken).toMatchObject({ component: 'risk', check: 'risk.p95', kind: 'latency' })
  expect(rung.broken?.observed ?? 0).toBeGreaterThan(rung.broken?.limit ?? 0)
})

test.each([
  {
    name: 'of an invalid instrument',
    change: { fidelity: { ...pass.fidelity, status: 'invalid' } },
    answer: 'instrument',
  },
  { name: 'of a system that died under it', change: { interrupted: 'risk exited with code 1' }, answer: 'breaks' },
] as const)('what a rung says $name', ({ change, answer }) => {
  const { rung } = rungOf({ ...pass, ...change }, wholeNs)
  expect(rung.answer).toBe(answer)
  if ('interrupted' in change) expect(rung.reasons).toContain(change.interrupted)
})

test('a queue that still fills is no pass while it is short: it would meet its limit before the full length', () => {
  expect(rungOf(growing(10e6, 60e6), wholeNs).said).toEqual({ answer: 'undecided', worthLonger: true })
  expect(rungOf(growing(10e6, 60e6), wholeNs).rung.reasons).toContain(
    'response times were still growing when the rung ended',
  )
  expect(rungOf(growing(10e6, 60e6), pass.load.durationNs).said.answer).toBe('holds')
  expect(rungOf(growing(10e3, 60e3), wholeNs).said.answer).toBe('holds')
  expect(rungOf(growing(10e6, 12e6), wholeNs).said.answer).toBe('holds')
})
