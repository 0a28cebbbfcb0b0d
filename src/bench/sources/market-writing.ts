import { setImmediate } from 'node:timers/promises'
import { assertNever } from '../../core/assert.js'
import { NautilusError } from '../../core/errors.js'
import { nsPerMs, nsPerSec } from '../../core/units.js'
import { CalibratedFlow, calibratedDecimals } from '../../engines/model/calibrated-flow.js'
import { eventLine, headLine } from '../../engines/model/event-lines.js'
import { MarketGenerator, symbolNames } from '../../engines/model/market-generator.js'
import type { WrittenMarketData } from '../../report/market-data.js'
import { dataFileId } from '../../report/schema-ids.js'
import { writingWhole } from '../../results/whole-file.js'
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
        if (isFirst) output.add(headLine({ ...facts, originMs: facts.originMs + (row.timeMs ?? 0) }))
        isFirst = false
        symbols.add(row.symbol)
        output.add(eventLine(row, atNs === null ? null : atNs / nsPerMs))
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
  /** Calibrated on a recorded market, or what profiles send that replay nothing. */
  readonly flow: { readonly model: 'calibrated' } | { readonly model: 'pipeline'; readonly burstiness: number }
}

const eventsPerPause = 4_096
const ratePerSec = 1_000

/** Writes so many seconds of a seeded generator, 1,000 events a second on the mean. */
export async function generateMarketFile(
  choice: FlowChoice,
  { cwd, out }: Place,
  onPause: (doneShare: number) => void,
): Promise<WrittenMarketData> {
  const { seconds, symbols } = choice
  const { head, generator } = generatorOf(choice)
  const endNs = seconds * nsPerSec
  const events = await writingWhole(cwd, out, async (output) => {
    output.add(headLine({ ...head, clock: 'relative', originMs: 0 }))
    for (let count = 0; ; count += 1) {
      const next = generator.next()
      if (next.atNs >= endNs) return count
      output.add(eventLine(next.event, next.atNs / nsPerMs))
      if (count % eventsPerPause !== 0) continue
      await output.flush()
      // Signals are taken between two turns of the event loop.
      await setImmediate()
      onPause(next.atNs / endNs)
    }
  })
  return { schema: dataFileId, file: out, events, symbols, unknownIds: 0, gaps: 0, ignored: {} }
}

function generatorOf({ seed, symbols: count, flow }: FlowChoice) {
  const symbols = symbolNames(count)
  switch (flow.model) {
    case 'calibrated':
      return { head: calibratedDecimals, generator: new CalibratedFlow({ seed, symbols, ratePerSec }) }
    case 'pipeline': {
      const generator = new MarketGenerator({ seed, symbols, burstiness: flow.burstiness })
      return { head: { priceDecimals: 2, qtyDecimals: 0 }, generator }
    }
    default:
      return assertNever(flow)
  }
}
