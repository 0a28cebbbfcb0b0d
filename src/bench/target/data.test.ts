import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { NautilusError } from '../../core/errors.js'
import { type DataPlan, openFeed } from './data.js'

const folder = mkdtempSync(join(tmpdir(), 'nautilus-data-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const planOf = (text: string, changes: Partial<DataPlan> = {}): DataPlan => {
  const file = join(folder, `rows.${changes.format ?? 'csv'}`)
  writeFileSync(file, text)
  return { file, format: 'csv', order: 'in-turn', seed: 1, ...changes }
}

describe('a feed', () => {
  const text = ['id', ...Array.from({ length: 10 }, (_, index) => `r${index}`)].join('\n')

  test('in turn begins again after the last row', () => {
    const feed = openFeed(planOf(text), ['id'])
    expect([0, 9, 10, 25].map((seq) => feed.rowOf(seq)[0])).toEqual(['r0', 'r9', 'r0', 'r5'])
  })

  test('at random is the same for the same seed, another for another, and uses every row alike', () => {
    const drawn = (seed: number): string[] => {
      const feed = openFeed(planOf(text, { order: 'random', seed }), ['id'])
      return Array.from({ length: 5_000 }, (_, seq) => feed.rowOf(seq)[0] ?? '')
    }
    const first = drawn(1)
    expect(drawn(1)).toEqual(first)
    expect(drawn(2)).not.toEqual(first)
    const counts = new Map<string, number>()
    for (const row of first) counts.set(row, (counts.get(row) ?? 0) + 1)
    expect(counts.size).toBe(10)
    // 500 expected of each, with a standard deviation of 21.
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(106)
  })

  test.each([
    { plan: () => planOf('id,sku\n1,2\n'), wanted: ['skew'], says: /rows\.csv: no column "skew"/ },
    { plan: () => null, wanted: ['sku'], says: 'a request names {{sku}}, but there are no rows to take it from' },
    {
      plan: () => planOf('', { file: join(folder, 'gone.csv') }),
      wanted: [],
      says: /^cannot read .*gone\.csv: ENOENT/,
    },
  ])('what is missing is named: $says', ({ plan, wanted, says }) => {
    expect(() => openFeed(plan(), wanted)).toThrow(says)
    expect(() => openFeed(plan(), wanted)).toThrow(NautilusError)
  })
})
