import { isAbsolute, join } from 'node:path'
import { NautilusError } from '../../core/errors.js'
import type { SourceConfig } from '../config.js'
import { EventColumns } from './event-columns.js'
import { readMarketFile } from './market-file.js'
import type { Source } from './source.js'

// A file is read and checked as a whole before the load begins: a bad row must not end a run in its middle, and the count
// of events says how long the run can be.

type ReplayConfig = Extract<SourceConfig, { readonly kind: 'replay' }>

const rowsMax = 20_000_000
const purpose = {
  expected: 'a file to replay',
  hint: 'load.source.file is relative to the profile.',
  decimalsHint:
    'Write it with finer ticks or lots and replay that, format ndjson: `nautilus data convert FILE --price-decimals N --qty-decimals N --to OUT`.',
}

export async function openReplay(
  config: ReplayConfig,
  baseFolder: string,
): Promise<{
  readonly source: Source
  readonly decimals: { readonly priceDecimals: number; readonly qtyDecimals: number }
}> {
  const path = isAbsolute(config.file) ? config.file : join(baseFolder, config.file)
  const columns = new EventColumns()
  const { priceDecimals, qtyDecimals } = await readMarketFile(path, {
    format: config.format,
    symbol: config.symbol,
    others: 'refused',
    purpose,
    onEvent: (row, atNs) => {
      if (columns.count === rowsMax) return `is one more than the ${rowsMax} events that a source may have`
      columns.push(row, atNs)
      return null
    },
  })
  if (columns.count === 0) throw new NautilusError('SOURCE_INVALID', `${path} holds no event`)
  const describe = `replay of ${config.file} (${config.format}), ${columns.count} events of ${config.symbol}`
  return { source: columns.source(config.symbol, describe), decimals: { priceDecimals, qtyDecimals } }
}
