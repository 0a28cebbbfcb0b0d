import { assert, assertNever, present } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import { goFirst } from '../pacer.js'
import type { Behaviour } from './behaviour.js'
import { MisbehavingServer } from './server.js'
import type { ServerLog } from './server-log.js'

// Entry of a server's process.

export type ServerAsk =
  | { readonly kind: 'listen'; readonly behaviour: Behaviour }
  | { readonly kind: 'begin' }
  | { readonly kind: 'log' }
export type ServerAnswer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'begun' }
  | { readonly kind: 'log'; readonly log: ServerLog }

let server: MisbehavingServer | null = null

async function answer(ask: ServerAsk): Promise<ServerAnswer> {
  switch (ask.kind) {
    case 'listen':
      // Its log is the truth, so it must see what comes when it comes.
      goFirst()
      server = new MisbehavingServer(ask.behaviour, monotonicClock)
      return { kind: 'listening', port: await server.listen() }
    case 'begin':
      listening().begin()
      return { kind: 'begun' }
    case 'log':
      return { kind: 'log', log: listening().log() }
    default:
      return assertNever(ask)
  }
}

const listening = (): MisbehavingServer => present(server, 'a server is asked once it listens')

assert(process.send !== undefined, 'a server of the self-check is started by its parent')
process.on('message', (ask: ServerAsk) => {
  void answer(ask).then((told) => process.send?.(told))
})
process.on('disconnect', () => process.exit())
