import { expect, test } from 'vitest'
import { nearName, nearNameHint } from './near-name.js'

test.each([
  { name: 'laod', candidates: ['load', 'sla'], near: 'load' },
  { name: 'windw', candidates: ['window', 'itemsMax'], near: 'window' },
  { name: 'Warmup', candidates: ['warmup'], near: 'warmup' },
  { name: 'pricer', candidates: ['risk', 'signals'], near: null },
  { name: 'x', candidates: [], near: null },
])('guesses what $name was meant to be', ({ name, candidates, near }) => {
  expect(nearName(name, candidates)).toBe(near)
})

test('lists what is known where nothing is near', () => {
  expect(nearNameHint('pricer', ['risk', 'signals'])).toBe('known: risk, signals')
  expect(nearNameHint('laod', ['load'])).toBe('did you mean "load"?')
})
