import type { Clock } from '../../core/clock.js'
import type { InProcessHub } from '../../platform/bus/in-process.js'
import type { HandOver } from './hand-over.js'
import type { EngineHost } from './host.js'
import { openEngine } from './open-engine.js'

export type HostedEngines = {
  readonly hosts: readonly EngineHost[]
  /** Sends what is held, waits for the store, and closes everything. */
  close(): Promise<void>
}

/** Runs engines in this thread, on a hub of this thread; resolves when all of them listen. */
export async function hostInProcess(
  handOvers: readonly HandOver[],
  hub: InProcessHub,
  clock: Clock,
): Promise<HostedEngines> {
  const hosted = await Promise.all(
    handOvers.map(async (handOver) => {
      const transport = hub.connect()
      const opened = await openEngine(handOver, { transport, clock, onError: countedByTheHost })
      await opened.host.start()
      return { ...opened, transport }
    }),
  )
  return {
    hosts: hosted.map(({ host }) => host),
    close: async () => {
      for (const { host } of hosted) await host.drain()
      for (const { host, transport, store } of hosted) {
        host.stop()
        await transport.close()
        await store.close()
      }
    },
  }
}

/** The bench has no log for them: what an engine throws ends its tick, with the reason, and is counted as `errors`. */
const countedByTheHost = (): void => undefined
