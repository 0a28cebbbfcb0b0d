import { readFileSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { assert, assertNever, present } from '../../core/assert.js'
import { messageOf, NautilusError } from '../../core/errors.js'
import type { BenchPlan, SystemAccess } from '../plan.js'
import type { ClientPlan, HttpClientPlan } from './client-plan.js'
import type { TargetConfig } from './config.js'
import type { DataPlan } from './data.js'
import { expectedStatuses } from './expect-status.js'
import type { FanOutPlan } from './protocol-plans.js'

// `load.target` and where things run -> what a worker is told. Plain data in, plain data out, but for the file of a body.

/** Bodies are kept whole by every worker. */
const bodyBytesMax = 16 * 1024 * 1024

export function planClient({ load, runId }: BenchPlan, access: SystemAccess): ClientPlan {
  const { target, seed } = load
  assert(target !== undefined, 'a plain target was checked to be there')
  if (target.kind === 'function') return { kind: 'function', module: target.module, export: target.export }
  const data = target.data === undefined ? null : { ...target.data, seed }
  switch (target.kind) {
    case 'http':
      return httpPlan(target, access, data)
    case 'websocket': {
      const { message, correlate, headers } = target
      const url = urlOf(target, access).replace(/^http/, 'ws')
      return { kind: 'websocket', url, headers: Object.entries(headers), message, correlate, data }
    }
    case 'redis':
      return { kind: 'redis', url: serviceUrl(target, access), command: target.command, data }
    case 'redis-stream': {
      const { stream, answers = stream, body, entriesMax } = target
      return { kind: 'redis-stream', url: serviceUrl(target, access), stream, answers, body, entriesMax, data }
    }
    case 'postgres': {
      const { query, values } = target
      return { kind: 'postgres', url: serviceUrl(target, access), query, values, data }
    }
    case 'bus': {
      const { topic, answers, body } = target
      return { kind: 'bus', address: access.bus, run: runId, topic, answers, body, data }
    }
    case 'fan-out':
      return fanOutPlan(target, access, data)
    default:
      return assertNever(target)
  }
}

type HttpTarget = Extract<TargetConfig, { kind: 'http' }>

type FanOutTarget = Extract<TargetConfig, { kind: 'fan-out' }>

/** Every engine is asked as an `http` target would ask it. */
function fanOutPlan(target: FanOutTarget, access: SystemAccess, data: DataPlan | null): FanOutPlan {
  const { mode, path, expectStatus } = target
  const names = target.engines ?? [...new Set(access.engines.map(({ name }) => name))]
  const shared = { method: 'GET', headers: {}, pipelining: 1, http2: false, verifyCertificate: true } as const
  const members = names.map((engine) => ({
    name: engine,
    http: httpPlan({ kind: 'http', engine, path, expectStatus, ...shared }, access, data),
  }))
  return { kind: 'fan-out', mode, members }
}

function httpPlan(target: HttpTarget, access: SystemAccess, data: DataPlan | null): HttpClientPlan {
  const { origin, path, authorization } = urlParts(urlOf(target, access))
  const expected = expectedStatuses(target.expectStatus)
  assert('statuses' in expected, 'statuses were checked')
  const headers = Object.entries(target.headers)
  const named = headers.some(([name]) => name.toLowerCase() === 'authorization')
  return {
    kind: 'http',
    origin,
    request: {
      method: target.method,
      path,
      headers: [...headers, ...(authorization === null || named ? [] : [['authorization', authorization] as const])],
      body: bodyOf(target),
    },
    data,
    expectStatus: expected.statuses,
    pipelining: target.pipelining,
    serverTiming: true,
    http2: target.http2,
    verifyCertificate: target.verifyCertificate,
  }
}

/** Of the target itself, or of the engine that it names: the first instance, where there are several. */
function urlOf(target: Extract<TargetConfig, { kind: 'http' | 'websocket' }>, { engines }: SystemAccess): string {
  if (target.url !== undefined) return target.url
  const { url } = present(
    engines.find(({ name }) => name === target.engine),
    'the engine of a target was checked to be in the profile',
  )
  if (url !== null) return `${url.replace(/\/$/, '')}${target.path}`
  throw new NautilusError('ENGINE_NOT_READY', `the engine ${target.engine} has no port to send requests to`, {
    hint: `Set engines.${target.engine}.port, or write the address into load.target.url.`,
  })
}

/** Of the target itself, or of the service that it names, which runs by now. */
function serviceUrl(
  { url, service }: Extract<TargetConfig, { service?: unknown }>,
  { addresses }: SystemAccess,
): string {
  return url ?? present(addresses[service ?? ''], 'the service of a target was checked to be in the profile')
}

/** The path stays as written: a URL object would escape the braces of placeholders. */
function urlParts(url: string): {
  readonly origin: string
  readonly path: string
  readonly authorization: string | null
} {
  const { protocol, host, username, password } = new URL(url)
  const afterHost = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] ?? ''
  const path = afterHost.startsWith('/') ? afterHost : `/${afterHost}`
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const authorization = username === '' ? null : `Basic ${Buffer.from(user).toString('base64')}`
  return { origin: `${protocol}//${host}`, path, authorization }
}

function bodyOf({ body, bodyFile }: HttpTarget): string | null {
  if (bodyFile === undefined) return body ?? null
  try {
    if (statSync(bodyFile).size > bodyBytesMax) {
      throw new NautilusError('SOURCE_INVALID', `${bodyFile} is larger than 16 MiB, the most that a body may be`)
    }
    return readFileSync(bodyFile, 'utf8')
  } catch (cause) {
    if (cause instanceof NautilusError) throw cause
    throw new NautilusError('SOURCE_INVALID', `cannot read ${bodyFile}: ${messageOf(cause)}`, { cause })
  }
}

/** Whether the target wants a core of this machine. */
export function isLocal(plan: BenchPlan, access: SystemAccess): boolean {
  const { target } = plan.load
  if (target === undefined || target.kind === 'function' || target.kind === 'bus' || target.kind === 'fan-out')
    return true
  if ('service' in target && target.service !== undefined) {
    return access.services.some(({ name, pid }) => name === target.service && pid !== null)
  }
  if ('engine' in target && target.engine !== undefined) return true
  if (target.url === undefined || !URL.canParse(target.url)) return true
  const host = new URL(target.url).hostname.replace(/^\[|\]$/g, '')
  if (host === '' || host === 'localhost' || host === '::1' || host.startsWith('127.')) return true
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host))
}
