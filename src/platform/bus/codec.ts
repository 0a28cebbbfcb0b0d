import type { RedisAddress } from './config.js'
import type { Envelope } from './envelope.js'
import { decodeEnvelopes, encodeEnvelopes } from './envelope-codec.js'

/** Envelopes into bytes and out of them, as one bus has it. */
export type EnvelopeCodec = {
  encode(topic: string, envelopes: readonly Envelope[]): Buffer
  /** Null where the bytes are no message of this topic. */
  decode(topic: string, payload: Buffer): Envelope[] | null
}

const plain: EnvelopeCodec = {
  encode: (_topic, envelopes) => encodeEnvelopes(envelopes),
  decode: (_topic, payload) => decodeEnvelopes(payload),
}

export async function codecOf({ codec, url }: RedisAddress): Promise<EnvelopeCodec> {
  if (codec === undefined) return plain
  const { frameCodec } = await import('./frame-codec.js')
  const { kind, types, compressFromBytes } = codec
  const compressedBytesMin = kind === 'frame' ? 0 : staysOnHost(url) ? Number.POSITIVE_INFINITY : compressFromBytes
  return frameCodec(types, compressedBytesMin)
}

/** There bytes move faster than LZ4 can make fewer of them: the cases `codec.turn-*` show what a frame costs. */
function staysOnHost(url: string): boolean {
  if (url.startsWith('unix:')) return true
  const host = URL.canParse(url) ? new URL(url).hostname : ''
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
}
