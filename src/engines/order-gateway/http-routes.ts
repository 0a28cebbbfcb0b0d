import { assert } from '../../core/assert.js'
import { nsPerUs } from '../../core/units.js'
import type { EngineContext, HttpReply, HttpRequest, Routes } from '../kit/define.js'
import type { Instrument } from '../model/instrument.js'
import type { ExecutionReport, OrderCommand } from '../model/messages.js'
import { orderHeaders } from '../model/order-headers.js'
import type { OrderGatewayConfig } from './config.js'
import { docsPage, openApi } from './docs-page.js'
import type { Answer, Gateway } from './gateway.js'
import { describeOrder, describePending, describeReports } from './http-answer.js'
import { type AcceptedOrder, parseOrder, parseReplacement } from './http-order.js'
import { IdempotencyMemory } from './idempotency.js'
import { type OwnOrder, OwnOrders } from './own-orders.js'

const keyCharsMax = 255
const bodyCharsMax = 16_384
/** Ids that one gateway may give out; ids of orders that came by the bus lie below all of them. */
const idsPerInstance = 2 ** 40

/** Under these paths an order is known by its id, and by the name that its client gave it. */
const byId = '/v1/orders/'
const byName = '/v1/client-orders/'

/** A request about an order on its way to the venue. */
type Sent = {
  readonly body: OrderCommand
  readonly instrument: Instrument
  readonly request: HttpRequest
  /** Its order, where it is followed: a new order without a name is not until it is known to rest. */
  readonly own: OwnOrder | null
}

/** The HTTP side of the gateway. The answer to an order is what the venue made of it. */
export class OrderRoutes {
  readonly #settings: OrderGatewayConfig
  readonly #context: EngineContext
  readonly #gateway: Gateway
  readonly #instruments: ReadonlyMap<string, Instrument>
  readonly #answers: IdempotencyMemory<Promise<HttpReply>>
  readonly #own: OwnOrders
  #nextOrderId: number

  constructor(settings: OrderGatewayConfig, context: EngineContext, gateway: Gateway) {
    this.#settings = settings
    this.#context = context
    this.#gateway = gateway
    this.#instruments = new Map(settings.instruments.map((instrument) => [instrument.symbol, instrument]))
    this.#answers = new IdempotencyMemory(settings.idempotency)
    this.#own = new OwnOrders(settings.rememberedOrders)
    // Counting starts at the clock in units of 10 us, so that a restarted gateway never gives out an id again.
    this.#nextOrderId = (context.instance + 1) * idsPerInstance + Math.floor(context.clock.now() / (10 * nsPerUs))
  }

  get routes(): Routes {
    return {
      'POST /v1/orders': (request) => this.#post(request),
      'GET /v1/orders/*': (request) => this.#tell(request),
      'PATCH /v1/orders/*': (request) => this.#replace(request),
      'DELETE /v1/orders/*': (request) => this.#cancel(request),
      'GET /v1/client-orders/*': (request) => this.#tell(request),
      'PATCH /v1/client-orders/*': (request) => this.#replace(request),
      'DELETE /v1/client-orders/*': (request) => this.#cancel(request),
      'GET /docs': () => docsPage(this.#settings.instruments),
      'GET /openapi.json': () => ({ status: 200, body: openApi() }),
    }
  }

  /** Follows the orders of this gateway, by whatever report tells of them. */
  observe(reports: readonly ExecutionReport[]): void {
    this.#own.observe(reports)
  }

  #post(request: HttpRequest): HttpReply | Promise<HttpReply> {
    if (request.body.length > bodyCharsMax) return problem(400, 'body: is too long')
    const identity = { orderId: this.#nextOrderId, account: this.#settings.account }
    const parsed = parseOrder(request.body, this.#instruments, identity)
    if ('problem' in parsed) return problem(400, parsed.problem)
    this.#nextOrderId += 1
    const key = request.headers['idempotency-key']
    if (key === undefined) return this.#enter(parsed, request)
    if (key === '' || key.length > keyCharsMax) return problem(400, 'Idempotency-Key: must have 1 to 255 characters')
    const now = this.#context.clock.now()
    const earlier = this.#answers.recall(key, parsed.fingerprint, now)
    if (earlier === 'conflict') return problem(409, 'Idempotency-Key: was used for another order')
    if (earlier !== null) {
      this.#context.count('repeated requests')
      return earlier
    }
    const answer = this.#enter(parsed, request)
    if (!(answer instanceof Promise)) return answer
    this.#answers.remember(key, parsed.fingerprint, answer, now)
    return this.#forgetUnplaced(key, answer)
  }

  /** An order that was not placed may be tried again under its key. */
  async #forgetUnplaced(key: string, answer: Promise<HttpReply>): Promise<HttpReply> {
    const reply = await answer
    if (reply.status === 503) this.#answers.forget(key)
    return reply
  }

  #enter({ order, instrument, clientOrderId }: AcceptedOrder, request: HttpRequest): HttpReply | Promise<HttpReply> {
    if (this.#own.isFull) {
      this.#context.count('too many live orders')
      return unavailable(
        `${this.#settings.rememberedOrders} orders rest already, see rememberedOrders; cancel one first`,
      )
    }
    if (clientOrderId === null) return this.#place({ body: order, instrument, request, own: null })
    const named = this.#own.findNamed(clientOrderId)
    if (named !== undefined) {
      return problem(409, `client_order_id: "${clientOrderId}" is already the name of order ${named.orderId}`)
    }
    const own = this.#own.follow(order, instrument, clientOrderId)
    return this.#place({ body: order, instrument, request, own })
  }

  #tell(request: HttpRequest): HttpReply {
    const order = this.#orderOf(request)
    return order === undefined ? unknown(request) : { status: 200, body: describeOrder(order) }
  }

  #cancel(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const own = this.#orderOf(request)
    if (own === undefined || !this.#own.isLive(own)) return unknown(request)
    if (this.#gateway.isUnderWay(own.orderId)) return problem(409, underWay)
    own.cancelPending = true
    return this.#change({ kind: 'cancel', ...identityOf(own) }, own, request)
  }

  #replace(request: HttpRequest): HttpReply | Promise<HttpReply> {
    if (request.body.length > bodyCharsMax) return problem(400, 'body: is too long')
    const own = this.#orderOf(request)
    if (own === undefined || !this.#own.isLive(own)) return unknown(request)
    const terms = parseReplacement(request.body, own.instrument, own)
    if ('problem' in terms) return problem(400, terms.problem)
    if (this.#gateway.isUnderWay(own.orderId)) return problem(409, underWay)
    // Of two at once, a refusal of the second would leave open what became of the first.
    if (own.replacement !== null) return problem(409, 'an earlier replacement of this order is not answered yet')
    own.revision += 1
    own.replacement = { revision: own.revision, ...terms }
    return this.#change({ kind: 'replace', ...identityOf(own), ...own.replacement, bid: 0, ask: 0 }, own, request)
  }

  #change(body: OrderCommand, own: OwnOrder, request: HttpRequest): Promise<HttpReply> {
    return this.#place({ body, instrument: own.instrument, request, own })
  }

  #orderOf({ path }: HttpRequest): OwnOrder | undefined {
    if (path.startsWith(byName)) return this.#own.findNamed(nameIn(path))
    return this.#own.find(Number(path.slice(byId.length)))
  }

  #place(sent: Sent): Promise<HttpReply> {
    const { body, request } = sent
    return new Promise((resolve) => {
      const input = this.#context.enter(body, request.headers)
      const answer = (answer: Answer): void => resolve(this.#reply(answer, sent))
      const refusal = this.#gateway.submit({ input, body, answer })
      if (refusal === null) return
      this.#context.leave(input)
      answer({ kind: 'refused', reason: refusal })
    })
  }

  #reply(answer: Answer, sent: Sent): HttpReply {
    const { instrument, request, own } = sent
    if (answer.kind === 'refused') {
      if (own !== null) this.#unasked(sent.body, own)
      return unavailable(answer.reason)
    }
    // It may rest by now, or soon: its client must be able to cancel it.
    if (answer.kind === 'timedOut') return { status: 202, body: describePending(this.#followed(sent)) }
    const last = answer.reports.at(-1)
    if (last !== undefined && last.leavesQty > 0) this.#followed(sent)
    const traced = request.headers[orderHeaders.seq] !== undefined
    return {
      status: last !== undefined && refusals.has(last.execType) ? 422 : 200,
      ...(traced ? { headers: { [orderHeaders.stamps]: JSON.stringify(answer.stamps) } } : {}),
      body: describeReports(answer.reports, instrument, own?.clientOrderId ?? null),
    }
  }

  #followed({ body, instrument, own }: Sent): OwnOrder {
    if (own !== null) return own
    assert(body.kind === 'new', 'a change is one of an order that is followed')
    return this.#own.follow(body, instrument, null)
  }

  /** Nothing was asked of the venue after all. */
  #unasked(body: OrderCommand, own: OwnOrder): void {
    if (body.kind === 'new') this.#own.forget(own)
    else if (body.kind === 'cancel') own.cancelPending = false
    else own.replacement = null
  }
}

const underWay = 'another request about this order is under way'

const refusals: ReadonlySet<ExecutionReport['execType']> = new Set(['rejected', 'cancelRejected', 'replaceRejected'])

const problem = (status: number, error: string): HttpReply => ({ status, body: { error } })

const unavailable = (error: string): HttpReply => ({ ...problem(503, error), headers: { 'retry-after': '1' } })

const identityOf = ({ orderId, account, instrument }: OwnOrder) => ({ orderId, account, symbol: instrument.symbol })

function unknown({ path }: HttpRequest): HttpReply {
  if (!path.startsWith(byName)) return problem(404, 'no such order rests with this gateway')
  return problem(404, `no order named "${nameIn(path)}" rests with this gateway`)
}

function nameIn(path: string): string {
  const written = path.slice(byName.length)
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}
