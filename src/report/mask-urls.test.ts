import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { runResult } from '../results/run-result.js'
import { judge } from '../sla/verdict.js'
import { withMaskedWords } from './mask-urls.js'

const sample = runResult.parse(
  JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/store-disagrees.json'), 'utf8')),
)

test('secrets are masked in the words of others, and reasons that become one are added up', () => {
  const result = withMaskedWords(
    {
      ...sample,
      interrupted: 'risk said open-sesame',
      accounting: { ...sample.accounting, reasons: { 'no open-sesame': 2, 'no sesame-open': 3 } },
    },
    ['open-sesame', 'sesame-open'],
  )
  expect(result.interrupted).toBe('risk said ***')
  expect(result.accounting.reasons).toEqual({ 'no ***': 5 })
})

test('a secret that is a name or a figure of the result changes no judgement', () => {
  const { name, summary } = sample.endToEnd
  const result = withMaskedWords(sample, [name, String(summary.count), 'matching', 'risk'])
  expect(judge(result).checks.map(({ status }) => status)).toEqual(judge(sample).checks.map(({ status }) => status))
  expect(result.endToEnd).toEqual(sample.endToEnd)
})
