import { assert, present } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import type { InstantNs } from '../../core/units.js'
import type { TargetClient, TargetSink } from './client.js'
import type { MeasurementPlan } from './measurement.js'
import type { EndedRequest, RequestRecorder } from './request-recorder.js'
import type { ScheduleCursor } from './schedule-cursor.js'
import { SlotList } from './slot-list.js'

type FlightOptions = {
  readonly plan: MeasurementPlan
  readonly slotCount: number
  readonly clock: Clock
}

/** What a run adds to the client that is already open. */
type FlightRun = {
  readonly client: TargetClient
  /** Of what is measured. */
  readonly recorder: RequestRecorder
  /** Of the warm-up. */
  readonly rehearsal: RequestRecorder
  /** Instants of an open loop; null where users send as soon as they are answered. */
  readonly cursor: ScheduleCursor | null
  readonly startAt: InstantNs
  /** End of the window. */
  readonly endAt: InstantNs
  readonly workerIndex: number
  readonly workerCount: number
}

/** Requests that one turn sends at most, so that a worker that is far behind still reads what is answered. */
const burstMax = 256

/** The requests under way of one worker, by slot: issues them, is told how they go, and gives up on those that take too long. */
export class Flight implements TargetSink {
  /** Answers to slots that were free: a client that tells twice. */
  strayCount = 0
  readonly #plan: MeasurementPlan
  readonly #clock: Clock
  readonly #free: Int32Array
  #freeCount: number
  /** Slots under way by intended instant, oldest first. */
  readonly #order: SlotList
  readonly #seqs: Float64Array
  readonly #intendedAt: Float64Array
  readonly #issuedAt: Float64Array
  readonly #sentAt: Float64Array
  readonly #firstByteAt: Float64Array
  readonly #ended: EndedRequest = {
    ...{ seq: 0, intendedAt: 0, issuedAt: 0, sentAt: 0, firstByteAt: 0, doneAt: 0, serverNs: -1 },
  }
  #run: FlightRun | null = null
  #endAt = 0
  #nextSeq = 0
  /** While requests of the schedule are issued: some clients tell of the end at once. */
  #sending = false
  /** False while users wait for their first request, and once the window is over. */
  #usersSend = false

  constructor({ plan, slotCount, clock }: FlightOptions) {
    this.#plan = plan
    this.#clock = clock
    this.#free = Int32Array.from({ length: slotCount }, (_, index) => slotCount - 1 - index)
    this.#freeCount = slotCount
    this.#order = new SlotList(slotCount)
    this.#seqs = new Float64Array(slotCount)
    this.#intendedAt = new Float64Array(slotCount)
    this.#issuedAt = new Float64Array(slotCount)
    this.#sentAt = new Float64Array(slotCount)
    this.#firstByteAt = new Float64Array(slotCount)
  }

  get inFlight(): number {
    return this.#free.length - this.#freeCount
  }

  /** First instant of the schedule that has not been sent; the end where all are. */
  get dueFrom(): number {
    if (this.#run === null) return 0
    const { cursor, startAt } = this.#run
    return cursor === null ? this.#clock.now() : startAt + cursor.offsetNs
  }

  begin(run: FlightRun): void {
    this.#run = run
    this.#endAt = run.endAt
    this.#nextSeq = run.workerIndex
  }

  /** Ends the schedule at an instant before its end. */
  endAt(at: number): void {
    this.#endAt = Math.min(this.#endAt, at)
  }

  get over(): boolean {
    return this.#clock.now() >= this.#endAt
  }

  /** Sends all that is due, at once what is late. Returns the next instant, or infinity when there is none. Hot path. */
  sendDue(): number {
    const run = this.#run
    assert(run !== null && run.cursor !== null, 'an open loop has begun')
    const { cursor, startAt, client } = run
    this.#sending = true
    for (let sent = 0; sent < burstMax; sent += 1) {
      const dueAt = startAt + cursor.offsetNs
      const now = this.#clock.now()
      if (dueAt >= this.#endAt || dueAt > now) break
      this.#issue(run, cursor.seq, dueAt, now)
      cursor.advance()
    }
    this.#sending = false
    client.flush?.()
    const next = startAt + cursor.offsetNs
    return next >= this.#endAt ? Number.POSITIVE_INFINITY : next
  }

  /** Lets each user send its first request. */
  startUsers(users: number): void {
    this.#usersSend = true
    for (let user = 0; user < users; user += 1) this.#sendNext(this.#clock.now())
    this.#run?.client.flush?.()
  }

  sent(slot: number, at: InstantNs): void {
    this.#sentAt[slot] = at
  }

  firstByte(slot: number, at: InstantNs): void {
    this.#firstByteAt[slot] = at
  }

  done(slot: number, at: InstantNs, failure: string | null, serverNs: number): void {
    const run = this.#run
    if (run === null || !this.#order.has(slot)) {
      this.strayCount += 1
      return
    }
    const late = at - (this.#intendedAt[slot] ?? 0) > this.#plan.timeoutNs
    const recorder = this.#take(slot, at, serverNs, run)
    if (late && failure === null) recorder.countLate()
    recorder.end(this.#ended, late ? 'timedOut' : failure === null ? 'completed' : 'failed', late ? null : failure)
    if (this.#usersSend) this.#sendNext(at)
    // The thread that wakes this one for what is due may be held up alone: whoever is awake looks as well.
    else if (run.cursor !== null && run.startAt + run.cursor.offsetNs <= at && !this.#sending) this.sendDue()
  }

  unassigned(what: string): void {
    this.#run?.recorder.countUnassigned(this.#clock.now(), what)
  }

  /** Gives up on what has taken longer than the timeout. */
  sweep(): void {
    const now = this.#clock.now()
    for (;;) {
      const slot = this.#order.first
      if (slot < 0 || now - (this.#intendedAt[slot] ?? 0) <= this.#plan.timeoutNs) break
      this.#giveUp(slot, now, 'timedOut')
      if (this.#usersSend) this.#sendNext(now)
    }
    this.#run?.client.flush?.()
  }

  /** Gives up on all that is under way. */
  loseRest(): void {
    this.#usersSend = false
    const now = this.#clock.now()
    for (let slot = this.#order.first; slot >= 0; slot = this.#order.first) this.#giveUp(slot, now, 'lost')
  }

  /** Counts what was due before the end and has not been sent. */
  dropUnsent(): void {
    const run = this.#run
    if (run === null || run.cursor === null) return
    const { cursor, startAt } = run
    for (; startAt + cursor.offsetNs < this.#endAt; cursor.advance()) {
      this.#drop(run, cursor.seq, startAt + cursor.offsetNs)
    }
  }

  #issue(run: FlightRun, seq: number, dueAt: number, now: number): void {
    if (this.#freeCount === 0) {
      this.#drop(run, seq, dueAt)
      return
    }
    this.#freeCount -= 1
    const slot = this.#free[this.#freeCount] ?? 0
    this.#order.push(slot)
    this.#seqs[slot] = seq
    this.#intendedAt[slot] = dueAt
    this.#issuedAt[slot] = now
    this.#sentAt[slot] = 0
    this.#firstByteAt[slot] = 0
    recorderOf(run, dueAt).begin(dueAt, now - dueAt)
    run.client.send(slot, seq)
  }

  #sendNext(now: number): void {
    const run = this.#run
    if (run === null || now >= this.#endAt) return
    const seq = this.#nextSeq
    this.#nextSeq += run.workerCount
    this.#issue(run, seq, now, now)
  }

  #drop(run: FlightRun, seq: number, dueAt: number): void {
    const ended = this.#ended
    ended.seq = seq
    ended.intendedAt = dueAt
    ended.doneAt = dueAt
    recorderOf(run, dueAt).drop(ended)
  }

  #giveUp(slot: number, at: number, ending: 'timedOut' | 'lost'): void {
    const run = present(this.#run, 'what is under way belongs to a run')
    run.client.abandon(slot)
    this.#take(slot, at, -1, run).end(this.#ended, ending, null)
  }

  /** Frees a slot and puts what it held into `#ended`; who records it. */
  #take(slot: number, at: number, serverNs: number, run: FlightRun): RequestRecorder {
    const ended = this.#ended
    ended.seq = this.#seqs[slot] ?? 0
    ended.intendedAt = this.#intendedAt[slot] ?? 0
    ended.issuedAt = this.#issuedAt[slot] ?? 0
    ended.sentAt = this.#sentAt[slot] ?? 0
    ended.firstByteAt = this.#firstByteAt[slot] ?? 0
    ended.doneAt = at
    ended.serverNs = serverNs
    this.#order.remove(slot)
    this.#free[this.#freeCount] = slot
    this.#freeCount += 1
    return recorderOf(run, ended.intendedAt)
  }
}

const recorderOf = ({ recorder, rehearsal }: FlightRun, intendedAt: number): RequestRecorder =>
  recorder.measured(intendedAt) ? recorder : rehearsal

/** Of `all`, the share of one worker; what does not divide goes to the first ones. */
export const shareOf = (all: number, worker: { readonly index: number; readonly of: number }): number =>
  Math.floor(all / worker.of) + (worker.index < all % worker.of ? 1 : 0)
