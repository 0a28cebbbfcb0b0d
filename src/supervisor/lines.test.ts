import { expect, test } from 'vitest'
import { LineSplitter, lineCharsMax, plainLine } from './lines.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('cuts chunks into lines, also where a chunk ends inside a character or a line', () => {
  const splitter = new LineSplitter()
  const text = bytes('one\r\n你好 🙂\nlast')
  const lines = [...text].flatMap((byte) => splitter.push(Uint8Array.of(byte)))
  expect([...lines, ...splitter.flush()]).toEqual(['one', '你好 🙂', 'last'])
})

test('keeps empty lines', () => {
  expect(new LineSplitter().push(bytes('a\n\nb\n'))).toEqual(['a', '', 'b'])
})

test('bounds a line of a megabyte and says how much it dropped', () => {
  const splitter = new LineSplitter()
  const lines = [...splitter.push(bytes('x'.repeat(1_000_000))), ...splitter.push(bytes('\nnext\n'))]
  expect(lines).toEqual([`${'x'.repeat(lineCharsMax)} [dropped ${1_000_000 - lineCharsMax} more characters]`, 'next'])
})

test('never holds more than a line however long nothing ends it', () => {
  const splitter = new LineSplitter()
  for (let count = 0; count < 100; count += 1) expect(splitter.push(bytes('y'.repeat(100_000)))).toEqual([])
  expect(splitter.flush()[0]?.length).toBeLessThan(lineCharsMax + 100)
})

test.each([
  { line: '\u001b[31;1mred\u001b[0m', plain: 'red' },
  { line: '\u001b]0;title\u0007text', plain: 'text' },
  { line: '\u001b]8;;http://x\u001b\\link', plain: 'link' },
  { line: 'a\tb\u0008c\u0000', plain: 'a  bc' },
  { line: '你好', plain: '你好' },
])('makes $plain safe to print', ({ line, plain }) => {
  expect(plainLine(line)).toBe(plain)
})

test('shortens what is too long to print', () => {
  expect(plainLine('x'.repeat(500), 10)).toBe('xxxxxxxxxx...')
})
