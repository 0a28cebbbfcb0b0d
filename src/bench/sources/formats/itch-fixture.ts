// Messages of NASDAQ TotalView-ITCH 5.0 as its files have them: two bytes of length, then the message.

type Fields = {
  readonly atNs?: number
  readonly locate?: number
  readonly id?: bigint
  readonly newId?: bigint
  readonly side?: string
  readonly shares?: number
  readonly stock?: string
  /** Ten-thousandths. */
  readonly price?: number
}

const sizes: Readonly<Record<string, number>> = { S: 12, A: 36, F: 40, E: 31, C: 36, X: 23, D: 19, U: 35, P: 44, R: 39 }

export function itchMessage(type: string, fields: Fields = {}): Buffer {
  const { atNs = 34_200_000_000_001, locate = 1, id = 1n, newId = 2n, side = 'B', shares = 100 } = fields
  const { stock = 'AAPL', price = 1_502_500 } = fields
  const message = Buffer.alloc(sizes[type] ?? 11)
  message.write(type, 0)
  message.writeUInt16BE(locate, 1)
  message.writeUIntBE(atNs, 5, 6)
  if ('AFECXDU'.includes(type)) message.writeBigUInt64BE(id, 11)
  if ('AFP'.includes(type)) {
    message.write(side, 19)
    message.writeUInt32BE(shares, 20)
    message.write(stock.padEnd(8), 24)
    message.writeUInt32BE(price, 32)
  }
  if ('ECX'.includes(type)) message.writeUInt32BE(shares, 19)
  if (type === 'C') message.writeUInt32BE(price, 32)
  if (type === 'U') {
    message.writeBigUInt64BE(newId, 19)
    message.writeUInt32BE(shares, 27)
    message.writeUInt32BE(price, 31)
  }
  return framed(message)
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
