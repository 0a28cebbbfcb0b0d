import { expect, test } from 'vitest'
import { present } from '../../core/assert.js'
import { type Harness, harness } from '../kit/harness.js'
import { newOrderWith } from '../model/message-fixture.js'
import type { ExecutionReports, NewOrder } from '../model/messages.js'
import { matchingEngine } from './service.js'

const order = (changes: Partial<NewOrder>): NewOrder =>
  newOrderWith({ symbol: 'X', price: 102, bid: 100, ask: 102, ...changes })

const reportsOf = (venue: Harness, index: number): ExecutionReports =>
  present(venue.emitted[index], 'the venue has answered').body as ExecutionReports

test('a command becomes one message with all its reports, each of which is stored', () => {
  const venue = harness(matchingEngine)
  venue.feed('order.placed', order({}))
  expect(venue.emitted.map(({ topic, seq }) => [topic, seq])).toEqual([['execution.report', 0]])
  const { reports } = reportsOf(venue, 0)
  expect(reports.map(({ account, execType, final }) => [account, execType, final])).toEqual([
    ['desk', 'new', false],
    ['desk', 'trade', true],
    ['house', 'trade', false],
  ])
  const stored = venue.rows.filter(({ table }) => table === 'execution_reports').map(({ row }) => row)
  expect(stored).toEqual(
    reports.map((report) => [
      'test',
      report.execId,
      report.orderId,
      report.account,
      'X',
      report.side,
      report.execType,
      report.ordStatus,
      report.lastQty,
      report.lastPrice,
      report.cumQty,
      report.leavesQty,
    ]),
  )
  expect(venue.counters).toEqual({ orders: 1, trades: 1 })
})

test('a repeated command is answered but neither stored nor traded again', () => {
  const venue = harness(matchingEngine)
  venue.feed('order.placed', order({}))
  const rowsBefore = venue.rows.length
  venue.feed('order.placed', order({}), 0)
  const repeat = reportsOf(venue, 1)
  expect(repeat.reports.map(({ execType, final }) => [execType, final])).toEqual([['trade', true]])
  expect(venue.rows).toHaveLength(rowsBefore)
  expect(venue.counters).toEqual({ orders: 1, trades: 1, repeated: 1 })
})

test('positions that changed are written after a while and at the drain, once each', () => {
  const venue = harness(matchingEngine)
  const positions = () => venue.rows.filter(({ table }) => table === 'positions').map(({ row }) => row)
  venue.feed('order.placed', order({}))
  venue.feed('order.placed', order({ orderId: 2 }))
  expect(positions()).toEqual([])
  venue.advance(1_000_000_000)
  expect(positions()).toEqual([
    ['test', 'desk', 'X', 20, '2040'],
    ['test', 'house', 'X', -20, '-2040'],
  ])
  venue.advance(10_000_000_000)
  expect(positions()).toHaveLength(2)
  venue.feed('order.placed', order({ orderId: 3, side: 'sell', price: 100 }))
  venue.engine.drain?.()
  expect(positions().slice(2)).toEqual([
    ['test', 'desk', 'X', 10, '1040'],
    ['test', 'house', 'X', -10, '-1040'],
  ])
  venue.advance(10_000_000_000)
  expect(positions()).toHaveLength(4)
})
