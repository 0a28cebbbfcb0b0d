import { expect, test } from 'vitest'
import type { Comparison } from '../results/comparison.js'
import { judgeComparison } from '../sla/comparison.js'
import { renderComparison } from './comparison.js'
import { comparisonSample } from './html/rich-run-fixture.js'

const compared = comparisonSample()

const junitOf = (of: Comparison): string =>
  renderComparison('junit', of, { verdict: judgeComparison(of), color: false })

/** What became of each case: `risk p95 has not become worse: failure`. */
const casesOf = (of: Comparison): string[] =>
  [...junitOf(of).matchAll(/classname="nautilus\.algo-200ms\.([^"]*)" name="([^"]*)"(?:\/>|>\s+<(\w+))/g)].map(
    ([, component, name, element]) => `${component} ${name}: ${element ?? 'passed'}`,
  )

test('each metric is a case, in the order of their names whatever was found', () => {
  expect(casesOf({ ...compared, watched: ['risk.p95', 'cpu.risk'] })).toEqual([
    'end-to-end p95 has not become worse: failure',
    'load throughput has not become worse: passed',
    'risk p95 has not become worse: failure',
    'risk cpu has not become worse: error',
    'market-data p50 has not moved: passed',
    'instrument rounds have figures: passed',
    'instrument comparison is whole: passed',
  ])
})

test('what is undecided is skipped, and what A against itself leaves open is what it looks for', () => {
  const open = { ...compared, deciding: ['endToEnd.p95'], controls: [], rounds: compared.rounds.slice(0, 3) }
  expect(casesOf(open)[0]).toBe('end-to-end p95 has not become worse: skipped')
  expect(casesOf({ ...open, kind: 'aa' })[0]).toBe('end-to-end p95 has not become worse: passed')
})

test('a control that moved is skipped with its word, for that is no failure of B', () => {
  const moved = { ...compared, deciding: ['throughput'], controls: ['endToEnd.p95'] }
  expect(casesOf(moved)[1]).toBe('end-to-end p95 has not moved: skipped')
  expect(junitOf(moved)).toMatch(/<skipped message="moved: endToEnd\.p95 \+\d+ %/)
})

test('no figure stands in a name or as a time, and the counts are those of the cases', () => {
  const text = junitOf(compared)
  expect(text).not.toContain('time="')
  expect(casesOf(compared).join('\n')).not.toMatch(/\d (ms|%)/)
  expect(text).toContain('<testsuites name="nautilus" tests="5" failures="1" errors="0">')
})

test('a comparison that was stopped without a round says so, and has nothing for any metric', () => {
  expect(casesOf({ ...compared, rounds: [], interrupted: 'SIGINT' })).toEqual([
    'end-to-end p95 has not become worse: error',
    'load throughput has not become worse: error',
    'market-data p50 has not moved: error',
    'instrument rounds have figures: passed',
    'instrument comparison is whole: error',
  ])
})
