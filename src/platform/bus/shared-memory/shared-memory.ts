import { assert } from '../../../core/assert.js'
import type { Clock } from '../../../core/clock.js'
import { messageOf, NautilusError } from '../../../core/errors.js'
import { type DurationNs, durationNs, type InstantNs, later, nsPerMs, nsPerSec } from '../../../core/units.js'
import { pause } from '../../flow/deadline.js'
import type { SharedMemoryAddress } from '../config.js'
import type { Delivery, Envelope, Message, Subscription, Transport } from '../envelope.js'
import { encodeEnvelopes } from '../envelope-codec.js'
import { hasDeadSibling, takeOver } from './heirs.js'
import { Intake } from './intake.js'
import { yieldCore } from './mapping.js'
import { Outward } from './outward.js'
import { Participant } from './participant.js'
import type { Inbox, Region, Ring } from './region.js'
import { Source, type Taken } from './source.js'
import { WaitingFlushes } from './waiting-flushes.js'

// The bus of one host without a server: a message is written into the ring of each inbox that hears its topic, and read
// there. `publish` writes, `flush` makes visible: publications, then acknowledgements, so that a crash repeats messages and
// never loses them.
//
// Waiting: `block` sleeps in the event loop until its bell rings, which costs who publishes a write to a pipe, and nothing
// while it is awake. `spin` and `yield` look in every turn of the event loop and never sleep; `yield` first lets others have
// the core. None of them blocks the event loop.
//
// Ordering: messages of one participant to one inbox keep theirs; those of several have none. Members of a group get messages
// in turns.
//
// A group that is behind holds up whoever publishes to it, a reader does not: what waits for a reader is bounded and counted.
// What a member of a group leaves is for one of its name, or goes to another member (heirs.ts).
//
// Known limits: a message to a topic that nobody hears is kept for the first group, a bounded number of them; where the only
// member of a group was killed, it holds up others once a ring of it is full, until it is back.

const messagesPerDelivery = 128
/** Looks of `spin` within a turn of the event loop, some microseconds. */
const looksPerTurn = 256
/** Rings in use from which it pays to ask whether their producers were killed. */
const scarceFrom = 60
const lastMovesNs = durationNs(nsPerSec)
/** Longer than a supervisor keeps an engine waiting that dies again and again, and than that takes to start. */
const stallNsMax = durationNs(15 * nsPerSec)
const deathCheckMs = 500

export class SharedMemoryTransport implements Transport {
  readonly kind = 'shared-memory'
  readonly counters = { malformed: 0, trimmed: 0, redelivered: 0, superseded: 0 }
  readonly lost: Promise<NautilusError>
  readonly #clock: Clock
  readonly #wait: SharedMemoryAddress['wait']
  readonly #participant: Participant
  readonly #region: Region
  readonly #outward: Outward
  /** Of the tables that routes and sources were taken from. */
  #generation: number | null = null
  readonly #intakes: Intake[] = []
  readonly #taken = new Map<string, Taken>()
  /** Acknowledged, but held back while something published before is not in its ring. */
  readonly #settled = new Set<Source>()
  readonly #flushes: WaitingFlushes
  readonly #stallNsMax: DurationNs
  #reportLoss: (error: NautilusError) => void = () => undefined
  #deathTimer: NodeJS.Timeout | undefined
  #nextId = 0
  #restedAt: InstantNs
  #scheduled = false
  #closed = false

  constructor(address: SharedMemoryAddress, clock: Clock, options: { readonly stallNsMax?: DurationNs } = {}) {
    this.#clock = clock
    this.#stallNsMax = options.stallNsMax ?? stallNsMax
    this.lost = new Promise((resolve) => {
      this.#reportLoss = resolve
    })
    this.#wait = address.wait
    this.#participant = new Participant(address, () => this.#turn())
    this.#region = this.#participant.region
    this.#outward = new Outward(this.#participant, { counters: this.counters, backlogMax: address.backlogMax })
    this.#flushes = new WaitingFlushes(this.#outward)
    this.#restedAt = clock.now()
  }

  /** Hot path: writes at once, so that the caller's stamps are the last thing before the bytes. */
  publish(topic: string, envelopes: readonly Envelope[]): void {
    if (this.#closed) return
    this.#refresh()
    this.#send(topic, envelopes)
  }

  acknowledge(_subscription: Subscription, message: Message): void {
    const taken = this.#taken.get(message.id)
    if (taken === undefined) return
    this.#taken.delete(message.id)
    taken.settled = true
    this.#settled.add(taken.source)
  }

  /** Resolves when all for groups is in its ring: at once, but where one is full. Rejects where none goes in for so long. */
  flush(deadlineNs = this.#stallNsMax): Promise<void> {
    return this.#closed || this.#pushOut() ? Promise.resolve() : this.#flushes.add(deadlineNs)
  }

  async subscribe(subscription: Subscription, onDelivery: (delivery: Delivery) => Promise<void>): Promise<void> {
    assert(subscription.group === undefined || subscription.consumer !== undefined, 'a member of a group has a name')
    assert(!this.#closed, 'a transport is open while it is used')
    const { id, lives, bells } = this.#participant
    const inbox = this.#participant.change(() => this.#region.openInbox(id, subscription, lives))
    const shared = { counters: this.counters, taken: this.#taken, nextId: () => this.#nextId++ }
    this.#intakes.push(new Intake(inbox, { subscription, onDelivery }, shared))
    if (subscription.group !== undefined) this.#deathTimer ??= setInterval(() => this.#seekDead(), deathCheckMs).unref()
    this.#schedule()
    // Whoever keeps messages for the first to hear them may publish nothing else.
    bells.ringAll()
  }

  /** Of all topics of the subscriptions that hear this one: a ring does not count them apart. */
  async depth(topic: string, group: string): Promise<number> {
    assert(!this.#closed, 'a transport is open while it is used')
    this.#refresh()
    const inboxes = this.#outward.hearing(topic, group)
    return this.#outward.depth(topic, group) + this.#participant.locked(() => this.#region.recordsIn(inboxes))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#pushOut()
    if (this.#outward.awaited) await this.#moveRest()
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#deathTimer)
    const { lives } = this.#participant
    this.#participant.change(() => {
      for (const { inbox, sources, subscription } of this.#intakes) {
        this.#region.leaveInbox({ index: inbox, ...subscription })
        for (const { ring } of sources) this.#region.letGo(ring, 'consumer', lives)
      }
      this.#outward.letGoOfAll()
    })
    // Their rings are free when they too let go of them; and who waits for room here waits no longer.
    for (const { sources } of this.#intakes) for (const { producer } of sources) this.#participant.bells.ring(producer)
    this.#outward.tellOfEnd()
    this.#participant.close()
    this.#flushes.endAll()
  }

  /** What waits for room when all else is done has a moment to find it. */
  async #moveRest(): Promise<void> {
    const end = later(this.#clock.now(), lastMovesNs)
    while (!this.#closed && this.#outward.awaited && this.#clock.now() < end) {
      await pause(durationNs(nsPerMs))
      if (!this.#closed) this.#pushOut()
    }
  }

  /** A batch that no ring can hold goes as several. */
  #send(topic: string, envelopes: readonly Envelope[]): void {
    const payload = encodeEnvelopes(envelopes)
    if (payload.length <= this.#region.payloadBytesMax || envelopes.length === 1) {
      this.#outward.send(topic, payload)
      return
    }
    const half = envelopes.length >> 1
    this.#send(topic, envelopes.slice(0, half))
    this.#send(topic, envelopes.slice(half))
  }

  /** Makes all visible that fits, then gives back what was acknowledged; false where something has to wait. */
  #pushOut(): boolean {
    this.#refresh()
    this.#outward.commit()
    if (this.#outward.stuck) return false
    if (this.#outward.empty) this.#release()
    this.#flushes.endAll()
    return true
  }

  /** Whoever was killed tells nobody. */
  #seekDead(): void {
    const inboxes = [...this.#outward.inboxes]
    if (!this.#intakes.some((intake) => hasDeadSibling(inboxes, intake, this.#participant.lives))) return
    this.#generation = null
    this.#turn()
  }

  #release(): void {
    for (const source of this.#settled) {
      source.release()
      this.#tellOfRoom(source)
    }
    this.#settled.clear()
  }

  #tellOfRoom({ ring, producer }: Source): void {
    if (this.#region.endWant(ring)) this.#participant.bells.ring(producer)
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    if (this.#closed) return
    this.#refresh()
    if (!this.#outward.empty) this.#pushOut()
    if (this.#wait === 'spin') this.#look()
    let idle = true
    for (const intake of this.#intakes) {
      if (intake.busy || !intake.look()) continue
      this.#deliver(intake)
      idle = false
      // By what it delivered.
      if (this.#closed) return
    }
    if (idle && this.#wait === 'yield') yieldCore()
    this.#rest()
  }

  #deliver(intake: Intake): void {
    // After the look: what is committed from now on belongs to the next delivery, whose time it has.
    const receivedAt = this.#clock.now()
    const messages = intake.take(messagesPerDelivery)
    for (const source of intake.sources) this.#tellOfRoom(source)
    if (messages.length === 0) return
    intake.busy = true
    const handled = intake.onDelivery({ polledAt: this.#restedAt, receivedAt, messages })
    this.#restedAt = this.#clock.now()
    handled.then(
      () => {
        intake.busy = false
        if (!this.#closed) this.#rest()
      },
      (error: unknown) => this.#handledBadly(error),
    )
  }

  /** Its subscription takes nothing more, and whoever waits for that would wait for ever: the process learns that it has no bus. */
  #handledBadly(error: unknown): void {
    if (this.#closed) return
    const text = `what came by the bus was not handled: ${messageOf(error)}`
    this.#reportLoss(
      error instanceof NautilusError ? error : new NautilusError('ENGINE_FAILED', text, { cause: error }),
    )
  }

  /** Looks again in the next turn of the event loop, or sleeps until the bell rings. */
  #rest(): void {
    this.#restedAt = this.#clock.now()
    if (this.#intakes.length === 0) return
    if (this.#wait !== 'block') {
      this.#schedule()
      return
    }
    for (const intake of this.#intakes) {
      if (intake.busy) continue
      this.#region.setWaiting(intake.inbox, true)
      // Said first, then looked again: what came between has rung no bell.
      if (!intake.look() && this.#generation === this.#region.generation) continue
      this.#region.setWaiting(intake.inbox, false)
      this.#schedule()
    }
  }

  #look(): void {
    for (let look = 0; look < looksPerTurn; look += 1) {
      for (const intake of this.#intakes) if (!intake.busy && intake.look()) return
    }
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  /** Hot path: one comparison, but where an inbox or a ring came or went. */
  #refresh(): void {
    if (this.#generation === this.#region.generation) return
    const { inboxes, tookOver } = this.#participant.locked(() => this.#readTables())
    // Whoever waits for room in a ring that leads elsewhere now asks its new reader for it.
    if (tookOver) this.#participant.bells.ringAll()
    if (this.#outward.adopt(inboxes)) this.#schedule()
  }

  /** Within the lock. */
  #readTables(): { readonly inboxes: readonly Inbox[]; readonly tookOver: boolean } {
    const known = this.#region.inboxes()
    const { lives } = this.#participant
    const heirs = this.#intakes.filter((intake) => takeOver(this.#region, known, intake, lives))
    const tookOver = heirs.length > 0
    if (tookOver) this.#region.changed()
    this.#generation = this.#region.generation
    this.#outward.follow(this.#region.rings())
    const rings = this.#region.rings()
    for (const intake of this.#intakes) this.#refreshSources(intake, rings)
    return { inboxes: tookOver ? this.#region.inboxes() : known, tookOver }
  }

  /** Lets go of rings by which nothing comes any more, and takes new ones. Within the lock. */
  #refreshSources(intake: Intake, rings: readonly Ring[]): void {
    const known = new Set(intake.sources.map(({ ring }) => ring))
    intake.sources = intake.sources.filter(({ ring, drained }) => {
      if (!drained || this.#isFed(rings, ring)) return true
      this.#region.letGo(ring, 'consumer', this.#participant.lives)
      return false
    })
    for (const ring of rings) {
      // One of which it has just let go may lead elsewhere from now on.
      if (ring.inbox !== intake.inbox || known.has(ring.index)) continue
      this.#region.attach(ring.index, this.#participant.id)
      const source = new Source(this.#region, ring, this.counters)
      this.counters.redelivered += source.reader.repeatedCount
      intake.sources.push(source)
    }
  }

  /** Whether anything may still come by a ring. */
  #isFed(rings: readonly Ring[], ring: number): boolean {
    const facts = rings.find(({ index }) => index === ring)
    if (facts === undefined || facts.producer === 0) return false
    return rings.length < scarceFrom || this.#participant.lives(facts.producer)
  }
}
