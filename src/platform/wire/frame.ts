import { compressSync, uncompressSync } from 'lz4-napi'

// A message as one frame: 1 byte type, 4 bytes big-endian length of the payload, then the payload: LZ4 (a block behind its
// size, little-endian) of the bytes within. The highest bit of the type says that the payload is not compressed.

export const frameHeaderBytes = 5
export const frameTypeMax = 0x7f
const plainBit = 0x80
const sizeBytes = 4
/** Bound of what a frame may claim to hold: a broken size must not make the reader allocate gigabytes. */
export const frameContentBytesMax = 64 * 1024 * 1024

type Frame = { readonly type: number; readonly content: Buffer }
/** Why bytes are no frame: cut in its header, of another length than it says, too large, or not to be decompressed. */
type FrameProblem = 'short' | 'length' | 'size' | 'content'

/** Hot path: one allocation beside that of the compression. */
export function encodeFrame({ type, content }: Frame, compressed: boolean): Buffer {
  const payload = compressed ? compressSync(content) : content
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length)
  frame[0] = compressed ? type : type | plainBit
  frame.writeUInt32BE(payload.length, 1)
  payload.copy(frame, frameHeaderBytes)
  return frame
}

export function decodeFrame(bytes: Buffer): Frame | FrameProblem {
  if (bytes.length < frameHeaderBytes) return 'short'
  const head = bytes.readUInt8(0)
  const payload = bytes.subarray(frameHeaderBytes)
  if (bytes.readUInt32BE(1) !== payload.length) return 'length'
  const type = head & frameTypeMax
  if ((head & plainBit) !== 0) return payload.length > frameContentBytesMax ? 'size' : { type, content: payload }
  if (payload.length < sizeBytes) return 'content'
  if (payload.readUInt32LE(0) > frameContentBytesMax) return 'size'
  try {
    return { type, content: uncompressSync(payload) }
  } catch {
    // A broken frame is a fact about its sender: the caller counts and drops it.
    return 'content'
  }
}
