import { assertNever } from '../../core/assert.js'
import { NautilusError } from '../../core/errors.js'
import { MarketGenerator, symbolNames } from '../../engines/model/market-generator.js'
import type { SourceConfig } from '../config.js'
import { type OrderRequest, orderSourceOf, orderSymbol } from './order-source.js'
import { openReplay } from './replay.js'
import type { OpenedSource, SourceSymbol } from './source.js'

const generatedDecimals = { priceDecimals: 2, qtyDecimals: 0 }
/** How the generator of the other symbols clusters beside a replayed one. */
const replayBurstiness = 0.6

/** Opens what a profile names under `load.source`; every row of a file is checked here, before any load. */
export async function openSource(
  config: SourceConfig,
  { seed, baseFolder }: { readonly seed: number; readonly baseFolder: string },
): Promise<OpenedSource> {
  switch (config.kind) {
    case 'generated': {
      const names = symbolNames(config.symbols)
      const generator = new MarketGenerator({ seed, symbols: names, burstiness: config.burstiness })
      return {
        warmup: generator,
        measured: generator,
        symbols: names.map(generatedSymbol),
        description: generator.describe,
      }
    }
    case 'replay': {
      const names = symbolNames(config.symbols - 1)
      const warmup = new MarketGenerator({ seed, symbols: names, burstiness: replayBurstiness })
      const { source, decimals } = await openReplay(config, baseFolder)
      const replayed = { symbol: config.symbol, ...decimals }
      return {
        warmup,
        measured: source,
        symbols: [replayed, ...names.map(generatedSymbol)],
        description: source.describe,
      }
    }
    default:
      return assertNever(config)
  }
}

/** Opens the orders of the `orders` scenario. */
export async function openOrderSource(
  config: SourceConfig,
  { seed }: { readonly seed: number },
): Promise<OpenedSource<OrderRequest>> {
  if (config.kind === 'replay') {
    throw new NautilusError('SOURCE_INVALID', 'load.source is a replay of market events, expected generated orders', {
      hint: 'Leave load.source out, or set its kind to generated, in the orders scenario.',
    })
  }
  const source = orderSourceOf(seed, config.burstiness)
  return { warmup: source, measured: source, symbols: [orderSymbol], description: source.describe }
}

const generatedSymbol = (symbol: string): SourceSymbol => ({ symbol, ...generatedDecimals })
