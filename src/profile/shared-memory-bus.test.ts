import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { busAddress as handedOver } from '../platform/bus/config.js'
import { busAddress, busNote } from './bus-address.js'
import { loadProfile } from './load.js'

const addresses = { bus: 'unix:/run/redis.sock' }
const overSharedMemory = (...set: readonly string[]) =>
  loadProfile('algo-200ms', { cwd: packageRoot(), env: {}, set: ['bus.kind=shared-memory', ...set] })

test('shared memory is one word in a profile, with a region and a way to wait', () => {
  const there = (): null => null
  expect(busAddress(overSharedMemory(), 'abc123', addresses, there)).toEqual({
    ...{ kind: 'shared-memory', systemId: 'abc123', regionBytes: 64 * 1024 ** 2, wait: 'block', backlogMax: 100_000 },
  })
  const other = overSharedMemory('bus.region=128MiB', 'bus.wait=yield')
  expect(busAddress(other, 'abc123', addresses, there)).toMatchObject({ regionBytes: 128 * 1024 ** 2, wait: 'yield' })
  expect(busNote(other, there)).toBeNull()
})

test('a machine without it carries the topics by the Redis that the profile names, and says why', () => {
  const reason = 'the optional package koffi cannot be loaded (not found)'
  const away = (): string => reason
  expect(busAddress(overSharedMemory(), 'abc123', addresses, away)).toEqual({
    ...{ kind: 'redis', url: 'unix:/run/redis.sock', systemId: 'abc123', lists: {}, backlogMax: 100_000 },
    insteadBecause: reason,
  })
  expect(busNote(overSharedMemory(), away)).toBe(`bus: ${reason}; the Redis bus carries the topics instead`)
  expect(busNote(loadProfile('algo-200ms', { cwd: packageRoot(), env: {} }), away)).toBeNull()
})

test('what is handed over to a process is read there as it was written', () => {
  for (const problem of [null, 'this is darwin']) {
    const address = busAddress(overSharedMemory(), 'abc123', addresses, () => problem)
    expect(handedOver.parse(JSON.parse(JSON.stringify(address)))).toEqual(address)
  }
})

test.each(['bus.region=32MiB', 'bus.region=3GiB', 'bus.wait=sleep', 'bus.lists={}'])('%s is refused', (set) => {
  expect(() => overSharedMemory(set)).toThrow('bus')
})
