import type { InstantNs } from '../../core/units.js'
import type { TargetClient, TargetSink } from './client.js'
import type { ClientContext } from './client-plan.js'
import { createHttpClient } from './http-client.js'
import type { FanOutPlan } from './protocol-plans.js'

// One question to several servers, answered when all of them have: side by side, or each when the one before has answered. Every
// server has an HTTP client of its own, whose slots are those of the question.

export class FanOutClient implements TargetClient {
  readonly #plan: FanOutPlan
  readonly #sink: TargetSink
  readonly #members: readonly TargetClient[]
  readonly #seqs: Float64Array
  /** Answers that a slot still waits for. */
  readonly #left: Int32Array
  /** A word for each slot and member: the member is asked and has not answered. */
  readonly #asked: Uint8Array
  /** Whether the question counts as sent: with the first request that leaves. */
  readonly #sent: Uint8Array
  readonly #failures: (string | null)[]
  #path = ''

  constructor(plan: FanOutPlan, context: ClientContext) {
    const { slotCount } = context
    this.#plan = plan
    this.#sink = context.sink
    this.#members = plan.members.map(({ http }, index) =>
      createHttpClient(http, { ...context, sink: this.#sinkOf(index) }),
    )
    this.#seqs = new Float64Array(slotCount)
    this.#left = new Int32Array(slotCount)
    this.#asked = new Uint8Array(slotCount * plan.members.length)
    this.#sent = new Uint8Array(slotCount)
    this.#failures = new Array<string | null>(slotCount).fill(null)
  }

  get path(): string {
    return this.#path
  }

  async open(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.open()))
    const paths = [...new Set(this.#members.map(({ path }) => path))].join(', ')
    this.#path = `${paths} to ${this.#members.length} servers, ${this.#plan.mode}`
  }

  send(slot: number, seq: number): void {
    this.#seqs[slot] = seq
    this.#left[slot] = this.#members.length
    this.#sent[slot] = 0
    this.#failures[slot] = null
    if (this.#plan.mode === 'sequential') this.#ask(slot, 0)
    else for (let index = 0; index < this.#members.length; index += 1) this.#ask(slot, index)
  }

  flush(): void {
    for (const member of this.#members) member.flush?.()
  }

  abandon(slot: number): void {
    this.#left[slot] = 0
    for (const [index, member] of this.#members.entries()) {
      if (this.#asked[this.#wordOf(slot, index)] === 0) continue
      this.#asked[this.#wordOf(slot, index)] = 0
      member.abandon(slot)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()))
  }

  #wordOf(slot: number, index: number): number {
    return slot * this.#members.length + index
  }

  #ask(slot: number, index: number): void {
    this.#asked[this.#wordOf(slot, index)] = 1
    this.#members[index]?.send(slot, this.#seqs[slot] ?? 0)
  }

  /** The first byte of an answer is that of the one which completes it. */
  #sinkOf(index: number): TargetSink {
    return {
      sent: (slot, at) => {
        if (this.#sent[slot] === 0) this.#sink.sent(slot, at)
        this.#sent[slot] = 1
      },
      firstByte: (slot, at) => {
        if (this.#left[slot] === 1) this.#sink.firstByte(slot, at)
      },
      done: (slot, at, failure) => this.#answered(slot, index, at, failure),
      unassigned: (what) => this.#sink.unassigned(what),
    }
  }

  #answered(slot: number, index: number, at: InstantNs, failure: string | null): void {
    this.#asked[this.#wordOf(slot, index)] = 0
    if (failure !== null) this.#failures[slot] ??= `${this.#plan.members[index]?.name}: ${failure}`
    const left = (this.#left[slot] ?? 0) - 1
    this.#left[slot] = left
    const next = this.#members.length - left
    if (left > 0 && this.#plan.mode === 'parallel') return
    if (left > 0 && failure === null) {
      this.#ask(slot, next)
      this.#members[next]?.flush?.()
      return
    }
    this.#sink.done(slot, at, this.#failures[slot] ?? null, -1)
  }
}
