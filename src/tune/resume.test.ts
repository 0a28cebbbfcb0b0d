import { expect, test } from 'vitest'
import { differencesOf } from './resume.js'

const study = {
  machineClass: 'm-2cores',
  profileName: 'desk',
  input: { name: 'desk', load: { duration: '5s' }, engines: { shop: { command: ['node', 'shop.mjs'] } } },
  goal: 'minimise endToEnd.p95',
  seed: 1,
  space: { parameters: [{ name: 'pool', kind: 'int', min: 1, max: 64 }], forbidden: [] },
  current: { pool: 1 },
}

test('the same study differs in nothing', () => {
  expect(differencesOf(study, structuredClone(study))).toEqual([])
})

test.each([
  { now: { machineClass: 'm-4cores' }, said: ['the machine is m-4cores, the study is from m-2cores'] },
  { now: { seed: 2 }, said: ['the seed is 2, that of the study 1'] },
  {
    now: { input: { ...study.input, load: { duration: '9s', rate: '10/s' } } },
    said: ['load.duration is "9s", in the study "5s"', 'load.rate is "10/s", in the study not there'],
  },
  {
    now: { input: { ...study.input, engines: { shop: { command: ['node', 'slow.mjs'] } } } },
    said: ['engines.shop.command.1 is "slow.mjs", in the study "shop.mjs"'],
  },
  {
    now: { space: { parameters: [{ name: 'pool', kind: 'int', min: 1, max: 32 }], forbidden: [] } },
    said: ['the space: parameters.0.max is 32, in the study 64'],
  },
])('what differs is named: $said', ({ now, said }) => {
  expect(differencesOf(study, { ...study, ...now })).toEqual(said)
})
