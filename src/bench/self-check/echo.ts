import { type Outcome, topics } from '../../engines/model/messages.js'
import type { Subscription, Transport } from '../../platform/bus/envelope.js'

const subscription: Subscription = { topics: [topics.marketEvent], group: 'echo', consumer: 'echo-0' }
const body: Outcome = { outcome: 'noTrade', reason: '', engine: 'echo' }

/** Answers every tick at once, as the whole pipeline would if it took no time: what is left is driver and bus. */
export async function echoTicks(transport: Transport): Promise<void> {
  await transport.subscribe(subscription, async ({ messages }) => {
    for (const message of messages) {
      transport.publish(
        topics.outcome,
        message.envelopes.map(({ run, seq, intendedAt, sentAt }) => ({
          run,
          seq,
          intendedAt,
          sentAt,
          stamps: [],
          body,
        })),
      )
      transport.acknowledge(subscription, message)
    }
    await transport.flush()
  })
}
