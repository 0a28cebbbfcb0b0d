import { NautilusError } from '../../core/errors.js'
import type { MarketDataInfo } from '../../report/market-data.js'
import { dataInfoId } from '../../report/schema-ids.js'
import type { FlowSample } from './flow-sample.js'
import { type FormatName, formatLike, formatNames } from './formats/catalog.js'
import { LobsterBookCheck } from './lobster-book-check.js'
import { headOf } from './market-bytes.js'
import { type MarketFile, type MarketFileOptions, readMarketFile } from './market-file.js'
import { MarketReplay } from './market-replay.js'

export type ReadingChoice = {
  /** Told by the first bytes of the file where it is not given. */
  readonly format?: string
  readonly symbol?: string
  readonly priceDecimals?: number
  readonly qtyDecimals?: number
}

const dataPurpose = {
  expected: 'a file of market data',
  hint: 'Name a file; a name without a folder is one of this folder.',
  decimalsHint: 'Name the decimals of the instrument with --price-decimals or --qty-decimals.',
}

/** Reads a file whole and says what is in it; the sample is for comparing it with another. */
export async function inspectMarketFile(
  path: string,
  choice: ReadingChoice & { readonly bookPath?: string },
  onChunk: NonNullable<MarketFileOptions['onChunk']>,
): Promise<{ readonly info: MarketDataInfo; readonly sample: FlowSample }> {
  const options = await readingOptions(path, choice)
  const replay = new MarketReplay()
  const check = await bookCheckOf(choice.bookPath, options.format, replay)
  const readBoth = async () => ({
    file: await replayedFile(path, { ...options, onChunk }, { replay, check }),
    book: (await check?.end()) ?? null,
  })
  const { file, book } = await readBoth().finally(() => check?.close())
  const { ignored, firstMs, spanNs, clock, gaps, firstGapAt, events, priceDecimals, qtyDecimals } = file
  const { byAction, unknown, duplicates, crossed, liveOrdersMax, symbolCount, symbolsWithoutBook, sample } = replay
  const info: MarketDataInfo = {
    schema: dataInfoId,
    file: path,
    format: options.format,
    priceDecimals,
    qtyDecimals,
    events,
    byAction,
    clock,
    firstMs,
    spanNs,
    unknown: { total: (file.unknownIds ?? 0) + unknown.changed + unknown.deleted, ...unknown },
    duplicates,
    ignored: Object.fromEntries(ignored),
    gaps,
    firstGapAt,
    crossedShare: events === 0 ? 0 : crossed / events,
    liveOrdersMax,
    symbolCount,
    symbolsWithoutBook,
    symbols: replay.figures(priceDecimals),
    book,
  }
  return { info, sample }
}

function replayedFile(
  path: string,
  { onChunk, ...options }: Omit<MarketFileOptions, 'onEvent' | 'onRecord'>,
  { replay, check }: { readonly replay: MarketReplay; readonly check: LobsterBookCheck | null },
): Promise<MarketFile> {
  let symbol = ''
  return readMarketFile(path, {
    ...options,
    onEvent: (row, atNs) => {
      replay.take(row, atNs)
      symbol = row.symbol
      return null
    },
    ...(check !== null && { onRecord: () => check.record(symbol) }),
    onChunk: async (progress) => {
      await check?.compare()
      await onChunk?.(progress)
    },
  })
}

/** How a file is read that a person named, with the format that it has. */
export async function readingOptions(
  path: string,
  choice: ReadingChoice,
): Promise<Omit<MarketFileOptions, 'onEvent' | 'onChunk' | 'onRecord'>> {
  const { symbol = null, priceDecimals, qtyDecimals } = choice
  return {
    format: await formatOf(path, choice.format),
    symbol,
    others: 'skipped',
    purpose: dataPurpose,
    ...(priceDecimals !== undefined && { priceDecimals }),
    ...(qtyDecimals !== undefined && { qtyDecimals }),
  }
}

async function formatOf(path: string, given: string | undefined): Promise<FormatName> {
  const hint = `Name it with --format (--compare-format of the other file), one of ${formatNames.join(', ')}.`
  if (given !== undefined) {
    const named = formatNames.find((name) => name === given)
    if (named !== undefined) return named
    throw new NautilusError('USAGE', `format "${given}" is not known`, { hint })
  }
  const head = await headOf(path, dataPurpose)
  const found = formatLike(head)
  if (found !== null) return found
  const begins = head === '' ? 'is empty' : `begins with ${JSON.stringify(head.slice(0, 40))}`
  throw new NautilusError('SOURCE_INVALID', `${path} ${begins}, which is no format that is known`, { hint })
}

async function bookCheckOf(
  path: string | undefined,
  format: FormatName,
  replay: MarketReplay,
): Promise<LobsterBookCheck | null> {
  if (path === undefined) return null
  if (format === 'lobster') return LobsterBookCheck.open(path, dataPurpose, replay)
  throw new NautilusError('USAGE', `--book checks LOBSTER files, and this one is ${format}`, {
    hint: 'Leave --book out, or name the message file that belongs to it.',
  })
}
