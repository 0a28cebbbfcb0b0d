import { expect, test } from 'vitest'
import { verdicts } from './book-terms.js'
import { bookAdd, bookCancel, bookExecute } from './cases.js'

test.each([
  { measured: bookAdd, verdict: verdicts.rested },
  { measured: bookCancel, verdict: verdicts.done },
  { measured: bookExecute, verdict: verdicts.done },
])('$measured.name does what it says, sample after sample', async ({ measured, verdict }) => {
  const prepared = await measured.variants['']?.()
  for (let sample = 0; sample < 30; sample += 1) {
    const found = new Set<unknown>()
    for (let call = 0; call < 1_000; call += 1) found.add(prepared?.call())
    prepared?.restore?.()
    expect([...found]).toEqual([verdict])
  }
})
