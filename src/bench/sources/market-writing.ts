import { setImmediate } from 'node:timers/promises'
import { NautilusError } from '../../core/errors.js'
import { nsPerSec } from '../../core/units.js'
import { MarketGenerator, symbolNames } from '../../engines/model/market-generator.js'
import type { WrittenMarketData } from '../../report/market-data.js'
import { dataFileId } from '../../report/schema-ids.js'
import { writingWhole } from '../../results/whole-file.js'
import { eventLine, headLine } from './formats/ndjson.js'
import { type MarketFileOptions, readMarketFile } from './market-file.js'
import { type ReadingChoice, readingOptions } from './market-info.js'

// Files of events in the format of nautilus: from those of other formats, and from the generator.

type Place = { readonly cwd: string; readonly out: string }

/** Rewrites a file as NDJSON that a profile can replay. */
export async function convertMarketFile(
  path: string,
  { choice, cwd, out }: Place & { readonly choice: ReadingChoice },
  onChunk: NonNullable<MarketFileOptions['onChunk']>,
): Promise<WrittenMarketData> {
  const options = await readingOptions(path, choice)
  const symbols = new Set<string>()
  const { events, unknownIds, gaps, ignored } = await writingWhole(cwd, out, async (output) => {
    let isFirst = true
    const file = await readMarketFile(path, {
      ...options,
      onEvent: (row, atNs, facts) => {
        if (isFirst) output.add(headLine(facts, facts.originMs + (row.timeMs ?? 0)))
        isFirst = false
        symbols.add(row.symbol)
        output.add(eventLine(row, atNs))
        return null
      },
      onChunk: async (progress) => {
        await output.flush()
        await onChunk(progress)
      },
    })
    if (file.events === 0) throw nothingToWrite(path, choice.symbol)
    return file
  })
  const counts = { events, symbols: symbols.size, unknownIds, gaps, ignored: Object.fromEntries(ignored) }
  return { schema: dataFileId, file: out, ...counts }
}

function nothingToWrite(path: string, symbol: string | undefined): NautilusError {
  const what = symbol === undefined ? 'no event' : `no event of ${symbol}`
  return new NautilusError('SOURCE_INVALID', `${path} holds ${what}; nothing was written`, {
    hint: 'See what it holds by `nautilus data info`.',
  })
}

type FlowChoice = {
  readonly seconds: number
  readonly seed: number
  readonly symbols: number
  readonly burstiness: number
}

const eventsPerPause = 4_096
const generatedHead = { priceDecimals: 2, qtyDecimals: 0, clock: 'relative' } as const

/** Writes so many seconds of the seeded generator, 1,000 events a second on the mean. */
export async function generateMarketFile(
  { seconds, seed, symbols, burstiness }: FlowChoice,
  { cwd, out }: Place,
  onPause: (doneShare: number) => void,
): Promise<WrittenMarketData> {
  const generator = new MarketGenerator({ seed, symbols: symbolNames(symbols), burstiness })
  const endNs = seconds * nsPerSec
  const events = await writingWhole(cwd, out, async (output) => {
    output.add(headLine(generatedHead, 0))
    for (let count = 0; ; count += 1) {
      const next = generator.next()
      if (next === null || next.atNs === null || next.atNs >= endNs) return count
      output.add(eventLine(next.event, next.atNs))
      if (count % eventsPerPause !== 0) continue
      await output.flush()
      // Signals are taken between two turns of the event loop.
      await setImmediate()
      onPause(next.atNs / endNs)
    }
  })
  return { schema: dataFileId, file: out, events, symbols, unknownIds: 0, gaps: 0, ignored: {} }
}
