import { assertNever } from '../../core/assert.js'
import { durationNs, type InstantNs, later, nsPerMs } from '../../core/units.js'
import type { Stamp } from '../../platform/bus/envelope.js'
import type { EngineContext, Input } from '../kit/define.js'
import { type ExecutionReport, type ExecutionReports, type OrderCommand, topics } from '../model/messages.js'
import type { OrderGatewayConfig } from './config.js'
import { Placements, type Refusal } from './core.js'
import { Dispatch } from './dispatch.js'

/** What became of an order that somebody waits for. */
export type Answer =
  | { readonly kind: 'reported'; readonly reports: readonly ExecutionReport[]; readonly stamps: readonly Stamp[] }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'refused'; readonly reason: string }

/** An order on its way; without `answer` it came by the bus, and its tick is ended by topic. */
export type Order = {
  readonly input: Input
  readonly body: OrderCommand
  readonly answer: ((answer: Answer) => void) | null
}

/** What the report tells of the breaker, by the state that it came to. */
const breakerCounters = { open: 'breaker opened', halfOpen: 'breaker half opened', closed: 'breaker closed' } as const

// A timer that fires this late was held up by this process itself: the reports may already lie in the socket, so they get
// as long again to come in before orders are given up.
const stallNs = durationNs(5 * nsPerMs)

/** Places orders: accepts, batches, paces, calls the venue by topic, and waits for the reports. */
export class Gateway {
  readonly #settings: OrderGatewayConfig
  readonly #context: EngineContext
  readonly #placements: Placements<Order>
  readonly #dispatch: Dispatch<Order>
  #dispatchTimer: { readonly dueAt: InstantNs; readonly cancel: () => void } | null = null
  #timeoutArmed = false

  constructor(settings: OrderGatewayConfig, context: EngineContext) {
    this.#settings = settings
    this.#context = context
    this.#placements = new Placements(settings, (state) => context.count(breakerCounters[state]))
    const { orderPlacement: pacing, queueMax } = settings.pacing
    this.#dispatch = new Dispatch({ batch: settings.batch, pacing, queueMax }, context.clock.now())
  }

  /** Takes an order in, or says why not; a refused order is not held and nobody is told. */
  submit(order: Order): Refusal | null {
    const now = this.#context.clock.now()
    const { body } = order
    const refusal =
      body.kind === 'new'
        ? this.#placements.accept(body.orderId, order, now)
        : this.#placements.acceptChange(body.orderId, order, now)
    if (refusal !== null) {
      this.#context.count(refusal)
      return refusal
    }
    this.#context.hold(order.input)
    this.#drop(this.#dispatch.offer(order, now))
    this.#pump(now)
    return null
  }

  /** Whether something that was asked about an order waits for its report. */
  isUnderWay(orderId: number): boolean {
    return this.#placements.isUnderWay(orderId)
  }

  /** Takes in the reports of one command; those of other gateways' orders are passed over. */
  report(input: Input): void {
    const { reports } = input.envelope.body as ExecutionReports
    for (const report of reports) {
      if (!report.final) continue
      const lateBefore = this.#placements.late
      const order = this.#answered(report)
      if (this.#placements.late > lateBefore) this.#context.count('late reports')
      if (order?.answer == null) continue
      const own = reports.filter(({ orderId }) => orderId === report.orderId)
      order.answer({ kind: 'reported', reports: own, stamps: this.#context.leave(input).stamps })
    }
  }

  /** The order, cancel or replacement that a final report answers, which then waits no longer. */
  #answered(report: ExecutionReport): Order | null {
    const waiting = this.#placements.waiting(report.orderId)
    if (waiting === null || answers(report, waiting.body)) {
      return this.#placements.answered(report.orderId, this.#context.clock.now())
    }
    this.#placements.passed(report.orderId)
    return null
  }

  /** Sends all that waits at once. */
  drain(): void {
    const now = this.#context.clock.now()
    for (const call of this.#dispatch.takeAll()) this.#place(call, now)
    this.#watch(now)
  }

  status(): Record<string, number | string> {
    return {
      breaker: this.#placements.breaker,
      inFlight: this.#placements.inFlight,
      callsWaiting: this.#dispatch.waiting,
      acknowledge: this.#settings.acknowledge,
    }
  }

  #pump(now: InstantNs): void {
    this.#drop(this.#dispatch.closeDue(now))
    for (;;) {
      const call = this.#dispatch.next(now)
      if (call === null) break
      this.#place(call, now)
    }
    this.#watch(now)
    const waitNs = this.#dispatch.untilNext(now)
    if (waitNs === null) return
    const dueAt = later(now, waitNs)
    if (this.#dispatchTimer !== null && this.#dispatchTimer.dueAt <= dueAt) return
    this.#dispatchTimer?.cancel()
    this.#dispatchTimer = {
      dueAt,
      cancel: this.#context.after(waitNs, () => {
        this.#dispatchTimer = null
        this.#pump(this.#context.clock.now())
      }),
    }
  }

  /** One call to the venue. */
  #place(call: Order[], now: InstantNs): void {
    this.#context.count('calls')
    for (const { body } of call) if (body.kind === 'new') this.#store(body)
    this.#placements.placed(
      call.map(({ body }) => body.orderId),
      now,
    )
    const first = call[0]
    if (call.length === 1 && first !== undefined) this.#context.emit(first.input, topics.orderPlaced, first.body)
    else this.#context.emitBatch(topics.orderPlaced, call)
  }

  #store(order: Extract<OrderCommand, { kind: 'new' }>): void {
    const { orderId, account, symbol, side, type, timeInForce, price, qty } = order
    this.#context.store.write('orders', [
      this.#context.run,
      orderId,
      account,
      symbol,
      side,
      type,
      timeInForce,
      price,
      qty,
    ])
  }

  /** Orders for which the queue of waiting calls had no room. */
  #drop(orders: readonly Order[]): void {
    const reason = 'pacing queue full'
    for (const order of orders) {
      this.#context.count(reason)
      if (order.body.kind === 'new') this.#placements.dropped(order.body.orderId)
      else this.#placements.changeDropped(order.body.orderId)
      if (order.answer === null) this.#context.finish(order.input, 'failed', reason)
      else {
        this.#context.leave(order.input)
        order.answer({ kind: 'refused', reason })
      }
    }
  }

  #watch(now: InstantNs): void {
    if (this.#timeoutArmed) return
    const untilNs = this.#placements.untilOverdue(now)
    if (untilNs === null) return
    this.#arm(Math.max(0, untilNs), false)
  }

  #arm(delayNs: number, indulgent: boolean): void {
    this.#timeoutArmed = true
    this.#context.after(durationNs(delayNs), () => this.#giveUp(indulgent))
  }

  #giveUp(indulgent: boolean): void {
    this.#timeoutArmed = false
    const now = this.#context.clock.now()
    const untilNs = this.#placements.untilOverdue(now)
    if (untilNs !== null && -untilNs > stallNs && !indulgent) {
      this.#context.count('stalls')
      this.#arm(stallNs, true)
      return
    }
    for (const order of this.#placements.takeOverdue(now)) {
      this.#context.count('placement timeout')
      if (order.answer === null) this.#context.abandon(order.input, 'placement timeout')
      else order.answer({ kind: 'timedOut' })
    }
    this.#watch(now)
  }
}

/** One request about an order may time out and another be on its way when the report of the first comes. */
function answers(report: ExecutionReport, command: OrderCommand): boolean {
  if (report.account !== command.account) return false
  switch (command.kind) {
    case 'new':
      return report.execType !== 'cancelRejected' && report.execType !== 'replaceRejected'
    case 'cancel':
      return report.execType === 'canceled' || report.execType === 'cancelRejected'
    case 'replace':
      return report.revision >= command.revision
    default:
      return assertNever(command)
  }
}
