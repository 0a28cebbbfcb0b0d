import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { nsPerMs, nsPerSec } from '../core/units.js'
import { type RunResult, type RunResultInput, runResult } from '../results/run-result.js'
import { busLoads, busSentence } from './bus-load.js'
import { breakerSentences, recoverySentences } from './recovery.js'

const good: RunResultInput = JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8'))

const withParts = (parts: Partial<RunResultInput>): RunResult => runResult.parse({ ...good, ...parts })

test('the load of a bus is told by the second, and what of its connection cannot be set', () => {
  const load = {
    elapsedNs: 2 * nsPerSec,
    messages: 4_000,
    bytesIn: 4 * 1024 * 1024,
    bytesOut: 2_048,
    cpuNs: 0.5 * nsPerSec,
  }
  const buses: RunResult['buses'] = [
    { name: 'logic', ...load, transport: 'unix', notSettable: [] },
    { name: 'market', ...load, transport: 'tcp', notSettable: ['keep-alive interval', 'keep-alive count'] },
  ]
  const words = '2,000/s messages, 2.00 MiB/s in, 1.00 KiB/s out, CPU 25 %'
  expect(busLoads(withParts({ buses }))).toEqual([
    { name: 'logic', words: `${words}, unix` },
    { name: 'market', words: `${words}, tcp (keep-alive interval and keep-alive count not settable)` },
  ])
  expect(busLoads(withParts({}))).toEqual([])
})

test('an engine that was started anew is told with its outage and what it was given again', () => {
  const engine = { name: 'risk', cpuNs: null, rssBytesMax: null, runQueueNs: null }
  const engines: RunResultInput['engines'] = [
    { ...engine, instance: 0, restartCount: 1, recoveryNsMax: 620 * nsPerMs, counters: { redelivered: 37 } },
    {
      ...engine,
      instance: 1,
      restartCount: 2,
      recoveryNsMax: null,
      counters: { 'breaker opened': 2, 'breaker closed': 1 },
    },
    { ...engine, instance: 2, restartCount: 0, counters: { redelivered: 5 } },
  ]
  expect(recoverySentences(withParts({ engines }))).toEqual([
    'risk died once, back after 620 ms; 37 messages delivered again',
    'risk-1 was restarted 2 times',
  ])
  expect(breakerSentences(withParts({ engines }))).toEqual(['risk-1 opened 2 times, closed once'])
})

test.each([
  { bus: null, told: null },
  { bus: { kind: 'redis', wait: null, problem: null }, told: null },
  { bus: { kind: 'shared-memory', wait: 'yield', problem: null }, told: 'shared memory, wait yield' },
  { bus: { kind: 'redis', wait: null, problem: 'this is darwin' }, told: 'redis, because this is darwin' },
] as const)('a bus that is not the usual one is told: $told', ({ bus, told }) => {
  expect(busSentence(withParts({ bus }))).toBe(told)
})
