import { decodeFrame, encodeFrame } from '../wire/frame.js'
import type { EnvelopeCodec } from './codec.js'
import { decodeEnvelopes, encodeEnvelopes } from './envelope-codec.js'

/** Of a topic that has no type of its own. */
const otherType = 0

/** The MessagePack of the envelopes in a frame; compressed from `compressedBytesMin` on. */
export function frameCodec(types: Readonly<Record<string, number>>, compressedBytesMin: number): EnvelopeCodec {
  const typeOf = (topic: string): number => types[topic] ?? otherType
  return {
    encode: (topic, envelopes) => {
      const content = encodeEnvelopes(envelopes)
      return encodeFrame({ type: typeOf(topic), content }, content.length >= compressedBytesMin)
    },
    decode: (topic, payload) => {
      const frame = decodeFrame(payload)
      if (typeof frame === 'string' || frame.type !== typeOf(topic)) return null
      return decodeEnvelopes(frame.content)
    },
  }
}
