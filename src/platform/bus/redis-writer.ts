import type { Redis } from 'ioredis'
import { present } from '../../core/assert.js'
import { type DurationNs, nsPerMs } from '../../core/units.js'
import { type AdaptiveBatch, answered, join, left, newAdaptiveBatch, untilDue } from '../flow/adaptive-batch.js'
import type { RedisAddress } from './config.js'
import type { Envelope } from './envelope.js'
import type { RedisLink } from './redis-link.js'
import type { Arguments } from './redis-reader.js'

// The writing side of a Redis bus: one pipeline a write, publications before acknowledgements.
//
// With a batch, writes gather (flow/adaptive-batch.ts): what gathered of one topic is then one message, in its order, and
// whoever asked for a flush hears of the write that holds its messages.

type Write = { readonly name: string; readonly args: Arguments }
type Gathering = {
  readonly limits: NonNullable<RedisAddress['batch']>
  readonly urgent: ReadonlySet<string>
  readonly batch: AdaptiveBatch
  byTopic: Map<string, Envelope[]>
  added: number
  addedUrgent: boolean
  written: Deferred | null
  timer: NodeJS.Timeout | undefined
}
type Deferred = {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export class RedisWriter {
  readonly #link: RedisLink
  readonly #redis: Redis
  readonly #gathering: Gathering | null
  #writes: Write[] = []
  #acknowledged = new Map<string, Arguments>()

  constructor(link: RedisLink, redis: Redis) {
    this.#link = link
    this.#redis = redis
    const { batch } = link.address
    this.#gathering =
      batch === undefined
        ? null
        : {
            ...{ limits: batch, urgent: new Set(batch.urgent), batch: newAdaptiveBatch(link.clock.now()) },
            ...{ byTopic: new Map(), added: 0, addedUrgent: false, written: null, timer: undefined },
          }
  }

  /** Hot path: without a batch it encodes at once, so that the caller's stamps are the last thing before the bytes. */
  publish(topic: string, envelopes: readonly Envelope[]): void {
    const gathering = this.#gathering
    if (gathering === null) {
      this.#encode(topic, envelopes)
      return
    }
    const gathered = gathering.byTopic.get(topic)
    if (gathered === undefined) gathering.byTopic.set(topic, [...envelopes])
    else for (const envelope of envelopes) gathered.push(envelope)
    gathering.added += 1
    if (gathering.urgent.has(topic)) gathering.addedUrgent = true
  }

  acknowledgeId(group: string, key: string, id: string): void {
    const slot = `${group} ${key}`
    const args = this.#acknowledged.get(slot)
    if (args === undefined) this.#acknowledged.set(slot, [key, this.#link.name(group), id])
    else args.push(id)
  }

  flush(deadlineNs: DurationNs = this.#link.answerNs): Promise<void> {
    return this.#gathering === null ? this.#write(deadlineNs) : this.#flushGathered(this.#gathering, deadlineNs)
  }

  /** Writes what has gathered. */
  async close(): Promise<void> {
    const gathering = this.#gathering
    if (gathering?.written == null) return
    const { promise } = gathering.written
    this.#leave(gathering, this.#link.answerNs)
    // Whoever asked for the flush has heard of a failure.
    await promise.catch(() => undefined)
  }

  async #flushGathered(gathering: Gathering, deadlineNs: DurationNs): Promise<void> {
    const now = this.#link.clock.now()
    const { batch, limits, added, addedUrgent } = gathering
    if (added > 0 || this.#acknowledged.size > 0) {
      gathering.added = 0
      gathering.addedUrgent = false
      gathering.written ??= deferred()
      const { promise } = gathering.written
      if (join(batch, now, limits, { messages: added, urgent: addedUrgent })) this.#leave(gathering, deadlineNs)
      else this.#leaveInTime(gathering)
      return promise
    }
    return gathering.written?.promise
  }

  #leave(gathering: Gathering, deadlineNs: DurationNs): void {
    const written = present(gathering.written, 'somebody waits for what leaves')
    clearTimeout(gathering.timer)
    gathering.timer = undefined
    gathering.written = null
    for (const [topic, envelopes] of gathering.byTopic) this.#encode(topic, envelopes)
    gathering.byTopic = new Map()
    left(gathering.batch)
    const done = (): void => {
      if (answered(gathering.batch)) this.#leave(gathering, deadlineNs)
    }
    this.#write(deadlineNs).then(written.resolve, written.reject).then(done)
  }

  /** The net below the answers of the medium: a timer of Node is never early, and late by up to a millisecond. */
  #leaveInTime(gathering: Gathering): void {
    const dueNs = untilDue(gathering.batch, this.#link.clock.now(), gathering.limits) ?? 0
    gathering.timer ??= setTimeout(
      () => {
        gathering.timer = undefined
        if (gathering.written !== null) this.#leave(gathering, this.#link.answerNs)
      },
      Math.ceil(dueNs / nsPerMs),
    )
  }

  #encode(topic: string, envelopes: readonly Envelope[]): void {
    const { key, by } = this.#link.keyed(topic)
    const payload = this.#link.codec.encode(topic, envelopes)
    if (by === 'stream') {
      const { backlogMax } = this.#link.address
      this.#writes.push({ name: 'xadd', args: [key, 'MAXLEN', '~', backlogMax, '*', 'm', payload] })
    } else this.#writes.push({ name: by === 'list' ? 'rpush' : 'publish', args: [key, payload] })
  }

  async #write(deadlineNs: DurationNs): Promise<void> {
    const writes = this.#writes
    const acknowledged = this.#acknowledged
    this.#writes = []
    this.#acknowledged = new Map()
    this.#link.refuseWhenLost()
    if (writes.length === 0 && acknowledged.size === 0) return
    const pipeline = this.#redis.pipeline()
    for (const { name, args } of writes) pipeline.call(name, args)
    for (const args of acknowledged.values()) pipeline.call('xack', args)
    const replies = await this.#link.answered(pipeline.exec(), deadlineNs)
    for (const [error] of replies ?? []) if (error !== null) throw this.#link.die(error)
  }
}

function deferred(): Deferred {
  let resolve: Deferred['resolve'] = () => undefined
  let reject: Deferred['reject'] = () => undefined
  const promise = new Promise<void>((onDone, onFailed) => {
    resolve = onDone
    reject = onFailed
  })
  return { promise, resolve, reject }
}
