import { existsSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { assert } from '../core/assert.js'
import { NautilusError } from '../core/errors.js'
import { maskSecrets } from '../core/secrets.js'
import { catalog } from '../engines/catalog.js'
import { crossCheck } from './cross-check.js'
import { secretsIn } from './environment.js'
import { countedProblems, type Profile } from './load.js'
import { type Place, type Problem, plain } from './located.js'
import { LocatedBuilder } from './located-builder.js'
import { isFigure, parseProfile } from './parse.js'

// A URL and the options of `nautilus load` as a profile: the same schema, the same rules, the same result as of a file. A
// problem is named by the option that it came from.

/** As typed on the command line. */
export type QuickLoadOptions = {
  readonly rate?: string
  readonly connections: string
  readonly duration: string
  readonly warmup: string
  readonly arrivals: string
  readonly closed?: true
  readonly workers: string
  readonly method?: string
  readonly header?: readonly string[]
  readonly body?: string
  readonly data?: string
  readonly correlate?: string
  readonly command?: string
  readonly query?: string
  readonly expectStatus?: readonly string[]
  readonly timeout: string
  readonly pipelining?: string
  readonly seed?: string
  readonly limit?: readonly string[]
  readonly http2?: true
  readonly insecure?: true
}

/** What `load` asks for where nobody says: enough in ten seconds for a p99, and no harm to what is running. */
const defaultRate = '100/s'

export function quickProfile(url: string, options: QuickLoadOptions, cwd: string): Profile {
  const builder = new LocatedBuilder()
  const address = withScheme(url)
  builder.set(['version'], 1, url)
  builder.set(['name'], nameOf(address), url)
  // Reports tell by it how to run the like again.
  builder.set(['description'], `nautilus load ${quoted(url)}`, url)
  setTarget(builder, address, options)
  setArrivals(builder, options)
  setLoad(builder, options)
  setLimits(builder, options.limit ?? [])
  // What could not be understood would only seem to be missing below.
  if (builder.problems.length > 0) throw refusal(builder.problems, [])
  const parsed = parseProfile(builder.tree(), catalog)
  const problems = [
    ...parsed.problems,
    ...crossCheck({
      parts: parsed.parts,
      tree: parsed.tree,
      shipped: Object.keys(catalog),
      fileExists: (file) => existsSync(resolve(cwd, file)),
    }),
  ]
  const secrets = secretsIn(parsed.tree, (path) => isFigure(parsed.tree, path, catalog))
  if (problems.length > 0 || parsed.config === null) throw refusal(problems, secrets)
  const input = plain(parsed.tree)
  assert(typeof input === 'object' && input !== null, 'a profile is a map')
  return {
    config: parsed.config,
    input: { ...input },
    tree: parsed.tree,
    secrets,
    file: '',
    shownFile: url,
    baseFolder: cwd,
  }
}

function refusal(problems: readonly Problem[], secrets: readonly string[]): NautilusError {
  const lines = problems.map(({ at, text }) => `${textOf(at)}  ${inOptions(text)}`)
  return new NautilusError('USAGE', maskSecrets(countedProblems([...new Set(lines)]), secrets), {
    hint: 'See `nautilus load --help`.',
  })
}

/** What the rules of profiles advise, for somebody who wrote none. */
const inOptions = (text: string): string =>
  text
    .replace('add load.target.data', 'name a file of them with --data')
    .replace('; paths are relative to the file that names them', '; paths are relative to this folder')

const textOf = (at: Place): string => (at.kind === 'option' ? at.text : at.file)

/** Without a scheme it is HTTP, as people type it. */
const withScheme = (url: string): string => (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`)

const kinds: Readonly<Record<string, string | undefined>> = {
  'http:': 'http',
  'https:': 'http',
  'ws:': 'websocket',
  'wss:': 'websocket',
  'redis:': 'redis',
  'rediss:': 'redis',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
}

function kindOf(url: string): string | null {
  const [scheme] = /^[a-z][a-z0-9+.-]*:/i.exec(url) ?? []
  return kinds[scheme?.toLowerCase() ?? ''] ?? null
}

/** As a shell takes it. */
const quoted = (text: string): string => (/^[\w:/.,@%+=~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** Where it goes, as a name that files and metrics may bear: `127.0.0.1-3000-items`. */
function nameOf(url: string): string {
  const place = url.replace(/^[a-z]+:\/\/(?:[^/@]*@)?/i, '').replace(/[?#].*$/, '')
  const name = place.replaceAll(/[^A-Za-z0-9._]+/g, '-').replaceAll(/^[-._]+|[-._]+$/g, '')
  return name === '' ? 'load' : name.slice(0, 60)
}

function setTarget(builder: LocatedBuilder, url: string, options: QuickLoadOptions): void {
  const kind = kindOf(url)
  if (kind === null || !URL.canParse(url) || new URL(url).hostname === '') {
    const known = Object.keys(kinds).map((scheme) => `${scheme}//`)
    builder.refuse(
      url,
      `not an address that can be loaded; write one such as http://127.0.0.1:3000/, with one of ${known.join(', ')}`,
    )
    return
  }
  const at = ['load', 'target']
  builder.set(['load', 'scenario'], kind, url)
  builder.set([...at, 'kind'], kind, url)
  builder.set([...at, 'url'], url, url)
  setRequest(builder, kind, options)
}

function setRequest(builder: LocatedBuilder, kind: string, options: QuickLoadOptions): void {
  const at = ['load', 'target']
  refuseStrangers(builder, kind, options)
  if (kind === 'http') setHttp(builder, options)
  if (kind === 'websocket') {
    setHeaders(builder, options.header ?? [])
    builder.set([...at, 'message'], options.body, '--body')
    builder.set([...at, 'correlate'], options.correlate, `--correlate ${options.correlate}`)
  }
  // A value that holds a blank is written in a profile.
  if (kind === 'redis')
    builder.set([...at, 'command'], options.command?.trim().split(/\s+/), `--command '${options.command}'`)
  if (kind === 'postgres') builder.set([...at, 'query'], options.query, `--query '${options.query}'`)
  const { data } = options
  if (data === undefined) return
  const option = `--data ${data}`
  builder.set([...at, 'data', 'file'], data, option)
  builder.set([...at, 'data', 'format'], formatOf(data), option)
  if (formatOf(data) === undefined) builder.refuse(option, 'rows are a .csv, .ndjson or .jsonl file')
}

/** Options that say what a request is, by the kind of target that obeys them. */
const optionsOf: Readonly<Record<string, readonly (keyof QuickLoadOptions)[]>> = {
  http: ['method', 'header', 'body', 'expectStatus', 'pipelining', 'http2', 'insecure'],
  websocket: ['header', 'body', 'correlate'],
  redis: ['command'],
  postgres: ['query'],
}

function refuseStrangers(builder: LocatedBuilder, kind: string, options: QuickLoadOptions): void {
  const own = optionsOf[kind] ?? []
  for (const name of new Set(Object.values(optionsOf).flat())) {
    if (options[name] === undefined || own.includes(name)) continue
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    builder.refuse(flag, `a target of the kind ${kind} has no use for it; remove it`)
  }
}

function setHttp(builder: LocatedBuilder, options: QuickLoadOptions): void {
  const { body, method } = options
  const at = ['load', 'target']
  const hasBody = body !== undefined
  builder.set([...at, 'method'], method?.toUpperCase() ?? (hasBody ? 'POST' : undefined), `--method ${method}`)
  setHeaders(builder, options.header ?? [])
  if (hasBody && body.startsWith('@')) builder.set([...at, 'bodyFile'], body.slice(1), `--body ${body}`)
  else builder.set([...at, 'body'], body, '--body')
  const statuses = options.expectStatus?.flatMap((text) => text.split(','))
  builder.set([...at, 'expectStatus'], statuses, '--expect-status')
  builder.set([...at, 'pipelining'], numberOf(options.pipelining), `--pipelining ${options.pipelining}`)
  builder.set([...at, 'http2'], options.http2, '--http2')
  builder.set([...at, 'verifyCertificate'], options.insecure === true ? false : undefined, '--insecure')
}

function setHeaders(builder: LocatedBuilder, headers: readonly string[]): void {
  for (const header of headers) {
    const [, name, value] = /^([^:]+):\s*(.*)$/s.exec(header) ?? []
    if (name === undefined) builder.refuse(`--header ${header}`, 'a header is written "name: value"')
    else builder.set(['load', 'target', 'headers', name.trim()], value ?? '', `--header ${name}`)
  }
}

function formatOf(file: string): string | undefined {
  const extension = extname(file).toLowerCase()
  if (extension === '.csv') return 'csv'
  return extension === '.ndjson' || extension === '.jsonl' ? 'ndjson' : undefined
}

function setArrivals(builder: LocatedBuilder, options: QuickLoadOptions): void {
  const { rate, arrivals, closed, connections } = options
  const at = ['load', 'arrivals']
  const option = `--arrivals ${arrivals}`
  if (closed === true) {
    if (rate !== undefined)
      builder.refuse(`--rate ${rate}`, 'a closed loop sends as fast as it is answered; remove --rate or --closed')
    builder.set([...at, 'kind'], 'closed', '--closed')
    builder.set([...at, 'users'], numberOf(connections), `--connections ${connections}`)
    return
  }
  const ramp = /^ramp:(.+?)\.\.(.+)$/.exec(arrivals)
  if (ramp !== null) {
    if (rate !== undefined) builder.refuse(`--rate ${rate}`, 'a ramp has its own rates; remove --rate')
    builder.set([...at, 'kind'], 'ramp', option)
    builder.set([...at, 'from'], ramp[1], option)
    builder.set([...at, 'to'], ramp[2], option)
    return
  }
  if (arrivals.startsWith('recorded:')) {
    if (rate !== undefined) builder.refuse(`--rate ${rate}`, 'recorded times have their own rate; remove --rate')
    builder.set([...at, 'kind'], 'recorded', option)
    builder.set([...at, 'file'], arrivals.slice('recorded:'.length), option)
    return
  }
  if (arrivals !== 'constant' && arrivals !== 'poisson') {
    builder.refuse(option, 'arrivals are constant, poisson, ramp:100/s..1000/s, or recorded:FILE')
    return
  }
  builder.set([...at, 'kind'], arrivals, option)
  builder.set([...at, 'rate'], rate ?? defaultRate, `--rate ${rate}`)
}

function setLoad(builder: LocatedBuilder, options: QuickLoadOptions): void {
  const { connections, workers, warmup, duration, timeout, seed } = options
  builder.set(['load', 'connections'], numberOf(connections), `--connections ${connections}`)
  builder.set(['load', 'workers'], numberOf(workers), `--workers ${workers}`)
  builder.set(['load', 'warmup'], warmup, `--warmup ${warmup}`)
  builder.set(['load', 'duration'], duration, `--duration ${duration}`)
  builder.set(['load', 'timeout'], timeout, `--timeout ${timeout}`)
  // What is not answered by its timeout is given up, so nothing is worth waiting for after it.
  builder.set(['load', 'drain'], timeout, `--timeout ${timeout}`)
  builder.set(['load', 'seed'], numberOf(seed), `--seed ${seed}`)
}

const limitForm = /^(p50|p95|p99|p99\.9|max|errors|rate)\s*([<>])=?\s*(\S.*)$/

/** `p95<20ms`, `errors<1%`, `rate>900/s`. */
function setLimits(builder: LocatedBuilder, limits: readonly string[]): void {
  builder.open(['sla', 'endToEnd'], '--limit')
  const checks: Record<string, string>[] = []
  for (const limit of limits) {
    const option = `--limit '${limit}'`
    const [, name, sign, value = ''] = limitForm.exec(limit.trim()) ?? []
    const isRate = name === 'rate'
    if (name === undefined || (sign === '>') !== isRate) {
      builder.refuse(option, "limits are written 'p95<20ms' (or p50, p99, p99.9, max), 'errors<1%', 'rate>900/s'")
    } else if (isRate || name === 'errors') {
      checks.push(isRate ? { metric: 'throughput', min: value } : { metric: 'errors.rate', max: value })
    } else {
      builder.set(['sla', 'endToEnd', name], value, option)
    }
  }
  builder.set(['sla', 'checks'], checks, '--limit')
}

/** As a number where it is one: what is wrong with it otherwise, the schema says. */
const numberOf = (text: string | undefined): number | string | undefined =>
  text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text
