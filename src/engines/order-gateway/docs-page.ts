import { z } from 'zod'
import type { HttpReply } from '../kit/define.js'
import type { Instrument } from '../model/instrument.js'
import { orderRequest } from './http-order.js'

// The description of the HTTP interface, made from the schema that the requests are parsed with.

const answers: Readonly<Record<string, string>> = {
  '200': 'The final execution report has come: orderId, status, filledQuantity, averagePrice, executions.',
  '202': 'No report came within the placement timeout; the order may still be executed.',
  '400': 'The request is not an order; `error` says why.',
  '409': 'The Idempotency-Key was used for another order.',
  '422': 'The venue rejected the order; `reason` says why.',
  '503': 'The order was not placed: the breaker is open or a queue is full. It may be tried again.',
}

export function openApi(): Record<string, unknown> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(orderRequest, { io: 'input' })
  const responses = Object.fromEntries(Object.entries(answers).map(([code, description]) => [code, { description }]))
  const idempotencyKey = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    description: 'A repeated request with the same key and order gets the first answer and places nothing.',
  }
  const orderId = { name: 'orderId', in: 'path', required: true, schema: { type: 'integer' } }
  return {
    openapi: '3.1.0',
    info: { title: 'nautilus order gateway', version: '1' },
    paths: {
      '/v1/orders': {
        post: {
          summary: 'Places an order and answers when the venue has reported.',
          parameters: [idempotencyKey],
          requestBody: { required: true, content: { 'application/json': { schema } } },
          responses,
        },
      },
      '/v1/orders/{orderId}': {
        delete: {
          summary: 'Cancels an order that rests in the book; only the gateway that placed it knows it.',
          parameters: [orderId],
          responses: { '200': responses['200'], '404': { description: 'No such order rests with this gateway.' } },
        },
      },
      '/health': { get: { summary: 'Whether the gateway and its Redis answer.', responses: { '200': {} } } },
    },
  }
}

export function docsPage(instruments: readonly Instrument[]): HttpReply {
  const rows = Object.entries(orderRequest.shape).map(
    ([name, field]) => `<tr><td><code>${name}</code></td><td>${escaped(field.description ?? '')}</td></tr>`,
  )
  const codes = Object.entries(answers).map(([code, text]) => `<tr><td>${code}</td><td>${escaped(text)}</td></tr>`)
  const symbols = instruments.map(
    ({ symbol, priceDecimals, qtyDecimals }) =>
      `<tr><td>${escaped(symbol)}</td><td>${priceDecimals}</td><td>${qtyDecimals}</td></tr>`,
  )
  const example = '{"symbol":"BTC-USDT","order_type":"limit","side":"buy","quantity":"0.25","price":"50000.10"}'
  const body = [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Order gateway</title><body>',
    '<h1>Order gateway</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a></p>',
    `<h2>POST /v1/orders</h2><pre>${escaped(example)}</pre><table>${rows.join('')}</table>`,
    `<h3>Answers</h3><table>${codes.join('')}</table>`,
    '<h2>DELETE /v1/orders/{orderId}</h2><p>Cancels an order that rests with this gateway.</p>',
    `<h2>Instruments</h2><table><tr><th>symbol<th>price decimals<th>quantity decimals</tr>${symbols.join('')}</table>`,
    '</body></html>',
  ].join('\n')
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
