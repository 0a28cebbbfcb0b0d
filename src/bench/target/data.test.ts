import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { NautilusError } from '../../core/errors.js'
import { type DataPlan, openFeed, parseRows } from './data.js'

const folder = mkdtempSync(join(tmpdir(), 'nautilus-data-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const planOf = (text: string, changes: Partial<DataPlan> = {}): DataPlan => {
  const file = join(folder, `rows.${changes.format ?? 'csv'}`)
  writeFileSync(file, text)
  return { file, format: 'csv', order: 'in-turn', seed: 1, ...changes }
}

describe('comma-separated rows', () => {
  test('fields in quotes hold separators, line ends and doubled quotes', () => {
    const { columns, rows } = parseRows('id,text\r\n1,"a, ""b""\nc"\r\n2,\n\n3,x', 'csv', 'rows.csv')
    expect(columns).toEqual(['id', 'text'])
    expect(rows).toEqual([
      ['1', 'a, "b"\nc'],
      ['2', ''],
      ['3', 'x'],
    ])
  })

  test('whatever was written in quotes is read as it was', () => {
    const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1, maxLength: 20 }), (rows) => {
        const text = ['a,b', ...rows.map((row) => row.map(quoted).join(','))].join('\r\n')
        expect(parseRows(text, 'csv', 'x').rows).toEqual(rows)
      }),
    )
  })

  test.each([
    { text: '', says: 'rows.csv:1 there is no row; at least one is needed' },
    { text: 'id\n', says: 'rows.csv:1 there is no row; at least one is needed' },
    { text: 'id,text\n1,2\n3\n', says: 'rows.csv:3 1 fields, but the header names 2' },
    { text: 'id\n"a\nb"\n"c', says: 'rows.csv:4 a quote is opened and never closed' },
    { text: 'id\n"a"b\n', says: 'rows.csv:2 text after a closing quote' },
    { text: 'id\na"b\n', says: 'rows.csv:2 a quote within a field that has none around' },
    { text: 'id,id\n1,2\n', says: 'rows.csv:1 the header has the column "id" twice' },
    { text: 'id,\n1,2\n', says: 'rows.csv:1 column 2 of the header has no name' },
    { text: 'seq\n1\n', says: 'rows.csv:1 a column is called "seq", which is the number of the request; rename it' },
  ])('$text: $says', ({ text, says }) => {
    expect(() => parseRows(text, 'csv', 'rows.csv')).toThrow(says)
  })
})

describe('one JSON object a line', () => {
  test('columns are those of the first, and what is no text is written as JSON', () => {
    const { columns, rows } = parseRows('\ufeff{"id":1,"tags":["a"]}\n\n{"tags":null,"id":"x"}', 'ndjson', 'rows')
    expect(columns).toEqual(['id', 'tags'])
    expect(rows).toEqual([
      ['1', '["a"]'],
      ['x', 'null'],
    ])
  })

  test.each([
    { text: '{"id":1}\n{"id":', says: /^rows:2 not JSON: / },
    { text: '{"id":1}\n[1]', says: 'rows:2 not a JSON object; write one such as {"id":1}' },
    { text: '{"id":1}\n{"ID":1}', says: 'rows:2 no key "id", which the first line has' },
    { text: '\n', says: 'rows:1 there is no row; at least one is needed' },
  ])('$text: $says', ({ text, says }) => {
    expect(() => parseRows(text, 'ndjson', 'rows')).toThrow(says)
  })
})

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
