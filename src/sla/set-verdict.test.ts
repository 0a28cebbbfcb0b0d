import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { judgeSet } from './set-verdict.js'

const sample = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results', `${name}.json`), 'utf8')))

/** Run `id` whose end-to-end p95 is a share of the limit of 200 ms. */
const runAt = (id: string, share: number): RunResult => {
  const pass = sample('pass')
  return { ...pass, id, endToEnd: { ...pass.endToEnd, summary: { ...pass.endToEnd.summary, p95Ns: share * 200e6 } } }
}

const whole = [runAt('slow', 0.12), runAt('quick', 0.1), runAt('middle', 0.11)]
const judged = (results: readonly RunResult[], wantedCount = 3) =>
  judgeSet(results, { wantedCount, interrupted: null }, {})

test('the run in the middle stands for the set, and the verdict is across all', () => {
  const { result, verdict } = judged(whole)
  expect([result.id, verdict.runCount]).toEqual(['middle', 3])
})

test.each([
  { what: 'a signal', interrupted: 'SIGINT', status: 'interrupted', exit: 130 },
  { what: 'an engine that died', interrupted: 'risk exited with code 1', status: 'interrupted', exit: 4 },
  { what: 'a server that died', interrupted: 'service bus exited with 1', status: 'interrupted', exit: 6 },
])('a set that $what cut short says so and never passes', ({ interrupted, status, exit }) => {
  const { result, verdict } = judged([...whole.slice(0, 2), { ...runAt('cut', 0.1), interrupted }])
  expect([verdict.status, verdict.exit]).toEqual([status, exit])
  expect(result.interrupted).toBe(`${interrupted} in run 3 of 3`)
})

test('a set that was stopped between two runs says so', () => {
  const { result, verdict } = judgeSet(whole, { wantedCount: 5, interrupted: 'SIGINT' }, {})
  expect([verdict.status, verdict.exit, result.interrupted]).toEqual(['interrupted', 130, 'SIGINT before run 4 of 5'])
})

test('an invalid run beside enough whole ones is left out', () => {
  const { verdict } = judged([...whole, { ...sample('invalid'), id: 'bad' }])
  expect(verdict.runCount).toBe(3)
  expect(verdict.status).not.toBe('invalid')
  expect(verdict.reasons).toContain('1 of 4 runs were not whole or invalid, and left out')
})

test('fewer valid runs than were wanted are no verdict', () => {
  const { verdict } = judged([...whole.slice(0, 2), sample('invalid'), sample('invalid'), sample('invalid')])
  expect([verdict.status, verdict.exit]).toEqual(['invalid', 4])
  expect(verdict.reasons[0]).toBe('only 2 of 3 runs are valid')
})

test('no valid run at all is no verdict', () => {
  const { verdict } = judged([sample('invalid'), sample('invalid'), sample('invalid')])
  expect([verdict.status, verdict.exit]).toEqual(['invalid', 4])
})
