import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { matchingExecute } from './cases.js'
import type { Answer } from './core.js'

test('every command of the measured flow is accepted, and trades and cancels among them', async () => {
  const prepared = present(await matchingExecute.variants['']?.(), 'the case has one variant without a name')
  const kinds = new Map<string, number>()
  for (let sample = 0; sample < 60; sample += 1) {
    for (let call = 0; call < 1_000; call += 1) {
      const { reports, repeated } = prepared.call() as Answer
      if (repeated) kinds.set('repeated', 1)
      for (const { execType } of reports) kinds.set(execType, (kinds.get(execType) ?? 0) + 1)
    }
    prepared.restore?.()
  }
  expect([...kinds.keys()].toSorted()).toEqual(['canceled', 'new', 'trade'])
})
