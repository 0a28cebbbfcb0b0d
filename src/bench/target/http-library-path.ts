import { type Dispatcher, Pool } from 'undici'
import { messageOf } from '../../core/errors.js'
import type { ClientContext, HttpClientPlan } from './client-plan.js'
import { serverTimingNs } from './http-parser.js'
import { unreachable } from './http-probe.js'
import type { HttpRequests } from './http-request.js'
import { type Judge, judgeOf } from './http-status.js'

/** Requests by undici: TLS, HTTP/2, and what the fast path does not read. */
export class HttpLibraryPath {
  readonly #plan: HttpClientPlan
  readonly #requests: HttpRequests
  readonly #context: ClientContext
  readonly #judge: Judge
  readonly #pool: Pool
  readonly #underWay: (UnderWay | null)[]

  constructor(plan: HttpClientPlan, requests: HttpRequests, context: ClientContext) {
    this.#plan = plan
    this.#requests = requests
    this.#context = context
    this.#judge = judgeOf(plan.expectStatus)
    this.#underWay = new Array<UnderWay | null>(context.slotCount).fill(null)
    this.#pool = new Pool(plan.origin, {
      connections: context.connections,
      pipelining: plan.pipelining,
      allowH2: plan.http2,
      connect: { rejectUnauthorized: plan.verifyCertificate },
      // Timeouts are those of the worker: the library's own have a grain of half a second.
      ...{ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 60_000 },
    })
  }

  /** Sends one real request before the clock runs; whatever is answered, the target can be spoken to. */
  async open(): Promise<void> {
    const { method, path, headers, body } = this.#requests.fill(0)
    try {
      const answer = await this.#pool.request({
        method: method as Dispatcher.HttpMethod,
        path,
        headers: [...headers],
        body,
      })
      await answer.body.dump()
    } catch (cause) {
      await this.close()
      throw unreachable(this.#plan.origin, messageOf(cause))
    }
  }

  send(slot: number, seq: number): void {
    const { method, path, headers, body } = this.#requests.fill(seq)
    const underWay = new UnderWay(slot, this.#context, this.#judge, (ended) => {
      if (this.#underWay[slot] === ended) this.#underWay[slot] = null
    })
    this.#underWay[slot] = underWay
    try {
      this.#pool.dispatch({ method: method as Dispatcher.HttpMethod, path, headers: [...headers], body }, underWay)
    } catch (error) {
      setImmediate(() => underWay.fail(error))
    }
  }

  flush(): void {
    // The library writes when it pleases.
  }

  abandon(slot: number): void {
    this.#underWay[slot]?.abandon()
    this.#underWay[slot] = null
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** One request in the library's hands. It tells nothing more once it has been given up or has ended. */
class UnderWay implements Dispatcher.DispatchHandler {
  readonly #slot: number
  readonly #context: ClientContext
  readonly #judge: Judge
  readonly #onEnd: (ended: UnderWay) => void
  #controller: Dispatcher.DispatchController | null = null
  #over = false
  #status = 0
  #serverNs = -1

  constructor(slot: number, context: ClientContext, judge: Judge, onEnd: (ended: UnderWay) => void) {
    this.#slot = slot
    this.#context = context
    this.#judge = judge
    this.#onEnd = onEnd
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over) controller.abort(new Error('the request timed out before it was sent'))
    else this.#context.sink.sent(this.#slot, this.#context.clock.now())
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#over || statusCode < 200) return
    this.#status = statusCode
    const timing = headers['server-timing']
    if (timing !== undefined) this.#serverNs = serverTimingNs(String(timing), -1)
    this.#context.sink.firstByte(this.#slot, this.#context.clock.now())
  }

  onResponseData(): void {
    // The body is read and dropped.
  }

  onResponseEnd(): void {
    this.#end(this.#judge(this.#status))
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  fail(error: unknown): void {
    this.#end(`connection: ${codeOf(error)}`)
  }

  abandon(): void {
    this.#over = true
    this.#controller?.abort(new Error('the request timed out'))
  }

  #end(failure: string | null): void {
    if (this.#over) return
    this.#over = true
    this.#onEnd(this)
    this.#context.sink.done(this.#slot, this.#context.clock.now(), failure, this.#serverNs)
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : messageOf(error)
