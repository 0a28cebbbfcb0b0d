import type { Clock } from '../../core/clock.js'
import type { Transport } from '../../platform/bus/envelope.js'
import { openStore } from '../../platform/store/open.js'
import type { StoreSink } from '../../platform/store/sink.js'
import type { ActivityWatch } from '../../platform/telemetry/activity.js'
import { parseFaults } from './faults.js'
import type { HandOver } from './hand-over.js'
import { EngineHost } from './host.js'
import { loadEngine } from './load-engine.js'

type OpenedEngine = { readonly host: EngineHost; readonly store: StoreSink }

/** The engine that a hand-over names, its settings parsed by its own schema, its store open; not yet listening. */
export async function openEngine(
  handOver: HandOver,
  parts: {
    readonly transport: Transport
    readonly clock: Clock
    readonly onError: (error: unknown) => void
    readonly activity?: ActivityWatch
  },
): Promise<OpenedEngine> {
  const { definition, settings } = await loadEngine(handOver.engine, handOver.settings ?? {})
  const faults = parseFaults(handOver.faults)
  // An engine that writes no table needs no connection.
  const writes = (definition.writes ?? []).length > 0
  const store = await openStore(writes ? handOver.storeUrl : null, parts.clock, parts.onError)
  const host = new EngineHost(definition, settings, { ...parts, store, instance: handOver.instance, faults })
  return { host, store }
}
