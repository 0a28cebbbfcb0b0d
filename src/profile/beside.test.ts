import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { catalog } from '../engines/catalog.js'
import { examineProfile } from './load.js'
import { enginesOf } from './plan.js'

const examined = (...set: string[]) => examineProfile('algo-200ms', { cwd: packageRoot(), env: {}, set })

test('engines beside the pipeline need no share of the budget, and start after those of the pipeline', () => {
  const { profile } = examined('engines.factor={}', 'engines.features={}')
  const names = profile === null ? [] : enginesOf(profile.config).map(([name]) => name)
  expect(names.slice(-3)).toEqual(['matching', 'features', 'factor'])
})

const observers = Object.keys(catalog).filter((name) => catalog[name]?.beside === true)

test.each([
  {
    set: ['engines.portfolio={}', 'sla.budget.risk.of=[risk, portfolio]'],
    text: 'sla.budget.risk names "portfolio", an engine beside the pipeline; no message waits for it, remove it',
  },
  ...observers.map((name) => ({
    set: [`engines.${name}={replicas: 2}`],
    text: `engines.${name}.replicas is 2, must be 1: each instance would tell the same figures again`,
  })),
])('$text', ({ set, text }) => {
  const found = examined(...set)
  expect(found.profile === null ? found.message : 'ok').toContain(text)
})
