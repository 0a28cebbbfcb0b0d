import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { parseInjections } from './faults.js'
import { loadProfile } from './load.js'

const { config } = loadProfile('algo-200ms', { cwd: packageRoot(), env: {} })

test('faults are gathered by engine, as written', () => {
  expect(parseInjections(['risk:+7ms', 'risk:error=1%', 'matching:hang'], config)).toEqual({
    risk: ['+7ms', 'error=1%'],
    matching: ['hang'],
  })
})

test('every wrong option is named at once', () => {
  expect(() => parseInjections(['riks:+7ms', 'risk', 'risk:+7', 'risk:sleep', 'risk:hang'], config)).toThrow(
    `--inject riks:+7ms  the engine "riks" is not in the profile; did you mean "risk"?
--inject risk  not of the form ENGINE:FAULT; write one such as risk:+7ms
--inject risk:+7  "7" has no unit; write "7ms" or "7s"
--inject risk:sleep  "sleep" is not a fault; write one of +7ms, busy+2ms, error=1%, hang
4 problems. Nothing was started.`,
  )
})

test('a fault in an engine that only observes is refused', () => {
  const set = ['engines.portfolio={}', 'engines.pricer={command: [python3, pricer.py]}']
  const { config: wider } = loadProfile('algo-200ms', { cwd: packageRoot(), env: {}, set })
  expect(() => parseInjections(['portfolio:+7ms', 'pricer:+7ms'], wider)).toThrow(
    /the engine "portfolio" only observes, so that a fault in it changes nothing; .*\n.*the engine "pricer" is not one of ours/,
  )
})
