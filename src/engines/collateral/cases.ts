import { present } from '../../core/assert.js'
import type { ComponentCase } from '../../core/component-case.js'
import { Random } from '../../core/random.js'
import { fillWith, tickWith } from '../model/message-fixture.js'
import { collateralConfig } from './config.js'
import { CollateralBook } from './core.js'

const seed = 20_261_120
const symbols = 60
const drawn = 4_096

/** What a tick and the fill that it causes do to an account of sixty positions, and what telling its figures then costs. */
export const collateralUpdate: ComponentCase = {
  name: 'collateral.update',
  description: 'Take in one mark and one fill among sixty positions; `told` makes the figures of the account besides.',
  variants: {
    taken: () => updates((book) => book.mayHaveChanged),
    told: () => updates((book) => book.takeChanged()),
  },
}

function updates(read: (book: CollateralBook) => unknown) {
  const book = new CollateralBook(collateralConfig.parse({}))
  const random = Random.stream(seed, 'collateral')
  const fills = Array.from({ length: drawn }, (_, index) => {
    const [symbol, lastPrice] = [`S${index % symbols}`, 10_000 + random.below(400)]
    const side = random.below(2) === 0 ? ('buy' as const) : ('sell' as const)
    return {
      tick: tickWith({ symbol, bid: lastPrice - 1, ask: lastPrice + 1 }),
      fill: fillWith({ symbol, side, lastQty: 1 + random.below(20), lastPrice }),
    }
  })
  let execId = 0
  const update = () => {
    const { tick, fill } = present(fills[execId % drawn], 'fills were drawn')
    execId += 1
    book.mark(tick)
    book.apply({ ...fill, execId })
  }
  for (let index = 0; index < symbols; index += 1) update()
  return {
    call: () => {
      update()
      return read(book)
    },
  }
}
