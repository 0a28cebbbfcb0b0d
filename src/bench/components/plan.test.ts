import { expect, test } from 'vitest'
import type { ListedCase } from '../../core/component-case.js'
import { claimConfig } from '../../sla/component-config.js'
import { componentsConfig } from './config.js'
import { componentNames, planComponents, variantsNamed } from './plan.js'

const listed = (name: string, ...variants: string[]): ListedCase => ({
  name,
  variants: variants.length === 0 ? [''] : variants,
  load: () => Promise.reject(new Error('nothing is loaded to plan')),
})
const cases = [listed('risk.check', 'cached', 'uncached'), listed('breaker.call'), listed('lru.get', 'small', 'large')]

function groupsOf(components: readonly unknown[], claims: readonly unknown[] = []) {
  const config = {
    components: componentsConfig.parse(components),
    claims: claims.map((claim) => claimConfig.parse(claim)),
  }
  return planComponents(config, cases).groups.map(({ variants, durationNs }) => ({
    durationNs,
    variants: Object.fromEntries(variants.map(({ name, limitsNs }) => [name, limitsNs])),
  }))
}

test('a case can be named as a whole, and each of its variants by itself', () => {
  expect(componentNames(cases)).toEqual([
    'risk.check',
    'risk.check.cached',
    'risk.check.uncached',
    'breaker.call',
    'lru.get',
    'lru.get.small',
    'lru.get.large',
  ])
  expect(variantsNamed('risk.check.uncached', cases)).toMatchObject([{ caseName: 'risk.check', variant: 'uncached' }])
})

test('a limit on a case is one on its first variant, and each limit is counted once', () => {
  expect(
    groupsOf([
      { case: 'risk.check', p95: '10us', p99: '20us', max: '20us', duration: '1s' },
      { case: 'risk.check.uncached', p95: '3us' },
      'breaker.call',
    ]),
  ).toEqual([
    {
      durationNs: 2e9,
      variants: { 'risk.check.cached': [10_000, 20_000], 'risk.check.uncached': [3_000] },
    },
    { durationNs: 2e9, variants: { 'breaker.call': [] } },
  ])
})

test('what a claim compares is measured in turns, in one group, and never twice', () => {
  const claim = { id: 'A', compare: ['lru.get.small', 'breaker.call'], claimed: { after: '1us' } }
  expect(groupsOf(['risk.check', { case: 'breaker.call', p95: '1us', duration: '3s' }], [claim])).toEqual([
    { durationNs: 2e9, variants: { 'risk.check.cached': [], 'risk.check.uncached': [] } },
    { durationNs: 3e9, variants: { 'breaker.call': [1_000], 'lru.get.small': [] } },
  ])
})

test('a claim alone is measured too', () => {
  const claim = { id: 'A', compare: ['risk.check'], claimed: { after: '<1ms' } }
  expect(groupsOf([], [claim])).toEqual([{ durationNs: 2e9, variants: { 'risk.check.cached': [] } }])
})
