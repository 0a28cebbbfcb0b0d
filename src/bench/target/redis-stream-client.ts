import type { Redis } from 'ioredis'
import { present } from '../../core/assert.js'
import { NautilusError } from '../../core/errors.js'
import { durationNs, nsPerMs } from '../../core/units.js'
import { pause } from '../../platform/flow/deadline.js'
import type { TargetClient } from './client.js'
import type { ClientContext } from './client-plan.js'
import { Correlation } from './correlation.js'
import type { RedisStreamPlan } from './protocol-plans.js'
import { openAll, openReturning } from './redis-connections.js'
import { Texts } from './texts.js'
import { reasonOf } from './under-way.js'

// A round trip over Redis streams: an entry is added with its `seq`, and an entry of the stream of answers that bears the same
// ends it. Without somebody who answers, the stream itself is read: the way of a message and nothing else. Entries of before
// the run are passed over; a blocking read has a connection of its own, for whatever waits behind it would wait as long.

const blockMs = 1_000
const readCountMax = 1_000
/** Between attempts to read while the server is away. */
const retryNs = durationNs(50 * nsPerMs)

export class RedisStreamClient implements TargetClient {
  readonly path = 'ioredis streams'
  readonly #plan: RedisStreamPlan
  readonly #context: ClientContext
  readonly #texts: Texts
  readonly #correlation: Correlation
  #writers: Redis[] = []
  #reader: Redis | null = null
  #next = 0
  #lastId = '0-0'
  #closed = false

  constructor(plan: RedisStreamPlan, context: ClientContext) {
    this.#plan = plan
    this.#context = context
    this.#texts = new Texts([plan.body], plan.data)
    this.#correlation = new Correlation(context.slotCount)
  }

  async open(): Promise<void> {
    const { url, answers } = this.#plan
    const [reader, ...writers] = await openAll(this.#context.connections + 1, () => openReturning(url))
    this.#writers = writers
    this.#reader = present(reader, 'there is one more than writers')
    const [last] = (await this.#reader
      .call('XREVRANGE', answers, '+', '-', 'COUNT', '1')
      .catch(async (cause: unknown) => {
        await this.close()
        throw new NautilusError('SERVICE_UNAVAILABLE', `${answers} is no stream of this Redis: ${reasonOf(cause)}`, {
          cause,
        })
      })) as [id: string][]
    this.#lastId = last?.[0] ?? '0-0'
    void this.#read(this.#reader)
  }

  send(slot: number, seq: number): void {
    const { sink, clock } = this.#context
    const writer = this.#writers[this.#next]
    this.#next = (this.#next + 1) % this.#writers.length
    this.#correlation.begin(slot, seq)
    sink.sent(slot, clock.now())
    const { stream, entriesMax } = this.#plan
    const entry = ['seq', String(seq), 'body', this.#texts.first(seq)]
    writer?.call('XADD', stream, 'MAXLEN', '~', String(entriesMax), '*', ...entry).catch((error: unknown) => {
      if (this.#correlation.end(seq) === slot) sink.done(slot, clock.now(), reasonOf(error), -1)
    })
  }

  abandon(slot: number): void {
    this.#correlation.forget(slot)
  }

  close(): Promise<void> {
    this.#closed = true
    for (const redis of [...this.#writers, this.#reader]) redis?.disconnect()
    return Promise.resolve()
  }

  async #read(reader: Redis): Promise<void> {
    while (!this.#closed) {
      try {
        const block = ['COUNT', String(readCountMax), 'BLOCK', String(blockMs)]
        const found = await reader.call('XREAD', ...block, 'STREAMS', this.#plan.answers, this.#lastId)
        if (found !== null) this.#take(found as [name: string, entries: Entry[]][])
      } catch {
        // The connection is gone until the server is back: what is sent meanwhile fails by its own word, and answers that were
        // written but not read are read then.
        await pause(retryNs)
      }
    }
  }

  #take(streams: readonly [name: string, entries: Entry[]][]): void {
    const { sink, clock } = this.#context
    const at = clock.now()
    for (const [, entries] of streams) {
      for (const [id, fields] of entries) {
        this.#lastId = id
        const slot = this.#correlation.end(seqOf(fields))
        if (slot < 0) continue
        sink.firstByte(slot, at)
        sink.done(slot, at, null, -1)
      }
    }
  }
}

type Entry = readonly [id: string, fields: readonly string[]]

function seqOf(fields: readonly string[]): number {
  const index = fields.findIndex((field, position) => position % 2 === 0 && field === 'seq')
  return index < 0 ? Number.NaN : Number(fields[index + 1])
}
