import { expect, test } from 'vitest'
import {
  alignDecimals,
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatLimit,
  formatRate,
  formatShare,
  formatWholeShare,
} from './format.js'

test.each([
  [0, '0 ns'],
  [7, '7 ns'],
  [38.46, '38.5 ns'],
  [870, '870 ns'],
  [999, '999 ns'],
  [1_000, '1.00 us'],
  [41_234, '41.2 us'],
  [999_499, '999 us'],
  [999_600, '1.00 ms'],
  [3_900_000, '3.90 ms'],
  [19_640_000, '19.6 ms'],
  [999_999_999, '1.00 s'],
  [12_000_000_000, '12.0 s'],
  [1_234_567_000_000, '1,235 s'],
  [-2_400_000, '-2.40 ms'],
  [Number.NaN, '-'],
  [null, '-'],
])('a duration of %s ns reads %s', (ns, text) => {
  expect(formatDuration(ns)).toBe(text)
})

test.each([
  [5_000_000, '5 ms'],
  [7_500_000, '7.5 ms'],
  [200_000_000, '200 ms'],
  [1_500_000_000, '1.5 s'],
  [50_000, '50 us'],
  [0, '0 ms'],
  [null, '-'],
])('a limit of %s ns reads %s', (ns, text) => {
  expect(formatLimit(ns)).toBe(text)
})

test.each([
  [1000, '1,000/s'],
  [999.9, '999.9/s'],
  [999.96, '1,000/s'],
  [12.5, '12.5/s'],
  [0.5, '0.5/s'],
  [1_234_567.8, '1,234,568/s'],
])('a rate of %s reads %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text)
})

test.each([
  [0, '0'],
  [999, '999'],
  [30_000, '30,000'],
  [1_234_567, '1,234,567'],
])('a count of %s reads %s', (count, text) => {
  expect(formatCount(count)).toBe(text)
})

test.each([
  [0, '0 %'],
  [0.0502, '5.02 %'],
  [0.9, '90 %'],
  [0.0001, '0.01 %'],
  [0.9994, '99.9 %'],
  [0.9999, '99.99 %'],
  [29_999 / 30_000, '99.9967 %'],
  [1 - 1e-9, '99.9999999 %'],
  [1, '100 %'],
  [1.0001, '100 %'],
])('a share of %s reads %s', (share, text) => {
  expect(formatShare(share)).toBe(text)
})

test('a share of a bar is whole', () => {
  expect([0.384, 0.004, Number.NaN].map(formatWholeShare)).toEqual(['38 %', '0 %', '-'])
})

test.each([
  [12, '12 B'],
  [65_536, '64.0 KiB'],
  [28_730_982, '27.4 MiB'],
])('%s bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  ['2026-11-20T10:00:30Z', 'just now'],
  ['2026-11-20T10:04:30Z', '4 min ago'],
  ['2026-11-20T13:04:30Z', '3 h ago'],
  ['2026-11-21T13:04:30Z', 'yesterday'],
  ['2026-12-02T13:04:30Z', '12 days ago'],
])('seen at %s it was %s', (now, text) => {
  expect(formatAgo('2026-11-20T10:00:00Z', now)).toBe(text)
})

test('a column aligns on the decimal and on the unit', () => {
  expect(alignDecimals(['210 us', '1.48 ms', '41.2 us', '-', '2.00 s'])).toEqual([
    '210    us',
    '  1.48 ms',
    ' 41.2  us',
    '  -      ',
    '  2.00  s',
  ])
})
