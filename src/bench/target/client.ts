import type { InstantNs } from '../../core/units.js'

// What every driver of a plain target is to the worker that paces it. A request under way has a slot, a small number that is
// used again once it has ended; clients keep what they need of it in arrays by slot, and allocate nothing on the hot path.

/** Told by a client, from within the worker's event loop. Each slot ends exactly once: by `done`, or by `abandon` of the client. */
export type TargetSink = {
  /** The write was issued; before it the request waited for a connection. */
  sent(slot: number, at: InstantNs): void
  /** Of the answer; told again where what was told of before was an interim one (RFC 9110 §15.2). */
  firstByte(slot: number, at: InstantNs): void
  /** `failure` is null for a completed request, else a reason that is the same for equal failures. `serverNs` is the server's own word for its time, -1 where it says none. */
  done(slot: number, at: InstantNs, failure: string | null, serverNs: number): void
  /** A message that answers nobody, since it does not say whom. `what` is the same for equal ones. */
  unassigned(what: string): void
}

export type TargetClient = {
  /** In words, for the report: `http/1.1 fast path`, `undici (TLS)`, `ioredis`. */
  readonly path: string
  /** Connects what it can before the clock runs; rejects with a NautilusError that names the target. */
  open(): Promise<void>
  /** Hot path: issues the request of `seq` at once where a connection is free, else queues it. Never throws, never waits. */
  send(slot: number, seq: number): void
  /** Hot path: after the sends of one turn, for clients that write what goes to one connection together. */
  flush?(): void
  /** Gives up on a slot, at the timeout: it will not be told of again. What it holds (a connection) is freed or replaced. */
  abandon(slot: number): void
  close(): Promise<void>
}
