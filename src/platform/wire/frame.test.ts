import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFrame, encodeFrame, frameContentBytesMax, frameHeaderBytes, frameTypeMax } from './frame.js'

const types = fc.integer({ min: 0, max: frameTypeMax })
const contents = fc.uint8Array({ maxLength: 5_000 }).map((bytes) => Buffer.from(bytes))

test('whatever it holds comes out as it went in, compressed or not', () => {
  fc.assert(
    fc.property(types, contents, fc.boolean(), (type, content, compressed) => {
      expect(decodeFrame(encodeFrame({ type, content }, compressed))).toEqual({ type, content })
    }),
  )
})

test('begins with its type and the big-endian length of what follows', () => {
  const content = Buffer.alloc(1_000, 'tick')
  const frame = encodeFrame({ type: 1, content }, true)
  expect(frame[0]).toBe(1)
  expect(frame.readUInt32BE(1)).toBe(frame.length - frameHeaderBytes)
  expect(frame.length).toBeLessThan(100)
  const plain = encodeFrame({ type: 4, content }, false)
  expect(plain[0]).toBe(0x84)
  expect(plain.subarray(frameHeaderBytes)).toEqual(content)
})

describe('is refused', () => {
  test('wherever it is cut, and with anything behind it', () => {
    fc.assert(
      fc.property(types, contents, fc.boolean(), fc.nat(), (type, content, compressed, at) => {
        const frame = encodeFrame({ type, content }, compressed)
        const cut = frame.subarray(0, at % frame.length)
        expect(decodeFrame(cut)).toBe(cut.length < frameHeaderBytes ? 'short' : 'length')
        expect(decodeFrame(Buffer.concat([frame, Buffer.from([0])]))).toBe('length')
      }),
    )
  })

  test('with a type that says compressed over what is not LZ4', () => {
    const frame = encodeFrame({ type: 1, content: Buffer.from([255, 255, 0, 0, 255, 255, 255, 255]) }, false)
    frame[0] = 1
    expect(decodeFrame(frame)).toBe('content')
    const tiny = encodeFrame({ type: 1, content: Buffer.from([1, 2]) }, false)
    tiny[0] = 1
    expect(decodeFrame(tiny)).toBe('content')
  })

  test('when it claims to hold more than a frame may, without making room for it', () => {
    const content = Buffer.alloc(16)
    content.writeUInt32LE(frameContentBytesMax + 1)
    const frame = encodeFrame({ type: 1, content }, false)
    frame[0] = 1
    expect(decodeFrame(frame)).toBe('size')
  })

  test('or read, but never thrown at, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, hasLength) => {
        const frame = Buffer.from(bytes)
        if (hasLength && frame.length >= frameHeaderBytes) frame.writeUInt32BE(frame.length - frameHeaderBytes, 1)
        const read = decodeFrame(frame)
        expect(typeof read === 'string' || Buffer.isBuffer(read.content)).toBe(true)
      }),
    )
  })
})
