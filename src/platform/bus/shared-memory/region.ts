import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '../../../core/assert.js'
import { NautilusError } from '../../../core/errors.js'
import type { Subscription } from '../envelope.js'
import { type Mapping, mapFile, sharedFolder, yieldCore } from './mapping.js'
import { clearRing, payloadBytesMax, type RingPlace, recordsWaiting, ringBytes } from './ring.js'

// What all participants of a bus have mapped: a table of inboxes, a table of rings, and the rings. An inbox is one
// subscription; a ring leads from one participant to one inbox, and is made when the first message goes that way.
//
// The tables are read and changed under a lock, after which the generation is another: whoever publishes or reads compares
// it first, so that a message is never lost to a subscription that was there. Participants are numbers that never come
// again; whether one lives is asked of its bell, which the kernel closes however its process ends. A lock whose holder has
// died is taken over.
//
// A ring is free again when both of its sides have let go of it, or have died: none may be given away under the hands of a
// side that still reads or writes. What it holds for a group outlives both. All zeros is a good start, so nobody has to come
// first.

const wordBytes = Int32Array.BYTES_PER_ELEMENT
const inboxesMax = 64
const ringsMax = 120
const inboxWords = 256
const ringWords = 32
const headerWords = 128
const header = { generation: 0, lock: 32, lastId: 64 } as const
/** `waiting` has lines of its own: every flush to the inbox looks at it. */
const inboxField = { used: 0, owner: 1, textBytes: 2, waiting: 32, text: 64 } as const
const ringField = { used: 0, producer: 1, consumer: 2, inbox: 3, wantsRoom: 4 } as const
const inboxesAt = headerWords
const ringsAt = inboxesAt + inboxesMax * inboxWords
const dataAt = (ringsAt + ringsMax * ringWords) * wordBytes
const textBytesMax = (inboxWords - inboxField.text) * wordBytes
/** Looks at a taken lock between two questions whether its holder lives. */
const looksPerQuestion = 1_000
const questionsMax = 10_000
export const nobody = 0
export const noInbox = -1

export type Inbox = { readonly index: number; readonly owner: number } & Subscription
export type Ring = {
  readonly index: number
  readonly producer: number
  readonly consumer: number
  readonly inbox: number
}
export type Lives = (participant: number) => boolean

export class Region {
  readonly folder: string
  /** Of one record: a quarter of a ring, so that it fits with the padding before it beside the half that a group may hold. */
  readonly payloadBytesMax: number
  /** Of each ring. */
  readonly #dataBytes: number
  readonly #mapping: Mapping
  readonly #words: Int32Array
  readonly #bytes: Buffer

  /** The region of a system; the guardian of the system removes the folder, by its name. */
  constructor(systemId: string, regionBytes: number) {
    this.folder = join(sharedFolder, `nautilus-${systemId}`)
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    this.#mapping = mapFile(join(this.folder, 'region'), regionBytes)
    this.#dataBytes = 2 ** Math.floor(Math.log2((regionBytes - dataAt) / ringsMax - ringBytes(0)))
    this.payloadBytesMax = payloadBytesMax(this.#dataBytes / 2)
    this.#words = new Int32Array(this.#mapping.buffer, 0, dataAt / wordBytes)
    this.#bytes = Buffer.from(this.#mapping.buffer, 0, dataAt)
  }

  get generation(): number {
    return Atomics.load(this.#words, header.generation)
  }

  newParticipant(): number {
    return Atomics.add(this.#words, header.lastId, 1) + 1
  }

  /** Does its work while nobody else reads or changes the tables. */
  locked<Value>(me: number, lives: Lives, work: () => Value): Value {
    this.#lock(me, lives)
    try {
      return work()
    } finally {
      Atomics.store(this.#words, header.lock, nobody)
    }
  }

  /** Tells all that the tables are others; within the lock. */
  changed(): void {
    Atomics.add(this.#words, header.generation, 1)
  }

  inboxes(): Inbox[] {
    const found: Inbox[] = []
    for (let index = 0; index < inboxesMax; index += 1) {
      const at = inboxAt(index)
      if (this.#at(at + inboxField.used) === 0) continue
      const from = (at + inboxField.text) * wordBytes
      const text = this.#bytes.toString('utf8', from, from + this.#at(at + inboxField.textBytes))
      found.push({ index, owner: this.#at(at + inboxField.owner), ...(JSON.parse(text) as Subscription) })
    }
    return found
  }

  /** An inbox for a subscription: that of an earlier member of the same name, which must be gone, or a new one. */
  openInbox(me: number, subscription: Subscription, lives: Lives): number {
    const { topics, group, consumer } = subscription
    const known = this.inboxes()
    const earlier = known.find((inbox) => group !== undefined && inbox.group === group && inbox.consumer === consumer)
    assert(earlier === undefined || !this.#holds(earlier.owner, lives), 'a name within a group is one member')
    const index = earlier?.index ?? this.#freeInbox(known, lives)
    const at = inboxAt(index)
    const text = Buffer.from(JSON.stringify({ topics, group, consumer }))
    if (text.length > textBytesMax) throw full('the names of its topics are too long for an inbox')
    // Whoever dies here leaves no entry rather than half of one.
    this.#words[at + inboxField.used] = 0
    text.copy(this.#bytes, (at + inboxField.text) * wordBytes)
    this.#words[at + inboxField.textBytes] = text.length
    this.#words[at + inboxField.owner] = me
    this.#words[at + inboxField.used] = 1
    return index
  }

  /** A member of a group may come back to its inbox; that of a reader is nobody's. */
  leaveInbox({ index, group }: { readonly index: number } & Pick<Subscription, 'group'>): void {
    const at = inboxAt(index)
    this.#words[at + inboxField.owner] = nobody
    this.setWaiting(index, false)
    if (group !== undefined) return
    // Its rings first: whoever dies in between must leave none to the inbox that comes after in its place.
    for (const ring of this.rings()) if (ring.inbox === index) this.#setRing(ring.index, ringField.inbox, noInbox)
    this.#words[at + inboxField.used] = 0
  }

  rings(): Ring[] {
    const found: Ring[] = []
    for (let index = 0; index < ringsMax; index += 1) {
      const at = ringAt(index)
      if (this.#at(at + ringField.used) === 0) continue
      const producer = this.#at(at + ringField.producer)
      found.push({
        ...{ index, producer, consumer: this.#at(at + ringField.consumer) },
        inbox: this.#at(at + ringField.inbox),
      })
    }
    return found
  }

  openRing(me: number, inbox: number, lives: Lives): number {
    const used = this.rings()
    const taken = new Set(used.map(({ index }) => index))
    let index = 0
    while (taken.has(index)) index += 1
    if (index >= ringsMax) index = used.find((ring) => this.#isLeft(ring, lives))?.index ?? ringsMax
    if (index >= ringsMax) throw full(`all of its ${ringsMax} rings are in use`)
    this.#setRing(index, ringField.used, 0)
    clearRing(this.placeOf(index))
    this.#setRing(index, ringField.producer, me)
    this.#setRing(index, ringField.consumer, nobody)
    this.#setRing(index, ringField.inbox, inbox)
    this.#setRing(index, ringField.wantsRoom, 0)
    this.#setRing(index, ringField.used, 1)
    return index
  }

  attach(ring: number, me: number): void {
    this.#setRing(ring, ringField.consumer, me)
  }

  leadTo(inbox: number, { index }: Ring): void {
    this.#setRing(index, ringField.inbox, inbox)
  }

  /** One side lets go of a ring; it is free where the other has, and nothing is left in it for a group. */
  letGo(ring: number, side: 'producer' | 'consumer', lives: Lives): void {
    this.#setRing(ring, ringField[side], nobody)
    const facts = this.rings().find(({ index }) => index === ring)
    if (facts !== undefined && this.#isLeft(facts, lives)) this.#setRing(ring, ringField.used, 0)
  }

  /** Records that wait in the rings to some inboxes. */
  recordsIn(inboxes: ReadonlySet<number>): number {
    const leading = this.rings().filter(({ inbox }) => inboxes.has(inbox))
    return leading.reduce((sum, { index }) => sum + recordsWaiting(this.placeOf(index)), 0)
  }

  placeOf(ring: number): RingPlace {
    const at = dataAt + ring * ringBytes(this.#dataBytes)
    return { buffer: this.#mapping.buffer, at, dataBytes: this.#dataBytes }
  }

  setWaiting(inbox: number, waiting: boolean): void {
    Atomics.store(this.#words, inboxAt(inbox) + inboxField.waiting, waiting ? 1 : 0)
  }

  /** Hot path: whether the owner of an inbox sleeps; whoever is told so must ring its bell. */
  endWait(inbox: number): boolean {
    const at = inboxAt(inbox) + inboxField.waiting
    return Atomics.load(this.#words, at) === 1 && Atomics.exchange(this.#words, at, 0) === 1
  }

  wantRoom(ring: number): void {
    Atomics.store(this.#words, ringAt(ring) + ringField.wantsRoom, 1)
  }

  /** Hot path: whether the producer of a ring waits for room; whoever is told so must ring its bell. */
  endWant(ring: number): boolean {
    const at = ringAt(ring) + ringField.wantsRoom
    return Atomics.load(this.#words, at) === 1 && Atomics.exchange(this.#words, at, 0) === 1
  }

  /** No view of the region may be used after this. */
  close(): void {
    this.#mapping.close()
  }

  #freeInbox(known: readonly Inbox[], lives: Lives): number {
    const taken = new Set(known.map(({ index }) => index))
    for (let index = 0; index < inboxesMax; index += 1) if (!taken.has(index)) return index
    const left = known.find(({ group, owner }) => group === undefined && !this.#holds(owner, lives))
    if (left === undefined) throw full(`all of its ${inboxesMax} inboxes are in use`)
    this.leaveInbox(left)
    return left.index
  }

  #isLeft({ index, producer, consumer, inbox }: Ring, lives: Lives): boolean {
    if (this.#holds(producer, lives) || this.#holds(consumer, lives)) return false
    return inbox === noInbox || recordsWaiting(this.placeOf(index)) === 0
  }

  #holds(participant: number, lives: Lives): boolean {
    return participant !== nobody && lives(participant)
  }

  #lock(me: number, lives: Lives): void {
    for (let look = 1; look < looksPerQuestion * questionsMax; look += 1) {
      const holder = Atomics.compareExchange(this.#words, header.lock, nobody, me)
      if (holder === nobody) return
      if (look % looksPerQuestion === 0 && !lives(holder)) {
        if (Atomics.compareExchange(this.#words, header.lock, holder, me) === holder) return
      }
      yieldCore()
    }
    assert(false, 'a lock of the region is held for microseconds')
  }

  #at(word: number): number {
    return this.#words[word] ?? 0
  }

  #setRing(ring: number, field: number, value: number): void {
    this.#words[ringAt(ring) + field] = value
  }
}

const inboxAt = (index: number): number => inboxesAt + index * inboxWords
const ringAt = (index: number): number => ringsAt + index * ringWords

const full = (what: string): NautilusError =>
  new NautilusError('SERVICE_UNAVAILABLE', `the shared-memory bus is full: ${what}`, {
    hint: 'Set bus.kind to redis, which has no such bound.',
  })
