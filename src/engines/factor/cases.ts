import { present } from '../../core/assert.js'
import type { ComponentCase, PreparedCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { durationNs, instantNs, later, nsPerMs, nsPerSec } from '../../core/units.js'
import { tickWith } from '../model/message-fixture.js'
import type { Tick } from '../model/messages.js'
import { factorConfig } from './config.js'
import { FactorModel } from './core.js'

const seed = 20_261_120
const symbols = 60
const drawn = 200 * symbols

/** Most ticks only move the averages of their symbol; the one that ends a period explains it. */
export const factorUpdate: ComponentCase = {
  name: 'factor.update',
  description: 'Take in one tick of sixty symbols, within a period or ending one.',
  variants: {
    within: () => updates(durationNs(0)),
    ending: () => updates(durationNs(nsPerSec)),
  },
}

/** Each tick comes `gap` after the one before it. */
function updates(gap: ReturnType<typeof durationNs>): PreparedCase {
  const model = new FactorModel(factorConfig.parse({}))
  const ticks = draw()
  let now = instantNs(0)
  let next = 0
  const take = () => {
    const tick = present(ticks[next % drawn], 'ticks were drawn')
    next += 1
    return model.update(tick, now)
  }
  for (let index = 0; index < 2 * symbols; index += 1) take()
  now = later(now, durationNs(1_000 * nsPerMs))
  take()
  const call = () => {
    now = later(now, gap)
    return take()
  }
  return { call }
}

function draw(): Tick[] {
  const random = Random.stream(seed, 'factor')
  const bids = Array.from({ length: symbols }, () => 10_000)
  return Array.from({ length: drawn }, (_, index): Tick => {
    const row = index % symbols
    const bid = Math.max(1_000, (bids[row] ?? 0) + Math.round(random.normal() * 3))
    bids[row] = bid
    const [bidQty, askQty] = [1 + random.below(200), 1 + random.below(200)]
    return tickWith({ symbol: `S${row}`, bid, bidQty, ask: bid + 1 + random.below(3), askQty })
  })
}
