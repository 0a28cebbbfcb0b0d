import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnsIn, compileTemplate, isConstant, render, unclosedIn } from './template.js'

test.each([
  { text: '/items/{{id}}?n={{seq}}', text7: '/items/a1?n=7' },
  { text: '{"a":{"b":{{ seq }}},"c":"{{name}}"}', text7: '{"a":{"b":7},"c":"Ann, B."}' },
  { text: '{{name}}{{name}}', text7: 'Ann, B.Ann, B.' },
  { text: 'plain', text7: 'plain' },
  { text: '{{"not":"one"}} {one} }}{{', text7: '{{"not":"one"}} {one} }}{{' },
])('$text for seq 7 is $text7', ({ text, text7 }) => {
  expect(render(compileTemplate(text, ['name', 'id']), 7, ['Ann, B.', 'a1'])).toBe(text7)
})

test('columns are named once, in their order, and the seq is none', () => {
  expect(columnsIn('{{b}} {{seq}} {{a}} {{b}}')).toEqual(['b', 'a'])
})

test.each([
  { text: '/items/{{id', found: '{{id' },
  { text: '/items/{{id}', found: '{{id}' },
  { text: '/{{id}/{{seq}}', found: '{{id}' },
  { text: '/{{ id {{seq}}', found: '{{ id' },
  { text: '{"n":{{seq},"m":1}', found: '{{seq}' },
  { text: '{"n":"{{name"}', found: '{{name' },
  { text: '/{{id}}?n={{seq}}', found: null },
  { text: '{"a":{"b":{{ seq }}},"c":"{{name}}"}', found: null },
  { text: '{{"not":"one"}} {one} {{a: 1} }}{{', found: null },
])('what $text leaves open is $found', ({ text, found }) => {
  expect(unclosedIn(text)).toBe(found)
})

test('what a row holds is never read as a placeholder again', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), (value, seq) => {
      expect(render(compileTemplate('<{{v}}|{{seq}}>', ['v']), seq, [value])).toBe(`<${value}|${seq}>`)
    }),
  )
})

test('a text without placeholders is the same for every request', () => {
  expect(isConstant(compileTemplate('{"id":1}', []))).toBe(true)
  expect(isConstant(compileTemplate('{{seq}}', []))).toBe(false)
})
