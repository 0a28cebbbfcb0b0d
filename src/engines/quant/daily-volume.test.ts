import { expect, test } from 'vitest'
import { dailyVolumeOf } from './daily-volume.js'

test.each([
  { symbol: 'A', lots: 700 },
  { symbol: 'B', lots: 5_000 },
  { symbol: 'constructor', lots: 5_000 },
])('the daily volume of $symbol is its own, or that of all', ({ symbol, lots }) => {
  expect(dailyVolumeOf(symbol, { averageDailyVolume: 5_000, symbolDailyVolumes: { A: 700 } })).toBe(lots)
})
