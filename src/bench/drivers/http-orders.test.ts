import { expect, test } from 'vitest'
import { readAnswer } from './http-orders.js'

const stamp = '{"engine":"order-gateway","polledAt":1,"receivedAt":2,"startedAt":3,"doneAt":4}'

test.each([
  { status: 200, body: '{"status":"filled"}', answer: 'traded', reason: '' },
  { status: 201, body: '', answer: 'traded', reason: '' },
  { status: 202, body: '{"status":"pending"}', answer: 'failed', reason: 'placement timed out' },
  { status: 422, body: '{"reason":"no liquidity"}', answer: 'rejected', reason: 'no liquidity' },
  {
    status: 400,
    body: '{"error":"price: a limit order needs one"}',
    answer: 'rejected',
    reason: 'price: a limit order needs one',
  },
  { status: 503, body: '{"error":"breaker open"}', answer: 'failed', reason: 'breaker open' },
  { status: 500, body: '<html>', answer: 'failed', reason: 'HTTP 500' },
  { status: 502, body: 'null', answer: 'failed', reason: 'HTTP 502' },
])('status $status ends an order as $answer', ({ status, body, answer, reason }) => {
  expect(readAnswer(status, undefined, body)).toEqual({ answer, reason, stamps: [] })
})

test.each([
  { header: `[${stamp}]`, count: 1 },
  { header: '{}', count: 0 },
  { header: 'not json', count: 0 },
  { header: '[1, null]', count: 0 },
  { header: undefined, count: 0 },
])('stamps of $header are $count', ({ header, count }) => {
  expect(readAnswer(200, header, '').stamps).toHaveLength(count)
})
