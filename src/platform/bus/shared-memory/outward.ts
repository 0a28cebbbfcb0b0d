import { present } from '../../../core/assert.js'
import { BoundedQueue } from '../../flow/bounded-queue.js'
import type { TransportCounters } from '../envelope.js'
import { Outlet } from './outlet.js'
import type { Participant } from './participant.js'
import { type Inbox, nobody, noInbox, type Ring } from './region.js'
import { type Group, type Route, routesOf, type Target } from './routes.js'

/** Messages to a topic that nobody hears, kept for the first group that does. */
const unheardMax = 10_000

/** What a participant publishes, on its way into the rings of those who hear it. */
export class Outward {
  readonly #participant: Participant
  readonly #counters: TransportCounters
  readonly #backlogMax: number
  #routes = new Map<string, Route>()
  #inboxes = new Map<number, Inbox>()
  readonly #outlets = new Map<number, Outlet>()
  /** To members who are gone, whose rings an heir reads now: they take what waited for them, and nothing more. */
  readonly #leaving = new Set<Outlet>()
  readonly #unheard = new Map<string, BoundedQueue<Buffer>>()
  /** Written to since they were last committed, or with something that waits for room. */
  #dirty: Outlet[] = []

  constructor(
    participant: Participant,
    { counters, backlogMax }: { readonly counters: TransportCounters; readonly backlogMax: number },
  ) {
    this.#participant = participant
    this.#counters = counters
    this.#backlogMax = backlogMax
  }

  get empty(): boolean {
    return this.#dirty.length === 0
  }

  get inboxes(): Iterable<Inbox> {
    return this.#inboxes.values()
  }

  /** Hot path: one call per message. */
  send(topic: string, payload: Buffer): void {
    const route = this.#routes.get(topic)
    if (route === undefined) {
      this.#keep(topic, payload)
      return
    }
    for (const group of route.groups) this.#put(this.#memberOf(group), payload)
    for (const reader of route.readers) this.#put(reader, payload)
  }

  /** Makes all visible that fits, and wakes those who sleep. */
  commit(): void {
    const dirty = this.#dirty
    this.#dirty = []
    for (const outlet of dirty) {
      if (outlet.commit() && this.#participant.region.endWait(outlet.inbox)) this.#wake(outlet.inbox)
      outlet.dirty = outlet.waitingCount > 0
      if (outlet.dirty) this.#holdBack(outlet)
      else if (this.#leaving.delete(outlet)) this.#participant.change(() => this.#letGo(outlet.ring))
    }
  }

  /** Whether something waits for somebody who is there. */
  get awaited(): boolean {
    return this.#dirty.some(({ inbox }) => this.#inboxes.get(inbox)?.owner !== nobody)
  }

  /**
   * Whether it waits for a member of a group. A reader holds nobody up: it need not be one of those whom the load is for, and
   * may be what the publisher itself waits for, as an order gateway that hears the reports on its orders.
   */
  get stuck(): boolean {
    return this.#dirty.some((outlet) => this.#isHeldUp(outlet))
  }

  /** What each member that holds others up has taken so far. */
  progress(): ReadonlyMap<Outlet, number> {
    const heldUp = this.#dirty.filter((outlet) => this.#isHeldUp(outlet))
    return new Map(heldUp.map((outlet) => [outlet, outlet.movedCount]))
  }

  /** One of them that has taken nothing since, and how much waits for it; null where all go on. */
  stalledSince(earlier: ReadonlyMap<Outlet, number>): { readonly name: string; readonly waitingCount: number } | null {
    const stalled = this.#dirty.find((outlet) => this.#isHeldUp(outlet) && earlier.get(outlet) === outlet.movedCount)
    if (stalled === undefined) return null
    return { name: this.#inboxes.get(stalled.inbox)?.consumer ?? '', waitingCount: stalled.waitingCount }
  }

  /** Takes the tables as they are now; true where something can go that nobody heard before. */
  adopt(inboxes: readonly Inbox[]): boolean {
    this.#inboxes = new Map(inboxes.map((inbox) => [inbox.index, inbox]))
    this.#routes = routesOf(inboxes, this.#routes)
    for (const [topic, kept] of this.#unheard) {
      const route = this.#routes.get(topic)
      if (route === undefined) continue
      this.#unheard.delete(topic)
      // A reader gets only what comes after it.
      if (route.groups.length > 0) for (const payload of kept.take(kept.length)) this.send(topic, payload)
    }
    return this.#dirty.length > 0
  }

  /** Follows rings that an heir reads now, and lets go of those to inboxes that are no more. Within the lock. */
  follow(rings: readonly Ring[]): void {
    for (const outlet of this.#all()) {
      const { inbox = noInbox, consumer = nobody } = rings.find(({ index }) => index === outlet.ring) ?? {}
      if (inbox === outlet.inbox) continue
      if (!this.#leaving.delete(outlet)) this.#outlets.delete(outlet.inbox)
      outlet.inbox = inbox
      // What was written since it took over has woken nobody.
      this.#participant.bells.ring(consumer)
      if (outlet.dirty && inbox !== noInbox) {
        this.#leaving.add(outlet)
        continue
      }
      this.#dirty = this.#dirty.filter((other) => other !== outlet)
      this.#letGo(outlet.ring)
    }
  }

  /** Within the lock. */
  letGoOfAll(): void {
    for (const { ring } of this.#all()) this.#letGo(ring)
  }

  /** Wakes all who read from here, so that they let go too. */
  tellOfEnd(): void {
    for (const { inbox } of this.#all()) this.#participant.bells.ring(this.#inboxes.get(inbox)?.owner ?? nobody)
  }

  /** Messages of this participant that are in no ring yet. */
  depth(topic: string, group: string): number {
    let count = this.#unheard.get(topic)?.length ?? 0
    const hearing = this.hearing(topic, group)
    for (const { inbox, waitingCount } of this.#all()) if (hearing.has(inbox)) count += waitingCount
    return count
  }

  /** The inboxes of the members of a group that hear a topic. */
  hearing(topic: string, group: string): Set<number> {
    const inboxes = [...this.#inboxes.values()].filter((inbox) => inbox.group === group && inbox.topics.includes(topic))
    return new Set(inboxes.map(({ index }) => index))
  }

  #put({ inbox, tag }: Target, payload: Buffer): void {
    const outlet = this.#outlets.get(inbox) ?? this.#open(inbox)
    if (!outlet.put(payload, tag)) this.#counters.trimmed += 1
    if (outlet.dirty) return
    outlet.dirty = true
    this.#dirty.push(outlet)
  }

  /** In turns, but for those whose ring is full while another has room. */
  #memberOf(group: Group): Target {
    const { members } = group
    for (let tries = 0; tries < members.length; tries += 1) {
      group.next = (group.next + 1) % members.length
      const member = members[group.next]
      if (member !== undefined && (this.#outlets.get(member.inbox)?.waitingCount ?? 0) === 0) return member
    }
    return present(members[group.next], 'a group of a route has a member')
  }

  #keep(topic: string, payload: Buffer): void {
    let kept = this.#unheard.get(topic)
    if (kept === undefined) {
      kept = new BoundedQueue(Math.min(unheardMax, this.#backlogMax))
      this.#unheard.set(topic, kept)
    }
    if (kept.push(payload)) return
    kept.shift()
    kept.push(payload)
    this.#counters.trimmed += 1
  }

  #all(): Outlet[] {
    return [...this.#outlets.values(), ...this.#leaving]
  }

  #isHeldUp({ inbox }: Outlet): boolean {
    const to = this.#inboxes.get(inbox)
    return to?.group !== undefined && to.owner !== nobody
  }

  #open(inbox: number): Outlet {
    const { region, id, lives } = this.#participant
    const ring = this.#participant.change(() => region.openRing(id, inbox, lives))
    const outlet = new Outlet(region, { inbox, ring, backlogMax: this.#backlogMax })
    this.#outlets.set(inbox, outlet)
    return outlet
  }

  /** A reader that was killed leaves a ring that nobody empties; a member of a group may come back to its own. */
  #holdBack(outlet: Outlet): void {
    const inbox = this.#inboxes.get(outlet.inbox)
    if (inbox === undefined || inbox.group !== undefined || this.#participant.lives(inbox.owner)) {
      this.#dirty.push(outlet)
      return
    }
    this.#participant.change(() => this.#participant.region.leaveInbox({ index: outlet.inbox }))
  }

  /** Another may have taken the inbox over since the tables were read. */
  #wake(inbox: number): void {
    const { bells, region } = this.#participant
    if (bells.ring(this.#inboxes.get(inbox)?.owner ?? nobody)) return
    const now = this.#participant.locked(() => region.inboxes().find(({ index }) => index === inbox))
    bells.ring(now?.owner ?? nobody)
  }

  #letGo(ring: number): void {
    this.#participant.region.letGo(ring, 'producer', this.#participant.lives)
  }
}
