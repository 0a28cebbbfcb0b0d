import { z } from 'zod'
import { assertNever } from '../../core/assert.js'
import type { InstantNs } from '../../core/units.js'
import { Lru } from '../../platform/cache/lru.js'
import { jsonOf } from '../kit/body.js'
import { defineEngine, type HttpRequest } from '../kit/define.js'
import { type ExecutionReports, type OrderCommand, topics } from '../model/messages.js'
import { riskConfig } from './config.js'
import { type Approval, RiskBook, type Verdict } from './core.js'

const killSwitchRequest = z.strictObject({ engaged: z.boolean() })

/** Lets an order intent pass, or ends its tick with the reason. */
export const riskEngine = defineEngine({
  name: 'risk',
  consumes: [topics.orderIntent, topics.executionReport],
  observes: [topics.executionReport],
  produces: [topics.orderChecked],
  config: riskConfig,
  deadlineNs: (settings) => settings.deadline,
  create: (settings, context) => {
    const cache = settings.cache === 'off' ? null : new Lru<number, Approval>(settings.cache)
    const book = new RiskBook(settings, cache)
    const switchKill = (request: HttpRequest) => {
      const parsed = killSwitchRequest.safeParse(jsonOf(request.body))
      if (!parsed.success) return { status: 400, body: { error: 'write {"engaged": true} or {"engaged": false}' } }
      book.killSwitch = parsed.data.engaged
      return { status: 200, body: parsed.data }
    }
    return {
      handle: (input) => {
        if (input.topic === topics.executionReport) {
          for (const report of (input.envelope.body as ExecutionReports).reports) book.apply(report)
          return
        }
        const command = input.envelope.body as OrderCommand
        const hitsBefore = book.hits
        const missesBefore = book.misses
        const expiredBefore = book.expired
        const verdict = verdictOf(book, command, context.clock.now())
        if (book.hits > hitsBefore) context.count('cache hits')
        if (book.misses > missesBefore) context.count('cache misses')
        if (book.expired > expiredBefore) context.count('expired reservations', book.expired - expiredBefore)
        context.count(verdict)
        if (verdict === 'approved') context.emit(input, topics.orderChecked, command)
        else context.finish(input, 'rejected', verdict)
      },
      routes: { 'PUT /v1/kill-switch': switchKill },
      status: () => ({ killSwitch: book.killSwitch, openOrders: book.openOrders, cachedApprovals: cache?.size ?? 0 }),
    }
  },
})

/** What only takes risk away always passes. */
function verdictOf(book: RiskBook, command: OrderCommand, now: InstantNs): Verdict {
  switch (command.kind) {
    case 'new':
      return book.check(command, now)
    case 'replace':
      return book.checkReplacement(command, now)
    case 'cancel':
      return 'approved'
    default:
      return assertNever(command)
  }
}
