import type { BusAddress } from '../../platform/bus/config.js'

/** What the parent tells an engine process, as JSON in its environment. */
export type HandOver = {
  readonly engine: string
  readonly instance: number
  readonly systemId: string
  /** The input slice of the profile; the child parses it with the engine's own schema. */
  readonly settings: unknown
  readonly bus: BusAddress
  /** PostgreSQL connection string, or null where the profile has no store. */
  readonly storeUrl: string | null
  /** 0: any free port; the engine reports the port it got by `READY=1 port=N` on the notify pipe. */
  readonly port: number
  /** Deliberate faults, as written after `--inject ENGINE:`. */
  readonly faults: readonly string[]
}
