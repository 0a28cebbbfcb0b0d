import type { ComponentCase, PreparedCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { type InstantNs, instantNs } from '../../core/units.js'
import { decode, encode } from '../wire/codec.js'
import { decodeFrame, encodeFrame } from '../wire/frame.js'
import type { Envelope } from './envelope.js'
import { decodeEnvelopes, encodeEnvelopes } from './envelope-codec.js'

// Codecs against JSON as anybody would plainly write it. The messages are those of the pipeline, and quotes with many prices
// for the sizes of PG6, whose sizes count as JSON.

const seed = 20_261_120
const variety = 64

export const envelopeEncode: ComponentCase = {
  name: 'envelope.encode',
  description: 'The message of an order that three engines have stamped, into bytes.',
  variants: {
    msgpack: () => turns(orders(), (order) => encodeEnvelopes([order])),
    json: () => turns(orders(), (order) => Buffer.from(JSON.stringify([order]))),
  },
}

export const envelopeDecode: ComponentCase = {
  name: 'envelope.decode',
  description: 'The same message out of its bytes, checked.',
  variants: {
    msgpack: () =>
      turns(
        orders().map((order) => encodeEnvelopes([order])),
        decodeEnvelopes,
      ),
    json: () =>
      turns(
        orders().map((order) => Buffer.from(JSON.stringify([order]))),
        (bytes): unknown => JSON.parse(bytes.toString()),
      ),
  },
}

const sizes = { '1k': 20, '10k': 240, '100k': 2_450 } as const

/** PG6: encode and decode one message of about 1, 10 and 100 KB. */
export const codecTurnSmall = codecTurn('1k')
export const codecTurnMiddle = codecTurn('10k')
export const codecTurnLarge = codecTurn('100k')

function codecTurn(size: keyof typeof sizes): ComponentCase {
  return {
    name: `codec.turn-${size}`,
    description: `A quote list of about ${size.replace('k', ' KB')} as JSON, into bytes and out of them.`,
    variants: {
      msgpack: () => turns(quoteLists(sizes[size]), (list) => decode(encode(list))),
      json: () =>
        turns(quoteLists(sizes[size]), (list): unknown => JSON.parse(Buffer.from(JSON.stringify(list)).toString())),
      // The frame of MB6 pays where its bytes travel further than this host.
      frame: () =>
        turns(quoteLists(sizes[size]), (list) => frameContent(encodeFrame({ type: 1, content: encode(list) }, true))),
    },
  }
}

function frameContent(bytes: Buffer): unknown {
  const frame = decodeFrame(bytes)
  return typeof frame === 'string' ? undefined : decode(frame.content)
}

/** Calls `work` with one of `inputs` after the other. */
function turns<Input>(inputs: readonly Input[], work: (input: Input) => unknown): PreparedCase {
  let next = 0
  return {
    call: () => {
      const input = inputs[next % inputs.length]
      next += 1
      return input === undefined ? undefined : work(input)
    },
  }
}

function orders(): Envelope[] {
  const random = Random.stream(seed, 'envelopes')
  return Array.from({ length: variety }, (_, index) => {
    const intendedAt = 4_000_000_000_000 + index * 1_000_000 + random.below(1_000_000)
    const at = (afterNs: number): InstantNs => instantNs(intendedAt + afterNs)
    return {
      run: '7f3a',
      seq: 30_000 + index,
      intendedAt: at(0),
      sentAt: at(random.below(90_000)),
      stamps: ['market-data', 'signals', 'strategy'].map((engine, hop) => {
        const from = hop * 200_000 + random.below(50_000)
        return {
          engine,
          polledAt: at(from),
          receivedAt: at(from + 40_000),
          startedAt: at(from + 41_000),
          doneAt: at(from + 60_000),
        }
      }),
      body: {
        kind: 'new',
        orderId: 30_001 + index,
        account: 'desk',
        symbol: `S${random.below(60)}`,
        side: random.below(2) === 0 ? 'buy' : 'sell',
        type: 'limit',
        timeInForce: 'ioc',
        price: 10_000 + random.below(200),
        qty: 10,
        bid: 10_000,
        ask: 10_001,
      },
    }
  })
}

function quoteLists(quotes: number): unknown[] {
  const random = Random.stream(seed, 'quotes')
  return Array.from({ length: quotes > 1_000 ? 4 : variety }, () => ({
    venue: 'XNAS',
    quotes: Array.from({ length: quotes }, () => ({
      symbol: `S${random.below(60)}`,
      bid: 10_000 + random.below(500) / 100,
      ask: 10_005 + random.below(500) / 100,
    })),
  }))
}
