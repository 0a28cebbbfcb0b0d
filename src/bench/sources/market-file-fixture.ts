import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NautilusError } from '../../core/errors.js'
import type { FormatName } from './formats/catalog.js'
import type { MarketRow } from './formats/format.js'
import { type MarketFile, type MarketFileOptions, readMarketFile } from './market-file.js'

// Reads bytes that a test made up as a file of market data.

type ReadRow = Omit<MarketRow, 'timeMs'> & { readonly atNs: number | null }

const purpose = { expected: 'a file of a test', hint: 'Mend the test.', decimalsHint: 'Read it finer.' }

export async function readBytes(
  format: FormatName,
  bytes: string | Uint8Array,
  options: Partial<MarketFileOptions> = {},
): Promise<{ readonly rows: ReadRow[]; readonly file: MarketFile }> {
  const folder = mkdtempSync(join(tmpdir(), 'nautilus-data-'))
  try {
    const path = join(folder, 'file')
    writeFileSync(path, bytes)
    const rows: ReadRow[] = []
    const onEvent = ({ timeMs: _, ...row }: MarketRow, atNs: number | null) => {
      rows.push({ ...row, atNs })
      return null
    }
    const file = await readMarketFile(path, { format, symbol: null, others: 'skipped', purpose, onEvent, ...options })
    return { rows, file }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What is wrong with bytes, without the folder in which they lay. */
export async function problemOf(format: FormatName, bytes: string | Uint8Array): Promise<string> {
  const error: unknown = await readBytes(format, bytes).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof NautilusError) || error.code !== 'SOURCE_INVALID') {
    throw new Error(`no expected failure: ${String(error)}`)
  }
  return error.message.replace(/^\S*\/(?=file[ :])/, '')
}

/** Action, id, side, price and quantity of each row. */
export const told = (rows: readonly ReadRow[]): (string | number)[][] =>
  rows.map(({ action, orderId, side, price, qty }) => [action, orderId, side, price, qty])
