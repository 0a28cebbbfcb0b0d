import { assert } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import type { BusAddress } from '../../platform/bus/config.js'
import { createTransport } from '../../platform/bus/transport.js'
import { echoTicks } from './echo.js'

// Entry of the echo's process.

export type EchoAsk = { readonly bus: BusAddress }
export type EchoAnswer = { readonly kind: 'listening' }

assert(process.send !== undefined, 'an echo is started by its parent')
process.on('message', ({ bus }: EchoAsk) => {
  // Its parent sees the same bus, and has the words for what is wrong with it.
  echo(bus).catch(() => process.exit(1))
})
process.on('disconnect', () => process.exit())

async function echo(bus: BusAddress): Promise<void> {
  const transport = await createTransport(bus, monotonicClock)
  void transport.lost.then(() => process.exit(1))
  await echoTicks(transport)
  process.send?.({ kind: 'listening' } satisfies EchoAnswer)
}
