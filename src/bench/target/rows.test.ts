import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRows } from './rows.js'

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
