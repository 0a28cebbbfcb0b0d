import { NautilusError } from '../../core/errors.js'
import type { HttpClientPlan } from './client-plan.js'
import { type Feed, openFeed } from './data.js'
import { columnsIn, compileTemplate, isConstant, render, type Template } from './template.js'

/** A request with its placeholders filled, as a library takes it. */
type FilledRequest = {
  readonly method: string
  readonly path: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: string | null
}

/** What each seq sends. Reading a file of rows happens in the constructor. */
export class HttpRequests {
  readonly method: string
  /** Whether all requests are alike. */
  readonly constant: boolean
  readonly #host: string
  readonly #path: Template
  readonly #headers: readonly (readonly [name: string, value: Template])[]
  readonly #body: Template | null
  readonly #feed: Feed

  constructor({ origin, request, data }: Pick<HttpClientPlan, 'origin' | 'request' | 'data'>) {
    const texts = [request.path, ...request.headers.map(([, value]) => value), request.body ?? '']
    this.#feed = openFeed(data, texts.flatMap(columnsIn))
    const compile = (text: string): Template => compileTemplate(text, this.#feed.columns)
    this.method = request.method
    this.#host = new URL(origin).host
    this.#path = compile(request.path)
    this.#headers = request.headers.map(([name, value]) => [name, compile(value)])
    this.#body = request.body === null ? null : compile(request.body)
    const templates = [
      this.#path,
      ...this.#headers.map(([, value]) => value),
      ...(this.#body === null ? [] : [this.#body]),
    ]
    this.constant = templates.every(isConstant)
    checkNames(request.headers.map(([name]) => name))
  }

  fill(seq: number): FilledRequest {
    const row = this.#feed.rowOf(seq)
    const headers: string[] = []
    for (const [name, value] of this.#headers) headers.push(name, render(value, seq, row))
    const body = this.#body === null ? null : render(this.#body, seq, row)
    return { method: this.method, path: render(this.#path, seq, row), headers, body }
  }

  /** The bytes of a request; null where a row would put a line break or another control character into its head. */
  bytes(seq: number): Buffer | null {
    const { path, headers, body } = this.fill(seq)
    let head = `${this.method} ${path} HTTP/1.1\r\n`
    let hostGiven = false
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index] ?? ''
      hostGiven ||= name.toLowerCase() === 'host'
      head += `${name}: ${headers[index + 1] ?? ''}\r\n`
    }
    if (!hostGiven) head += `host: ${this.#host}\r\n`
    if (unsafePath.test(path) || headers.some((text) => unsafeValue.test(text))) return null
    if (body === null) return Buffer.from(`${head}${this.#emptyLength()}\r\n`, 'latin1')
    const payload = Buffer.from(body)
    return Buffer.concat([Buffer.from(`${head}content-length: ${payload.length}\r\n\r\n`, 'latin1'), payload])
  }

  /** A method that usually has a body tells that there is none (RFC 9110 §8.6). */
  #emptyLength(): string {
    return ['POST', 'PUT', 'PATCH'].includes(this.method) ? 'content-length: 0\r\n' : ''
  }
}

/** Beyond these a byte would end the line early, or a letter beyond latin1 would be cut to such a byte. */
const unsafePath = /[^!-~]/
const unsafeValue = /[^\t -~\u0080-\u00ff]/

/** Headers that frame the message are the client's own. */
const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'upgrade', 'trailer', 'expect'])

function checkNames(names: readonly string[]): void {
  for (const name of names) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
      throw new NautilusError('PROFILE_INVALID', `"${name}" is no name of a header`, {
        hint: 'A name has letters, digits and hyphens, and stands before the first colon.',
      })
    }
    if (framing.has(name.toLowerCase())) {
      throw new NautilusError('PROFILE_INVALID', `the header "${name}" is set by nautilus itself`, {
        hint: 'Leave it out: it follows from the body and from the connections.',
      })
    }
  }
}
