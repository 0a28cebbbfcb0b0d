import { readFileSync } from 'node:fs'

// Real daily closes of two npm packages of data: the S&P 500 from 2000 to 2020, and Apple from 2013 to 2018.

/** Simple returns of the adjusted close. */
export const sp500Returns = (): Float64Array => returnsIn('vega-datasets/data/sp500-2000.csv', 'adjclose')

/** Simple returns of the close. */
export const appleReturns = (): Float64Array => returnsIn('@observablehq/sample-datasets/aapl.csv', 'Close')

function returnsIn(file: string, name: string): Float64Array {
  const text = readFileSync(new URL(`../../../node_modules/${file}`, import.meta.url), 'utf8')
  const [head = '', ...rows] = text.trim().split('\n')
  const column = head.split(',').indexOf(name)
  const closes = rows.map((row) => Number(row.split(',')[column]))
  return Float64Array.from(closes.slice(1), (close, index) => close / (closes[index] ?? Number.NaN) - 1)
}
