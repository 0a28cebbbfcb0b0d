import type { ComponentCase } from '../../core/component-case.js'
import { MarketGenerator, symbolNames } from '../model/market-generator.js'
import { backtestingConfig } from './config.js'
import { Backtest } from './core.js'
import { backtestRequest } from './request.js'

const seed = 20_261_120
const warmUpEvents = 5_000

/** One market event on its whole way: book, signals, decision, risk, gateway, venue, ledger, with all messages between them. */
export const backtestingReplay: ComponentCase = {
  name: 'backtesting.replay',
  description: 'Replay one market event of sixty symbols through all engines of the pipeline, simulated.',
  variants: {
    '': async () => {
      const request = backtestRequest.parse({ fees: { taker: '0.01%' }, latency: { jitter: 0.2 } })
      const backtest = await Backtest.open(request, backtestingConfig.parse({ tradesMax: 0 }))
      const generator = new MarketGenerator({ seed, symbols: symbolNames(60), burstiness: 0.6 })
      for (let index = 0; index < warmUpEvents; index += 1) backtest.play(generator.next())
      return {
        call: () => {
          backtest.play(generator.next())
          return backtest.trades
        },
      }
    },
  },
}
