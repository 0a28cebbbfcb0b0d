import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDecimal, parseDecimal } from './decimal.js'
import { type Instrument, parsePrice, parseQuantity } from './instrument.js'

test.each([
  { text: '50000.10', decimals: 2, value: 5_000_010 },
  { text: '0.1', decimals: 8, value: 10_000_000 },
  { text: '1.1', decimals: 8, value: 110_000_000 },
  { text: '0', decimals: 2, value: 0 },
  { text: '007', decimals: 0, value: 7 },
  { text: '1.500000', decimals: 1, value: 15 },
  { text: '90071992547409.91', decimals: 2, value: Number.MAX_SAFE_INTEGER },
])('reads $text with $decimals decimals exactly', ({ text, decimals, value }) => {
  expect(parseDecimal(text, decimals)).toEqual({ value })
})

test.each([
  { text: '0.001', decimals: 2, problem: '"0.001" has 3 decimals, at most 2 are allowed' },
  { text: '-1', decimals: 2, problem: '"-1" is negative' },
  { text: '1e5', decimals: 2, problem: '"1e5" has an exponent; write all digits' },
  { text: '90071992547409.92', decimals: 2, problem: '"90071992547409.92" is too large' },
  { text: '9'.repeat(400), decimals: 2, problem: `"${'9'.repeat(40)}..." is too large` },
  { text: '1,5', decimals: 2, problem: '"1,5" is not a decimal number; write one such as "0.25"' },
  { text: '.5', decimals: 2, problem: '".5" is not a decimal number; write one such as "0.25"' },
  { text: '5.', decimals: 2, problem: '"5." is not a decimal number; write one such as "0.25"' },
  { text: ' 5', decimals: 2, problem: '" 5" is not a decimal number; write one such as "0.25"' },
  { text: '', decimals: 2, problem: '"" is not a decimal number; write one such as "0.25"' },
  { text: 'NaN', decimals: 2, problem: '"NaN" is not a decimal number; write one such as "0.25"' },
  { text: '0x10', decimals: 2, problem: '"0x10" is not a decimal number; write one such as "0.25"' },
])('refuses $text', ({ text, decimals, problem }) => {
  expect(parseDecimal(text, decimals)).toEqual({ problem })
})

test('what is written reads back as the same integer', () => {
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.integer({ min: 0, max: 12 }), (value, decimals) => {
      expect(parseDecimal(formatDecimal(value, decimals), decimals)).toEqual({ value })
    }),
  )
})

test('writes negative and small values with all their digits', () => {
  expect(formatDecimal(-5, 2)).toBe('-0.05')
  expect(formatDecimal(12, 0)).toBe('12')
  expect(formatDecimal(100, 2)).toBe('1.00')
})

const instrument: Instrument = { symbol: 'BTC-USDT', priceDecimals: 2, qtyDecimals: 6, lotsMin: 10, lotsMax: 1_000_000 }

test('an instrument bounds price and quantity', () => {
  expect(parsePrice(instrument, '50000.10')).toEqual({ value: 5_000_010 })
  expect(parsePrice(instrument, '0.00')).toEqual({ problem: 'price "0.00" must be above 0' })
  expect(parsePrice(instrument, '99999999.00')).toEqual({ problem: 'price "99999999.00" is above the highest tick' })
  expect(parseQuantity(instrument, '0.25')).toEqual({ value: 250_000 })
  expect(parseQuantity(instrument, '0.000001')).toEqual({ problem: 'quantity "0.000001" is below 10 lots' })
  expect(parseQuantity(instrument, '1.000001')).toEqual({ problem: 'quantity "1.000001" is above 1000000 lots' })
})
