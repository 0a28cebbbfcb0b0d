import { assert } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import type { Behaviour } from './behaviour.js'
import { MisbehavingServer } from './server.js'
import type { ServerLog } from './server-log.js'

// Entry of a server's process. It ends with the channel to its parent, however that ends.

export type ServerAsk = 'begin' | 'log'
export type ServerAnswer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'begun' }
  | { readonly kind: 'log'; readonly log: ServerLog }

function serve(): void {
  const server = new MisbehavingServer(JSON.parse(process.argv[2] ?? '{"kind":"null"}') as Behaviour, monotonicClock)
  const tell = (answer: ServerAnswer): void => {
    process.send?.(answer)
  }
  process.on('message', (ask: ServerAsk) => {
    if (ask === 'log') return tell({ kind: 'log', log: server.log() })
    server.begin()
    tell({ kind: 'begun' })
  })
  process.on('disconnect', () => process.exit())
  void server.listen().then((port) => tell({ kind: 'listening', port }))
}

assert(process.send !== undefined, 'a server of the self-check is started by its parent')
serve()
