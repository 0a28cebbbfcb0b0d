import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { messageOf } from '../core/errors.js'
import { distFile } from '../core/paths.js'
import { acquireLock, holderSentence, lockAddress } from './lock.js'

let lockCount = 0
const freshAddress = (): string => {
  lockCount += 1
  return lockAddress(`nautilus-test-${process.pid}-${lockCount}`)
}
const first = { pid: 101, profileName: 'algo-200ms', runId: '7f3c' }
const second = { pid: 202, profileName: 'quickstart', runId: '9a00' }

/** What one who comes now is told; null where the lock is free. */
const refusal = (address: string): Promise<string | null> =>
  acquireLock({ pid: 303, profileName: 'minimal', runId: '0000' }, { address }).then(
    (lock) => lock.release().then(() => null),
    (error: unknown) => messageOf(error),
  )

test('the second measurement is told who measures, and exits 6', async () => {
  const address = freshAddress()
  const lock = await acquireLock(first, { address })
  await expect(acquireLock(second, { address })).rejects.toMatchObject({
    code: 'ALREADY_MEASURING',
    exit: 6,
    message: 'process 101 measures algo-200ms (run 7f3c) for 0 s',
  })
  await lock.release()
})

test.each([
  [0, '0 s'],
  [95e9, '95 s'],
  [45 * 60e9 + 20e9, '45 min'],
])('a measurement that has lasted %i ns is told with its run and for how long', (elapsedNs, span) => {
  expect(holderSentence({ ...first, elapsedNs })).toBe(`process 101 measures algo-200ms (run 7f3c) for ${span}`)
})

test('after its release the lock is free, and a second release does no harm', async () => {
  const address = freshAddress()
  const lock = await acquireLock(first, { address })
  expect(await refusal(address)).toContain(`measures ${first.profileName} `)
  await lock.release()
  await lock.release()
  expect(await refusal(address)).toBeNull()
  const again = await acquireLock(second, { address })
  await again.release()
})

test('one that queues waits for the end, is told for whom, and then measures', async () => {
  const address = freshAddress()
  const lock = await acquireLock(first, { address })
  const told: unknown[] = []
  const stop = new AbortController().signal
  const waiting = acquireLock(second, { address, queue: { stop, onWait: (holder) => told.push(holder) } })
  await expect.poll(() => told.length).toBe(1)
  await lock.release()
  const next = await waiting
  expect(told[0]).toMatchObject(first)
  expect(await refusal(address)).toContain(`measures ${second.profileName} `)
  await next.release()
})

test('a wait in the queue ends when it is aborted, with the reason', async () => {
  const address = freshAddress()
  const lock = await acquireLock(first, { address })
  const stop = new AbortController()
  const waiting = acquireLock(second, { address, queue: { stop: stop.signal, onWait: () => stop.abort('SIGINT') } })
  await expect(waiting).rejects.toBe('SIGINT')
  await lock.release()
})

test('a holder that does not say who it is holds the lock all the same', async () => {
  const address = freshAddress()
  const stranger = createServer((socket) => socket.end('hello\n')).listen(address)
  await once(stranger, 'listening')
  await expect(acquireLock(first, { address })).rejects.toThrow('another measurement runs on this machine')
  stranger.close()
  await once(stranger, 'close')
})

test('a holder that is killed frees the lock and leaves no file', async () => {
  const address = freshAddress()
  const program = `
    const { acquireLock } = await import(${JSON.stringify(distFile('results/lock.js'))})
    await acquireLock({ pid: process.pid, profileName: 'p', runId: 'abcd' }, { address: ${JSON.stringify(address)} })
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  expect(await refusal(address)).toContain(`process ${child.pid} measures`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = await acquireLock(first, { address })
  await lock.release()
})

test('the lock does not keep its process alive', async () => {
  const address = freshAddress()
  const program = `
    const { acquireLock } = await import(${JSON.stringify(distFile('results/lock.js'))})
    await acquireLock({ pid: process.pid, profileName: 'p', runId: 'abcd' }, { address: ${JSON.stringify(address)} })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})
