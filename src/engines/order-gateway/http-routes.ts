import { nsPerUs } from '../../core/units.js'
import type { EngineContext, HttpReply, HttpRequest, Routes } from '../kit/define.js'
import type { Instrument } from '../model/instrument.js'
import type { ExecutionReport, OrderCommand } from '../model/messages.js'
import { orderHeaders } from '../model/order-headers.js'
import type { OrderGatewayConfig } from './config.js'
import { docsPage, openApi } from './docs-page.js'
import type { Answer, Gateway } from './gateway.js'
import { describeReports, parseOrder } from './http-order.js'
import { IdempotencyMemory } from './idempotency.js'

const keyCharsMax = 255
const bodyCharsMax = 16_384
/** Ids that one gateway may give out; ids of orders that came by the bus lie below all of them. */
const idsPerInstance = 2 ** 40

type RestingOrder = { readonly symbol: string; readonly instrument: Instrument }

/** The HTTP side of the gateway. The answer to an order is what the venue made of it. */
export class OrderRoutes {
  readonly #settings: OrderGatewayConfig
  readonly #context: EngineContext
  readonly #gateway: Gateway
  readonly #instruments: ReadonlyMap<string, Instrument>
  readonly #answers: IdempotencyMemory<Promise<HttpReply>>
  /** Orders of this gateway that rest in the book: what can be cancelled here. */
  readonly #resting = new Map<number, RestingOrder>()
  #nextOrderId: number

  constructor(settings: OrderGatewayConfig, context: EngineContext, gateway: Gateway) {
    this.#settings = settings
    this.#context = context
    this.#gateway = gateway
    this.#instruments = new Map(settings.instruments.map((instrument) => [instrument.symbol, instrument]))
    this.#answers = new IdempotencyMemory(settings.idempotency)
    // Counting starts at the clock in units of 10 us, so that a restarted gateway never gives out an id again.
    this.#nextOrderId = (context.instance + 1) * idsPerInstance + Math.floor(context.clock.now() / (10 * nsPerUs))
  }

  get routes(): Routes {
    return {
      'POST /v1/orders': (request) => this.#post(request),
      'DELETE /v1/orders/*': (request) => this.#cancel(request),
      'GET /docs': () => docsPage(this.#settings.instruments),
      'GET /openapi.json': () => ({ status: 200, body: openApi() }),
    }
  }

  /** Forgets resting orders that are done, by whatever report says so. */
  observe(reports: readonly ExecutionReport[]): void {
    if (this.#resting.size === 0) return
    for (const { orderId, leavesQty } of reports) if (leavesQty === 0) this.#resting.delete(orderId)
  }

  #post(request: HttpRequest): HttpReply | Promise<HttpReply> {
    if (request.body.length > bodyCharsMax) return problem(400, 'body: is too long')
    const identity = { orderId: this.#nextOrderId, account: this.#settings.account }
    const parsed = parseOrder(request.body, this.#instruments, identity)
    if ('problem' in parsed) return problem(400, parsed.problem)
    this.#nextOrderId += 1
    const { order, instrument, fingerprint } = parsed
    const key = request.headers['idempotency-key']
    if (key === undefined) return this.#place(order, instrument, request)
    if (key === '' || key.length > keyCharsMax) return problem(400, 'Idempotency-Key: must have 1 to 255 characters')
    const now = this.#context.clock.now()
    const earlier = this.#answers.recall(key, fingerprint, now)
    if (earlier === 'conflict') return problem(409, 'Idempotency-Key: was used for another order')
    if (earlier !== null) {
      this.#context.count('repeated requests')
      return earlier
    }
    const answer = this.#place(order, instrument, request)
    this.#answers.remember(key, fingerprint, answer, now)
    return this.#forgetUnplaced(key, answer)
  }

  /** An order that was not placed may be tried again under its key. */
  async #forgetUnplaced(key: string, answer: Promise<HttpReply>): Promise<HttpReply> {
    const reply = await answer
    if (reply.status === 503) this.#answers.forget(key)
    return reply
  }

  #cancel(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const orderId = Number(request.path.slice('/v1/orders/'.length))
    const resting = this.#resting.get(orderId)
    if (resting === undefined) return problem(404, 'no such order rests with this gateway')
    const { symbol, instrument } = resting
    return this.#place({ kind: 'cancel', orderId, account: this.#settings.account, symbol }, instrument, request)
  }

  #place(body: OrderCommand, instrument: Instrument, request: HttpRequest): Promise<HttpReply> {
    return new Promise((resolve) => {
      const input = this.#context.enter(body, request.headers)
      const answer = (answer: Answer): void => resolve(this.#reply(answer, { body, instrument, request }))
      const refusal = this.#gateway.submit({ input, body, answer })
      if (refusal === null) return
      this.#context.leave(input)
      answer({ kind: 'refused', reason: refusal })
    })
  }

  #reply(answer: Answer, order: { body: OrderCommand; instrument: Instrument; request: HttpRequest }): HttpReply {
    const { orderId } = order.body
    if (answer.kind === 'timedOut') {
      // It may rest by now, or soon: its client must be able to cancel it.
      this.#rest(orderId, order)
      return { status: 202, body: { orderId, status: 'pending' } }
    }
    if (answer.kind === 'refused') {
      return { ...problem(503, answer.reason), headers: { 'retry-after': '1' } }
    }
    const last = answer.reports.at(-1)
    const rejected = last?.execType === 'rejected'
    if (last !== undefined && last.leavesQty > 0) this.#rest(orderId, order)
    const traced = order.request.headers[orderHeaders.seq] !== undefined
    return {
      status: rejected ? 422 : 200,
      ...(traced ? { headers: { [orderHeaders.stamps]: JSON.stringify(answer.stamps) } } : {}),
      body: describeReports(answer.reports, order.instrument),
    }
  }

  #rest(orderId: number, order: { body: OrderCommand; instrument: Instrument }): void {
    for (const oldest of this.#resting.keys()) {
      if (this.#resting.size < this.#settings.rememberedOrders) break
      this.#resting.delete(oldest)
    }
    this.#resting.set(orderId, { symbol: order.body.symbol, instrument: order.instrument })
  }
}

const problem = (status: number, error: string): HttpReply => ({ status, body: { error } })
