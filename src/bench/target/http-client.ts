import type { TargetClient } from './client.js'
import type { ClientContext, HttpClientPlan } from './client-plan.js'
import { fastPathName, HttpFastPath } from './http-fast-path.js'
import { HttpLibraryPath } from './http-library-path.js'
import { HttpRequests } from './http-request.js'

/** The fast path where the target's first answer can be read by it, else the library, and why. */
export function createHttpClient(plan: HttpClientPlan, context: ClientContext): TargetClient {
  const requests = new HttpRequests(plan)
  const reason = libraryReason(plan)
  let carrier: HttpFastPath | HttpLibraryPath =
    reason === null ? new HttpFastPath(plan, requests, context) : new HttpLibraryPath(plan, requests, context)
  let path = reason === null ? fastPathName : `undici (${reason})`
  return {
    get path() {
      return path
    },
    open: async () => {
      const problem = await carrier.open()
      if (typeof problem !== 'string') return
      path = `undici (${problem})`
      carrier = new HttpLibraryPath(plan, requests, context)
      await carrier.open()
    },
    send: (slot, seq) => carrier.send(slot, seq),
    flush: () => {
      if (carrier instanceof HttpFastPath) carrier.flush()
    },
    abandon: (slot) => carrier.abandon(slot),
    close: () => carrier.close(),
  }
}

function libraryReason({ origin, http2 }: HttpClientPlan): string | null {
  if (http2) return 'HTTP/2'
  return origin.startsWith('https:') ? 'TLS' : null
}
