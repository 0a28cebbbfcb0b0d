import { Packr, Unpackr } from 'msgpackr'

// MessagePack without extensions: plain maps and arrays, no shared records, so that every message stands alone and can be
// read by any other program. Integers beyond 32 bits travel as doubles, exact below 2^53. Bytes within a value are copied:
// the payload may lie in memory that is written over.

const packr = new Packr({ useRecords: false, variableMapSize: true })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number', copyBuffers: true })

export const encode = (value: unknown): Buffer => packr.pack(value)

/** The value, or `undefined` where the bytes are not one whole MessagePack value. */
export function decode(payload: Uint8Array): unknown {
  try {
    return unpackr.unpack(payload)
  } catch {
    // A malformed message is a fact about its sender: the caller counts and drops it.
    return undefined
  }
}
