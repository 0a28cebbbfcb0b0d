// Bytes of the heads of HTTP/1.1, by what they may stand for.

const tab = 0x09
const space = 0x20

/** Characters of a header's name (RFC 9110 §5.6.2). */
export const tokenBytes = new Uint8Array(256)
for (const letter of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  tokenBytes[letter.charCodeAt(0)] = 1
}

/** What a value may hold (RFC 9110 §5.5): any character but the controls, of which the tab may stand. */
export const textBytes = new Uint8Array(256).fill(1, space)
textBytes[tab] = 1
textBytes[0x7f] = 0

export const nameBytes = (name: string): Uint8Array => Uint8Array.from(name, (letter) => letter.charCodeAt(0))
export const isBlank = (byte: number | undefined): boolean => byte === space || byte === tab

/** Three digits, or -1. */
export function number3(bytes: Uint8Array, from: number): number {
  let value = 0
  for (let index = from; index < from + 3; index += 1) {
    const digit = (bytes[index] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Whether the bytes are this name, which is in small letters. */
export function isName(bytes: Uint8Array, from: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index += 1) {
    // Setting the bit makes capitals small, and hyphens keep it.
    if (((bytes[from + index] ?? 0) | 0x20) !== name[index]) return false
  }
  return true
}

export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
}
