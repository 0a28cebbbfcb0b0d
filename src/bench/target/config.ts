import { basename } from 'node:path'
import { z } from 'zod'
import { assertNever } from '../../core/assert.js'

// `load.target` in YAML: what a plain target is, one that is no shipped system, and what it is sent.

const dataConfig = z
  .strictObject({
    file: z.string().describe('Rows whose columns fill `{{column}}`, relative to the file that names it.'),
    format: z
      .enum(['csv', 'ndjson'])
      .describe('`csv`: a header and rows, quoted as in RFC 4180. `ndjson`: one JSON object a line.'),
    order: z
      .enum(['in-turn', 'random'])
      .default('in-turn')
      .describe('`in-turn` begins again after the last row; `random` draws a row for each request, by `load.seed`.'),
  })
  .describe('Rows that fill the placeholders of a request.')

const columnsHint = '`{{seq}}` is the number of the request, `{{column}}` a column of `data`.'

const httpTarget = z
  .strictObject({
    kind: z.literal('http'),
    url: z.string().optional().describe(`Where requests go, such as http://127.0.0.1:3000/items; ${columnsHint}`),
    engine: z.string().optional().describe('In place of `url`: an engine of this profile, at its port.'),
    path: z.string().default('/').describe(`Path and query at the engine; ${columnsHint}`),
    method: z
      .string()
      .regex(/^[A-Z]+$/, 'must be in capitals, such as POST')
      .default('GET')
      .describe('HTTP method.'),
    headers: z.record(z.string(), z.string()).default({}).describe(`Headers of each request; ${columnsHint}`),
    body: z.string().optional().describe(`Text that each request carries; ${columnsHint}`),
    bodyFile: z.string().optional().describe('A file that holds the body, in place of `body`.'),
    expectStatus: z
      .array(z.union([z.string(), z.int()]))
      .min(1)
      .default(['2xx'])
      .describe('Statuses of a completed request, such as 200 or 2xx; any other has failed.'),
    pipelining: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe('Requests under way on one connection; above 1 a slow answer holds up those behind it.'),
    http2: z.boolean().default(false).describe('Speak HTTP/2, over TLS, by the library.'),
    verifyCertificate: z
      .boolean()
      .default(true)
      .describe('False also takes certificates that nobody signed, as a server on a desk has them.'),
    data: dataConfig.optional(),
  })
  .describe('Requests to one URL.')

const websocketTarget = z
  .strictObject({
    kind: z.literal('websocket'),
    url: z.string().optional().describe('Where the connections go, such as ws://127.0.0.1:3000/feed.'),
    engine: z.string().optional().describe('In place of `url`: an engine of this profile, at its port.'),
    path: z.string().default('/').describe('Path and query at the engine.'),
    headers: z.record(z.string(), z.string()).default({}).describe('Headers of the request that opens a connection.'),
    message: z.string().default('{"id":{{seq}}}').describe(`Text of each message; ${columnsHint}`),
    correlate: z
      .string()
      .default('id')
      .describe('Field of the JSON answer that holds the number of the request which it answers.'),
    data: dataConfig.optional(),
  })
  .describe('Messages over WebSocket connections, each answered by a message.')

const redisTarget = z
  .strictObject({
    kind: z.literal('redis'),
    service: z.string().optional().describe('A Redis of `services`.'),
    url: z.string().optional().describe('In place of `service`: a Redis that runs elsewhere.'),
    command: z.array(z.string()).min(1).default(['PING']).describe(`Name and arguments, one text each; ${columnsHint}`),
    data: dataConfig.optional(),
  })
  .describe('One Redis command a request.')

const redisStreamTarget = z
  .strictObject({
    kind: z.literal('redis-stream'),
    service: z.string().optional().describe('A Redis of `services`.'),
    url: z.string().optional().describe('In place of `service`: a Redis that runs elsewhere.'),
    stream: z.string().describe('Stream to which each request adds an entry with the fields `seq` and `body`.'),
    answers: z
      .string()
      .optional()
      .describe('Stream whose entries answer by their field `seq`; without it the way through `stream` itself.'),
    body: z.string().default('{{seq}}').describe(`Text of the field \`body\`; ${columnsHint}`),
    entriesMax: z.int().min(1000).default(100_000).describe('Entries that the stream keeps, more take more memory.'),
    data: dataConfig.optional(),
  })
  .describe('An entry of a Redis stream a request, until its answer is read.')

const postgresTarget = z
  .strictObject({
    kind: z.literal('postgres'),
    service: z.string().optional().describe('A PostgreSQL of `services`.'),
    url: z.string().optional().describe('In place of `service`: a PostgreSQL that runs elsewhere.'),
    query: z.string().default('select 1').describe('One statement with $1, $2 for its values; it is prepared once.'),
    values: z.array(z.string()).default([]).describe(`Values of the statement, one text each; ${columnsHint}`),
    data: dataConfig.optional(),
  })
  .describe('One statement a request.')

const busTarget = z
  .strictObject({
    kind: z.literal('bus'),
    topic: z.string().describe('Topic on the bus of the profile to which each request is published.'),
    answers: z.string().describe('Topic whose messages answer: the one with the `seq` of the request.'),
    body: z.string().default('{"id":{{seq}}}').describe(`JSON body of each message; ${columnsHint}`),
    data: dataConfig.optional(),
  })
  .describe('A message of the bus a request, until another with its seq comes back.')

const fanOutTarget = z
  .strictObject({
    kind: z.literal('fan-out'),
    engines: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('Engines of the profile that are asked, in this order; all of them where none are named.'),
    path: z.string().default('/health').describe(`Path and query at each engine; ${columnsHint}`),
    mode: z
      .enum(['parallel', 'sequential'])
      .default('parallel')
      .describe('`parallel` asks all at once; `sequential` asks each when the one before has answered.'),
    expectStatus: z
      .array(z.union([z.string(), z.int()]))
      .min(1)
      .default(['2xx'])
      .describe('Statuses of an answer that counts, such as 200 or 2xx; any other fails the question.'),
    data: dataConfig.optional(),
  })
  .describe('A GET to several engines, completed when all have answered.')

const functionTarget = z
  .strictObject({
    kind: z.literal('function'),
    module: z.string().describe('JavaScript module, relative to the file that names it.'),
    export: z
      .string()
      .default('default')
      .describe('Function of the module, called with the number of the request; a promise is awaited.'),
  })
  .describe('A function that is called in the thread of the generator.')

export const targetConfig = z.discriminatedUnion('kind', [
  httpTarget,
  websocketTarget,
  redisTarget,
  redisStreamTarget,
  postgresTarget,
  busTarget,
  fanOutTarget,
  functionTarget,
])
export type TargetConfig = z.output<typeof targetConfig>
export type DataConfig = z.output<typeof dataConfig>

/** In words, for reports: what is driven, without what each request says. */
export function describeTarget(target: TargetConfig): string {
  switch (target.kind) {
    case 'http':
      return `${target.method} ${target.url ?? `${target.engine}${target.path}`}`
    case 'websocket':
      return target.url ?? `${target.engine}${target.path}`
    case 'redis':
      return `${target.command[0]} at ${target.url ?? target.service}`
    case 'redis-stream':
      return `stream ${target.stream} at ${target.url ?? target.service}`
    case 'postgres':
      return `${target.query.slice(0, queryCharsMax)} at ${target.url ?? target.service}`
    case 'bus':
      return `${target.topic} to ${target.answers}`
    case 'fan-out':
      return `GET ${target.path} of ${target.engines?.join(', ') ?? 'all engines'}, ${target.mode}`
    case 'function':
      return `${target.export} of ${basename(target.module)}`
    default:
      return assertNever(target)
  }
}

const queryCharsMax = 60
