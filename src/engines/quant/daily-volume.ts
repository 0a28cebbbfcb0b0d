import { z } from 'zod'

// What trades on an average day is the yardstick of bucket sizes, for VPIN of either kind.

/** The settings that say it, for the schema of an engine. */
export const dailyVolumeFields = {
  averageDailyVolume: z
    .int()
    .min(1)
    .default(10_000)
    .describe('Lots of a symbol that trade on an average day; more of them make larger buckets.'),
  symbolDailyVolumes: z
    .record(z.string(), z.int().min(1))
    .default({})
    .describe('The same for single symbols, which differ from the others.'),
}

type DailyVolumes = {
  readonly averageDailyVolume: number
  readonly symbolDailyVolumes: Readonly<Record<string, number>>
}

/** In lots. Symbols come with the data, so that one may bear the name of what every object has. */
export function dailyVolumeOf(symbol: string, { averageDailyVolume, symbolDailyVolumes }: DailyVolumes): number {
  const own = Object.hasOwn(symbolDailyVolumes, symbol) ? symbolDailyVolumes[symbol] : undefined
  return own ?? averageDailyVolume
}
