import { present } from '../../core/assert.js'
import type { ComponentCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { durationNs, instantNs, later, nsPerMs } from '../../core/units.js'
import { fillWith } from '../model/message-fixture.js'
import { vpinConfig } from './config.js'
import { BulkVpin } from './core.js'

const seed = 20_261_120
const symbols = 60
const drawn = 4_096
const gap = durationNs(nsPerMs)

/** A trade a millisecond: a symbol has about sixteen in each of its bars, and two bars in a bucket. */
export const vpinReport: ComponentCase = {
  name: 'vpin.report',
  description: 'Take in one trade of sixty symbols, classified in bulk by bars of a second.',
  variants: {
    '': () => {
      const vpin = new BulkVpin(vpinConfig.parse({ averageDailyVolume: 16_000 }))
      const random = Random.stream(seed, 'bars')
      const trades = Array.from({ length: drawn }, (_, index) =>
        fillWith({
          symbol: `S${index % symbols}`,
          lastQty: 1 + random.below(20),
          lastPrice: 10_000 + random.below(400),
        }),
      )
      let execId = 0
      let now = instantNs(0)
      return {
        call: () => {
          const trade = present(trades[execId % drawn], 'trades were drawn')
          execId += 1
          now = later(now, gap)
          return vpin.report({ ...trade, execId }, now)
        },
      }
    },
  },
}
