import type { Clock } from '../../core/clock.js'
import type { TargetSink } from './client.js'

/** Ends requests whose answers are promises, and none that was given up meanwhile: a slot is soon used for another. */
export class UnderWay {
  readonly #sink: TargetSink
  readonly #clock: Clock
  /** How often a slot was begun or given up. */
  readonly #turns: Uint32Array

  constructor({ sink, clock, slotCount }: { sink: TargetSink; clock: Clock; slotCount: number }) {
    this.#sink = sink
    this.#clock = clock
    this.#turns = new Uint32Array(slotCount)
  }

  /** The send of a slot: what `issue` throws, or its promise rejects with, is why it failed. */
  follow(slot: number, issue: () => Promise<unknown>): void {
    const turn = this.#advance(slot)
    this.#sink.sent(slot, this.#clock.now())
    void outcomeOf(issue).then((failure) => {
      if (this.#turns[slot] !== turn) return
      const at = this.#clock.now()
      this.#sink.firstByte(slot, at)
      this.#sink.done(slot, at, failure, -1)
    })
  }

  abandon(slot: number): void {
    this.#advance(slot)
  }

  #advance(slot: number): number {
    const turn = ((this.#turns[slot] ?? 0) + 1) >>> 0
    this.#turns[slot] = turn
    return turn
  }
}

async function outcomeOf(issue: () => Promise<unknown>): Promise<string | null> {
  try {
    await issue()
    return null
  } catch (error) {
    return reasonOf(error)
  }
}

const reasonCharsMax = 80

/** A reason that is the same for equal failures: the code where there is one, else the first words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
  const text = error instanceof Error ? error.message : String(error)
  // What ioredis says of a connection that is gone, by when it noticed.
  if (/^(Connection is closed|Stream isn't writeable)/.test(text)) return 'connection: closed'
  // What ioredis says of an answer of another kind of server.
  if (text.startsWith('Unknown RESP type')) return 'the answer is not in the protocol of Redis'
  // Codes of the system name a connection that failed; those of a server need its words.
  if (code !== null && /^E[A-Z]+$/.test(code)) return `connection: ${code}`
  return (code === null ? text : `${code} ${text}`).slice(0, reasonCharsMax).replace(/[.\s]+$/, '')
}
