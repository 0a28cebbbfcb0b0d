import { present } from '../../core/assert.js'
import type { ComponentCase, PreparedCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import type { Tick } from '../model/messages.js'
import { featuresConfig } from './config.js'
import { RollingFeatures } from './core.js'

const seed = 20_261_120
const symbols = 60
const drawn = 200 * symbols

/** One quote at full windows. The cost of a window does not grow with its length: that is what the two show. */
export const featuresUpdate: ComponentCase = {
  name: 'features.update',
  description: 'Take in one quote of sixty symbols and make its features, over one window.',
  variants: { 'window-100': () => updates(100), 'window-10000': () => updates(10_000) },
}

function updates(window: number): PreparedCase {
  const features = new RollingFeatures(featuresConfig.parse({ windows: [window] }))
  const ticks = draw()
  let next = 0
  const call = () => {
    const tick = present(ticks[next % drawn], 'ticks were drawn')
    next += 1
    return features.update(tick)
  }
  for (let index = 0; index < (window + 2) * symbols; index += 1) call()
  return { call }
}

function draw(): Tick[] {
  const random = Random.stream(seed, 'features')
  const bids = Array.from({ length: symbols }, () => 10_000)
  return Array.from({ length: drawn }, (_, index): Tick => {
    const row = index % symbols
    const bid = Math.max(1_000, (bids[row] ?? 0) + Math.round(random.normal() * 3))
    bids[row] = bid
    const [bidQty, askQty] = [1 + random.below(200), 1 + random.below(200)]
    return { symbol: `S${row}`, bid, bidQty, ask: bid + 1 + random.below(3), askQty, crossed: false }
  })
}
