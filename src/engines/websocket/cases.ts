import { present } from '../../core/assert.js'
import type { ComponentCase, PreparedCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { instantNs } from '../../core/units.js'
import type { Envelope } from '../../platform/bus/envelope.js'
import { tickWith } from '../model/message-fixture.js'
import { topics } from '../model/messages.js'
import { ClientQueue, type Payload } from './client-queue.js'
import { FanOut } from './core.js'

const seed = 20_261_120
const symbols = 60
const drawn = 4_096

/** Everything but the write to the socket: the message as text, once, and a place in the queue of each client. */
export const websocketPublish: ComponentCase = {
  name: 'websocket.publish',
  description: 'Encode a tick and queue it for each client that reads all ticks, of whom none takes any.',
  variants: { 'clients-10': () => publishes(10), 'clients-100': () => publishes(100) },
}

function publishes(clients: number): PreparedCase {
  const random = Random.stream(seed, 'websocket')
  const fanOut = new FanOut([topics.tick], 1)
  for (let index = 0; index < clients; index += 1) {
    const queue = new ClientQueue(100)
    fanOut.subscribe({ take: (payload: Payload) => void queue.offer(payload) }, [topics.tick], null)
  }
  const envelopes = Array.from({ length: drawn }, (_, seq): Envelope => {
    const bid = 10_000 + random.below(400)
    const body = tickWith({ symbol: `S${seq % symbols}`, bid, bidQty: 1 + random.below(200), ask: bid + 1 })
    const at = instantNs(seq * 1_000_000)
    return { run: 'case', seq, intendedAt: at, sentAt: at, stamps: [], body }
  })
  let next = 0
  return {
    call: () => {
      const envelope = present(envelopes[next % drawn], 'ticks were drawn')
      next += 1
      return fanOut.publish(topics.tick, envelope)
    },
  }
}
