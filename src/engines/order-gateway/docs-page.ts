import { z } from 'zod'
import type { HttpReply } from '../kit/define.js'
import type { Instrument } from '../model/instrument.js'
import { orderRequest, replaceRequest } from './http-order.js'

// The description of the HTTP interface, made from the schema that the requests are parsed with.

const changeAnswers: Readonly<Record<string, string>> = {
  '200': 'The venue has confirmed it; a replacement may have traded.',
  '202': 'No report came within the placement timeout. `status` is pending_cancel or pending_replace.',
  '404': 'No such order rests with this gateway.',
  '409': 'Another request about this order is under way, or an earlier replacement is not answered yet.',
  '422': 'The venue refused it, and the order is as it was; `reason` says why.',
  '503': 'It was not sent on: the breaker is open or a queue is full. It may be tried again.',
}

const answers: Readonly<Record<string, string>> = {
  '200': 'The final execution report has come: orderId, status, filledQuantity, averagePrice, executions.',
  '202': 'No report came within the placement timeout; the order may still be executed. `status` is pending_new.',
  '400': 'The request is not an order; `error` says why.',
  '409': 'The Idempotency-Key was used for another order, or client_order_id names an order already.',
  '422': 'The venue rejected the order; `reason` says why.',
  '503':
    'The order was not placed: the breaker is open, a queue is full, or as many orders rest as may. It may be tried again.',
}

export function openApi(): Record<string, unknown> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(orderRequest, { io: 'input' })
  const idempotencyKey = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    description: 'A repeated request with the same key and order gets the first answer and places nothing.',
  }
  return {
    openapi: '3.1.0',
    info: { title: 'nautilus order gateway', version: '1' },
    paths: {
      '/v1/orders': {
        post: {
          summary: 'Places an order and answers when the venue has reported.',
          parameters: [idempotencyKey],
          requestBody: { required: true, content: { 'application/json': { schema } } },
          responses: described(answers),
        },
      },
      '/v1/orders/{orderId}': changesOf({ name: 'orderId', in: 'path', required: true, schema: { type: 'integer' } }),
      '/v1/client-orders/{clientOrderId}': changesOf({
        ...{ name: 'clientOrderId', in: 'path', required: true, schema: { type: 'string' } },
        description: 'The client_order_id of the order.',
      }),
      '/health': { get: { summary: 'Whether the gateway and its Redis answer.', responses: { '200': {} } } },
    },
  }
}

/** What can be asked of an order that this gateway placed. */
function changesOf(parameter: Record<string, unknown>): Record<string, unknown> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(replaceRequest, { io: 'input' })
  const parameters = [parameter]
  const { '404': unknown = '' } = changeAnswers
  return {
    get: {
      summary: 'Tells the state of an order that rests with this gateway, or was named by its client.',
      parameters,
      responses: described({ '200': 'Its state, quantities and average price.', '404': unknown }),
    },
    patch: {
      summary: 'Replaces price or quantity. Less at the same price keeps its place in the queue, all else loses it.',
      parameters,
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: described({ ...changeAnswers, '400': 'The request is not a replacement; `error` says why.' }),
    },
    delete: { summary: 'Cancels it.', parameters, responses: described(changeAnswers) },
  }
}

const described = (texts: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(texts).map(([code, description]) => [code, { description }]))

export function docsPage(instruments: readonly Instrument[]): HttpReply {
  const symbols = instruments.map(
    ({ symbol, priceDecimals, qtyDecimals }) =>
      `<tr><td>${escaped(symbol)}</td><td>${priceDecimals}</td><td>${qtyDecimals}</td></tr>`,
  )
  const example = '{"symbol":"BTC-USDT","order_type":"limit","side":"buy","quantity":"0.25","price":"50000.10"}'
  const body = [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Order gateway</title><body>',
    '<h1>Order gateway</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a></p>',
    `<h2>POST /v1/orders</h2><pre>${escaped(example)}</pre>${fieldTable(orderRequest)}`,
    `<h3>Answers</h3>${codeTable(answers)}`,
    '<h2>GET, PATCH and DELETE /v1/orders/{orderId}</h2>',
    '<p>Tells, replaces and cancels an order that rests with this gateway; /v1/client-orders/{clientOrderId} does so by',
    'the name that its client gave it. Less quantity at the same price keeps its place in the queue.</p>',
    fieldTable(replaceRequest),
    `<h3>Answers</h3>${codeTable(changeAnswers)}`,
    `<h2>Instruments</h2><table><tr><th>symbol<th>price decimals<th>quantity decimals</tr>${symbols.join('')}</table>`,
    '</body></html>',
  ].join('\n')
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body }
}

const fieldTable = ({ shape }: z.ZodObject): string => {
  const rows = Object.entries(shape).map(
    ([name, field]) =>
      `<tr><td><code>${name}</code></td><td>${escaped((field as z.ZodType).description ?? '')}</td></tr>`,
  )
  return `<table>${rows.join('')}</table>`
}

const codeTable = (texts: Readonly<Record<string, string>>): string => {
  const rows = Object.entries(texts).map(([code, text]) => `<tr><td>${code}</td><td>${escaped(text)}</td></tr>`)
  return `<table>${rows.join('')}</table>`
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
