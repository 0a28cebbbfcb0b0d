import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { parseCpuTicks, parsePressure, readCpuTicks, readGit, readMachine, readThrottledNs } from './machine.js'
import { machine } from './run-result.js'

test('the fingerprint of this machine has the form of the result', () => {
  expect(() => machine.parse(readMachine(readCpuTicks()))).not.toThrow()
  expect(readMachine(null).stealShare).toBeNull()
})

test('steal and total are read from the line of all cores', () => {
  expect(parseCpuTicks('cpu  10 1 5 100 2 0 1 7 3 0\ncpu0 1 2 3 4 5 6 7 8\n')).toEqual({ total: 126, steal: 7 })
  expect(parseCpuTicks('intr 5')).toBeNull()
})

test('pressure is the average of ten seconds', () => {
  expect(parsePressure('some avg10=3.25 avg60=1.00 avg300=0.5 total=1\nfull avg10=9 avg60=0')).toBe(3.25)
  expect(parsePressure(null)).toBeNull()
})

test('throttling is a number or not readable', () => {
  const throttledNs = readThrottledNs()
  expect(throttledNs === null || throttledNs >= 0).toBe(true)
})

test('outside of a repository there is no commit', () => {
  expect(readGit(tmpdir())).toBeNull()
})
