import autocannon from 'autocannon'
import { messageOf } from '../core/errors.js'
import { type DurationNs, nsPerSec } from '../core/units.js'
import type { Probe } from '../results/capacity.js'
import type { ClientPlan } from './target/client-plan.js'

// A closed loop by another tool beside our own: two that agree are not wrong in the same way. Throughput only: autocannon corrects
// latencies where it holds a rate, and here it holds none, so there is nothing to correct; what it says of latency is not read.

type Asked = {
  readonly client: ClientPlan
  readonly connections: number
  readonly durationNs: DurationNs
  readonly stop: AbortSignal
}

/** Null where it cannot send the same requests: it speaks HTTP/1.1, and fills no placeholders. */
export async function probeByAutocannon({ client, connections, durationNs, stop }: Asked): Promise<Probe | null> {
  if (client.kind !== 'http' || client.http2 || client.data !== null) return null
  const { request, origin, pipelining, expectStatus } = client
  const texts = [request.path, request.body ?? '', ...request.headers.map(([, value]) => value)]
  if (texts.some((text) => text.includes('{{')) || !isMethod(request.method)) return null
  const seconds = Math.max(1, Math.round(durationNs / nsPerSec))
  const told = { tool: 'autocannon' as const, connections, durationNs: seconds * nsPerSec }
  try {
    const result = await finished(
      {
        ...{ url: `${origin}${request.path}`, connections, duration: seconds, pipelining, method: request.method },
        headers: Object.fromEntries(request.headers),
        ...(request.body !== null && { body: request.body }),
      },
      stop,
    )
    const completed = Object.entries(result.statusCodeStats ?? {})
      .filter(([status]) => expectStatus.includes(Number(status)))
      .reduce((sum, [, { count = 0 }]) => sum + count, 0)
    return { ...told, completedPerSec: completed / Math.max(result.duration, 0.001), problem: null }
  } catch (error) {
    return { ...told, completedPerSec: null, problem: messageOf(error) }
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const isMethod = (method: string): method is (typeof methods)[number] => methods.some((each) => each === method)

function finished(options: autocannon.Options, stop: AbortSignal): Promise<autocannon.Result> {
  return new Promise((resolve, reject) => {
    const instance = autocannon(options, (error: unknown, result) => {
      stop.removeEventListener('abort', end)
      if (error) reject(error)
      else resolve(result)
    })
    const end = (): void => instance.stop?.()
    if (stop.aborted) end()
    stop.addEventListener('abort', end, { once: true })
  })
}
