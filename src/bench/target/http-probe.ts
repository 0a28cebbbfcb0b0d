import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { messageOf, NautilusError } from '../../core/errors.js'
import { nsPerMs } from '../../core/units.js'
import type { ClientContext, HttpClientPlan } from './client-plan.js'
import { HttpConnection } from './http-connection.js'
import type { HttpRequests } from './http-request.js'

/** The address that answered: names are looked up once, never while the clock runs. */
export type Endpoint = { readonly host: string; readonly port: number }

type Probed = {
  readonly endpoint: Endpoint
  /** What of the answer the fast path does not read; null where it reads all. */
  readonly problem: string | null
}
type Outcome = { readonly connected: boolean; readonly problem: string | null }

const answerWaitMsMax = 5_000

/** Sends one real request, the first of the schedule, before the clock runs: it is in no figure, but the target does see it. */
export async function probe(plan: HttpClientPlan, requests: HttpRequests, context: ClientContext): Promise<Probed> {
  const { hostname, port } = new URL(plan.origin)
  let reason = 'no address'
  for (const { address } of await addressesOf(plan.origin, hostname.replace(/^\[|\]$/g, ''))) {
    const endpoint = { host: address, port: Number(port === '' ? 80 : port) }
    const { connected, problem } = await ask(endpoint, plan, requests, context)
    if (connected) return { endpoint, problem }
    reason = problem ?? reason
  }
  throw unreachable(plan.origin, reason)
}

async function addressesOf(origin: string, hostname: string): Promise<LookupAddress[]> {
  try {
    return await lookup(hostname, { all: true })
  } catch (cause) {
    throw unreachable(origin, messageOf(cause))
  }
}

export const unreachable = (origin: string, reason: string): NautilusError =>
  new NautilusError('SERVICE_UNAVAILABLE', `${origin} ${refusalOf(reason)}`, { hint: hintOf(reason) })

const withoutTls = /wrong version number/i
const otherProtocol = /does not match the HTTP|Parse Error/i

/** OpenSSL writes several lines, with the place in its source. */
export const inOneLine = (reason: string): string => reason.replace(/^.*:SSL routines:[^:]*:([^:]+):.*$/s, '$1').trim()

function refusalOf(reason: string): string {
  if (withoutTls.test(reason)) return `takes no TLS connections: ${inOneLine(reason)}`
  if (otherProtocol.test(reason)) return `takes connections, but does not answer in HTTP: ${reason}`
  return `takes no connections: ${inOneLine(reason)}`
}

/** What to do where somebody who speaks HTTP is refused. */
export function hintOf(reason: string): string {
  if (/certificate/i.test(reason))
    return 'Sign the certificate, or take it as it is: --insecure, verifyCertificate: false.'
  if (withoutTls.test(reason)) return 'The port answers without TLS: write http:// instead of https://.'
  if (otherProtocol.test(reason)) return 'Another kind of server listens there: correct the URL.'
  return 'Start the target, or correct its URL.'
}

/** Resolves when the answer is whole or known to be none for us, when the connection ends, or when it has waited long enough. */
function ask(
  endpoint: Endpoint,
  plan: HttpClientPlan,
  requests: HttpRequests,
  { timeoutNs }: ClientContext,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const buffer = new Uint8Array(64 * 1024)
    let outcome: Outcome | null = null
    const end = (connected: boolean, problem: string | null): void => {
      outcome ??= { connected, problem }
      connection.destroy('probed')
    }
    const deadline = setTimeout(
      () => end(connection.wasOpen, connection.wasOpen ? null : 'no answer to a connection'),
      Math.min(answerWaitMsMax, timeoutNs / nsPerMs),
    )
    const connection = new HttpConnection(
      {
        ...{ address: endpoint, buffer, pipelining: 1, serverTiming: plan.serverTiming },
        bodiless: requests.method === 'HEAD',
        ...{ keep: null, secure: false },
      },
      {
        opened: ({ socket }) => socket.write(requests.bytes(0) ?? ''),
        readable: ({ parser, byteCount }) => {
          parser.push(buffer, byteCount)
          if (parser.next() || parser.problem !== null) end(true, parser.problem)
        },
        ended: () => end(true, null),
        closed: ({ wasOpen }, reason) => {
          clearTimeout(deadline)
          resolve(outcome ?? { connected: wasOpen, problem: wasOpen ? null : reason })
        },
      },
    )
  })
}
