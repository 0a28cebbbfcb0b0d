// DBN as Databento documents it, byte by byte.

const symbolBytes = 22

type Mapping = { readonly symbol: string; readonly instruments: readonly number[] }

export function dbnHeader(mappings: readonly Mapping[], version = 1): Buffer {
  const fixed = Buffer.alloc(100)
  fixed.write('TEST.DATA', 0)
  if (version > 1) fixed.writeUInt16LE(symbolBytes, 45)
  const asked = mappings.map(({ symbol }) => name(symbol))
  const parts = [fixed, u32(0), u32(asked.length), ...asked, u32(0), u32(1), name('GONE'), u32(mappings.length)]
  for (const { symbol, instruments } of mappings) {
    parts.push(name(symbol), u32(instruments.length))
    for (const instrument of instruments) parts.push(u32(20_240_102), u32(20_240_103), name(String(instrument)))
  }
  const metadata = Buffer.concat(parts)
  return Buffer.concat([Buffer.from('DBN'), Buffer.from([version]), u32(metadata.length), metadata])
}

type Record = {
  readonly action: string
  readonly id?: bigint
  readonly side?: string
  /** Billionths. */
  readonly price?: bigint
  readonly size?: number
  readonly instrument?: number
  readonly publisher?: number
  readonly eventNs?: bigint
  readonly receivedNs?: bigint
}

export const firstNs = 1_704_186_000_000_000_001n

export function mboRecord(record: Record): Buffer {
  const { action, id = 1n, side = 'B', price = 100_250_000_000n, size = 10, instrument = 7 } = record
  const { publisher = 1 } = record
  const { eventNs = firstNs, receivedNs = firstNs } = record
  const bytes = Buffer.alloc(56)
  bytes.writeUInt8(14, 0)
  bytes.writeUInt8(160, 1)
  bytes.writeUInt16LE(publisher, 2)
  bytes.writeUInt32LE(instrument, 4)
  bytes.writeBigUInt64LE(eventNs, 8)
  bytes.writeBigUInt64LE(id, 16)
  bytes.writeBigInt64LE(price, 24)
  bytes.writeUInt32LE(size, 32)
  bytes.write(action, 38)
  bytes.write(side, 39)
  bytes.writeBigUInt64LE(receivedNs, 40)
  return bytes
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const name = (text: string): Buffer => {
  const bytes = Buffer.alloc(symbolBytes)
  bytes.write(text)
  return bytes
}
