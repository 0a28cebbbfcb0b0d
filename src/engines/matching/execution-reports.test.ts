import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newOrderWith, replaceWith } from '../model/message-fixture.js'
import type { ExecutionReport, OrderCommand, OrdStatus } from '../model/messages.js'
import { matchingConfig } from './config.js'
import { Venue } from './core.js'

// FIX 4.4, appendix D: `execType` says why a report was sent and `ordStatus` the state since then, whatever the commands.

const account = fc.constantFrom('desk', 'other')
const placed = fc.record({
  kind: fc.constant('new'),
  account,
  side: fc.constantFrom('buy', 'sell'),
  type: fc.constantFrom('limit', 'limit', 'limit', 'market'),
  timeInForce: fc.constantFrom('gtc', 'gtc', 'ioc', 'fok', 'postOnly'),
  price: fc.integer({ min: 97, max: 103 }),
  qty: fc.integer({ min: 1, max: 20 }),
})
const cancelled = fc.record({ kind: fc.constant('cancel'), account, back: fc.integer({ min: 1, max: 12 }) })
const replaced = fc.record({
  kind: fc.constant('replace'),
  account,
  back: fc.integer({ min: 1, max: 12 }),
  price: fc.integer({ min: 97, max: 103 }),
  qty: fc.integer({ min: 1, max: 25 }),
})
const policy = fc.constantFrom('none', 'expireTaker', 'expireMaker', 'both')
const live = new Set<OrdStatus>(['new', 'partiallyFilled'])

test('every order is acknowledged once, ends once, and its quantities add up in between', () => {
  const ends = new Set<string>()
  fc.assert(
    fc.property(
      policy,
      fc.array(fc.oneof({ weight: 4, arbitrary: placed }, cancelled, replaced), { maxLength: 120 }),
      (selfTrade, steps) => {
        const venue = new Venue(matchingConfig.parse({ house: { enabled: false }, selfTrade, restingMax: 8 }), 1)
        const quantityOf = new Map<number, number>()
        const reportsOf = new Map<number, ExecutionReport[]>()
        let lastExecId = 0
        steps.forEach((step, index) => {
          const command = commandOf(step, index + 1)
          if (command.kind === 'new') quantityOf.set(command.orderId, command.qty)
          const { reports, repeated } = venue.execute(command)
          // A cancel that comes again is answered by the report of the first time.
          if (repeated) return
          for (const report of reports) {
            expect(report.execId).toBeGreaterThan(lastExecId)
            lastExecId = report.execId
            const before = reportsOf.get(report.orderId) ?? []
            if (report.execType === 'cancelRejected' || report.execType === 'replaceRejected') {
              unchanged(before.at(-1), report)
              continue
            }
            if (command.kind === 'replace' && report.execType === 'replaced') {
              quantityOf.set(report.orderId, Math.max(command.qty, report.cumQty))
            }
            follows(before.at(-1), report, quantityOf.get(report.orderId) ?? 0)
            reportsOf.set(report.orderId, [...before, report])
            if (!live.has(report.ordStatus)) ends.add(report.ordStatus)
          }
        })
        expect(reportsOf.size).toBe(quantityOf.size)
        const resting = [...reportsOf.values()].filter((reports) => live.has(reports.at(-1)?.ordStatus ?? 'filled'))
        expect(resting).toHaveLength(venue.counters.restingOrders)
        for (const reports of reportsOf.values()) averageIsWithin(reports)
      },
    ),
    { numRuns: 200 },
  )
  expect([...ends].toSorted()).toEqual(['canceled', 'expired', 'filled', 'rejected'])
})

type ValueOf<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never
type Step = ValueOf<typeof placed> | ValueOf<typeof cancelled> | ValueOf<typeof replaced>

function commandOf(step: Step, orderId: number): OrderCommand {
  if (step.kind === 'new') return newOrderWith({ ...step, orderId, symbol: 'X', bid: 0, ask: 0 })
  const named = { orderId: Math.max(1, orderId - step.back), account: step.account, symbol: 'X' }
  if (step.kind === 'cancel') return { kind: 'cancel', ...named }
  // The number of the step grows, as revisions must.
  return replaceWith({ ...named, revision: orderId, price: step.price, qty: step.qty, bid: 0, ask: 0 })
}

function follows(before: ExecutionReport | undefined, report: ExecutionReport, quantity: number): void {
  const { execType, ordStatus, cumQty, leavesQty, lastQty, lastPrice, cumNotional } = report
  if (before === undefined) expect(['new', 'rejected']).toContain(execType)
  else {
    expect(live.has(before.ordStatus)).toBe(true)
    expect(['new', 'rejected']).not.toContain(execType)
  }
  expect(lastQty > 0).toBe(execType === 'trade')
  expect(cumQty).toBe((before?.cumQty ?? 0) + lastQty)
  expect(cumNotional).toBe((before?.cumNotional ?? 0) + lastQty * lastPrice)
  expect(leavesQty).toBe(live.has(ordStatus) ? quantity - cumQty : 0)
  expect(ordStatus === 'filled').toBe(cumQty === quantity)
  if (ordStatus === 'new') expect(cumQty).toBe(0)
  if (ordStatus === 'partiallyFilled') expect(cumQty).toBeGreaterThan(0)
  if (execType === 'trade') expect(['partiallyFilled', 'filled']).toContain(ordStatus)
  else if (execType === 'replaced') expect(['new', 'partiallyFilled', 'filled']).toContain(ordStatus)
  else expect(ordStatus).toBe(execType)
}

/** A refusal tells of an order that the account has what was told of it last, and of any other nothing. */
function unchanged(before: ExecutionReport | undefined, { ordStatus, cumQty, leavesQty }: ExecutionReport): void {
  if (ordStatus === 'rejected') expect([cumQty, leavesQty]).toEqual([0, 0])
  else expect({ ordStatus, cumQty, leavesQty }).toEqual(pickState(before))
}

const pickState = (report: ExecutionReport | undefined) =>
  report && { ordStatus: report.ordStatus, cumQty: report.cumQty, leavesQty: report.leavesQty }

function averageIsWithin(reports: readonly ExecutionReport[]): void {
  const prices = reports.filter(({ execType }) => execType === 'trade').map(({ lastPrice }) => lastPrice)
  const last = reports.at(-1)
  if (last === undefined || prices.length === 0) return
  const average = last.cumNotional / last.cumQty
  expect(average).toBeGreaterThanOrEqual(Math.min(...prices))
  expect(average).toBeLessThanOrEqual(Math.max(...prices))
}
