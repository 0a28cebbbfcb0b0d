import { createServer, type Server, type ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../supervisor/child-fixture.js'
import { type Driven, drive } from './client-fixture.js'
import { FanOutClient } from './fan-out-client.js'
import type { FanOutPlan } from './protocol-plans.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A server that notes when it was asked; `answer` may come whenever it likes. */
async function member(
  name: string,
  asked: string[],
  answer: (response: ServerResponse) => void = (response) => void response.end('ok'),
) {
  const server: Server = createServer((request, response) => {
    asked.push(`${name} ${request.url}`)
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const request = { method: 'GET', path: '/health?n={{seq}}', headers: [], body: null }
  const rest = { pipelining: 1, serverTiming: true, http2: false, verifyCertificate: true }
  return { name, http: { kind: 'http' as const, origin, request, data: null, expectStatus: [200], ...rest } }
}

async function open(mode: FanOutPlan['mode'], members: FanOutPlan['members'], asked: string[]): Promise<Driven> {
  const driven = drive((context) => new FanOutClient({ kind: 'fan-out', mode, members }, context))
  closing.push(() => driven.client.close())
  await driven.client.open()
  // What the fast path asked to see whether it can read the answers.
  asked.length = 0
  return driven
}

test('in parallel all are asked before the first has answered, and the last answer completes it', async () => {
  const asked: string[] = []
  const waiting: ServerResponse[] = []
  let holds = false
  const slow = (response: ServerResponse) => void (holds ? waiting.push(response) : response.end('ok'))
  const members = [await member('a', asked, slow), await member('b', asked), await member('c', asked)]
  const driven = await open('parallel', members, asked)
  holds = true
  driven.send(3, 7)
  await eventually('all are asked', () => asked.length === 3)
  expect([...asked].sort()).toEqual(['a /health?n=7', 'b /health?n=7', 'c /health?n=7'])
  expect(driven.ended).toEqual([])
  for (const response of waiting) response.end('ok')
  expect(await driven.untilEnded(1)).toEqual([{ slot: 3, failure: null, order: ['sent', 'firstByte', 'done'] }])
  expect(driven.client.path).toBe('http/1.1 fast path to 3 servers, parallel')
})

test('in sequence each is asked when the one before has answered', async () => {
  const events: string[] = []
  const asked: string[] = []
  const late = (name: string) => (response: ServerResponse) => {
    events.push(`${name} is asked`)
    setTimeout(() => {
      events.push(`${name} answers`)
      response.end('ok')
    }, 5)
  }
  const members = [await member('a', asked, late('a')), await member('b', asked, late('b'))]
  const driven = await open('sequential', members, asked)
  events.length = 0
  driven.send(0, 1)
  expect(await driven.untilEnded(1)).toEqual([{ slot: 0, failure: null, order: ['sent', 'firstByte', 'done'] }])
  expect(events).toEqual(['a is asked', 'a answers', 'b is asked', 'b answers'])
})

test('one that fails fails the question by its name, and in sequence the rest is not asked', async () => {
  const asked: string[] = []
  const broken = (response: ServerResponse) => {
    response.statusCode = 500
    response.end()
  }
  const members = [await member('a', asked), await member('b', asked, broken), await member('c', asked)]
  const inTurn = await open('sequential', members, asked)
  inTurn.send(0, 1)
  expect((await inTurn.untilEnded(1))[0]?.failure).toBe('b: status 500')
  expect(asked).toEqual(['a /health?n=1', 'b /health?n=1'])
  const atOnce = await open('parallel', members, asked)
  atOnce.send(0, 2)
  expect((await atOnce.untilEnded(1))[0]?.failure).toBe('b: status 500')
  expect(asked).toHaveLength(3)
})

test('a question that is given up is told of no more, and its slot serves the next', async () => {
  const asked: string[] = []
  let holds = false
  const hangs = (response: ServerResponse) => {
    if (!holds) response.end('ok')
  }
  const members = [await member('a', asked), await member('b', asked, hangs)]
  const driven = await open('parallel', members, asked)
  holds = true
  driven.send(0, 1)
  await eventually('both are asked', () => asked.length === 2)
  driven.client.abandon(0)
  holds = false
  driven.send(0, 2)
  expect(await driven.untilEnded(1)).toHaveLength(1)
  driven.send(1, 3)
  await driven.untilEnded(2)
  expect(driven.ended.map(({ slot }) => slot)).toEqual([0, 1])
})
