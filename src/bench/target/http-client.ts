import type { TargetClient } from './client.js'
import type { ClientContext, HttpClientPlan } from './client-plan.js'
import { fastPathName, HttpFastPath } from './http-fast-path.js'
import type { HttpLibraryPath } from './http-library-path.js'
import { HttpRequests } from './http-request.js'

/** The fast path where the target's first answer can be read by it, else the library, and why. */
export function createHttpClient(plan: HttpClientPlan, context: ClientContext): TargetClient {
  const requests = new HttpRequests(plan)
  let carrier: HttpFastPath | HttpLibraryPath = new HttpFastPath(plan, requests, context)
  let path = fastPathName
  return {
    get path() {
      return path
    },
    open: async () => {
      const reason = libraryReason(plan) ?? (await carrier.open())
      if (typeof reason !== 'string') return
      path = `undici (${reason})`
      const { HttpLibraryPath } = await import('./http-library-path.js')
      carrier = new HttpLibraryPath(plan, requests, context)
      await carrier.open()
    },
    send: (slot, seq) => carrier.send(slot, seq),
    flush: () => carrier.flush(),
    abandon: (slot) => carrier.abandon(slot),
    close: () => carrier.close(),
  }
}

function libraryReason({ origin, http2 }: HttpClientPlan): string | null {
  if (http2) return 'HTTP/2'
  return origin.startsWith('https:') ? 'TLS' : null
}
