import { instantNs } from '../../core/units.js'
import { openSimulation } from '../kit/simulation.js'
import { MarketGenerator, symbolNames } from '../model/market-generator.js'
import { topics } from '../model/messages.js'
import type { FeatureSet } from '../model/observer-messages.js'
import { DataCollector, type DataSet } from './training-data.js'

type TrainingMarket = { readonly seed: number; readonly symbols: number; readonly rows: number }

const burstiness = 0.6

export const describeMarket = ({ seed, symbols }: TrainingMarket): string =>
  `generated, ${symbols} symbols, seed ${seed}, burstiness ${burstiness}`

/** Rows from the seeded generator, by way of the engines that make features of a live market too. */
export async function rowsOf(
  market: TrainingMarket,
  { inputs, horizon }: { readonly inputs: readonly string[]; readonly horizon: number },
): Promise<DataSet> {
  const collector = new DataCollector({ inputs, horizon, rowsMax: market.rows })
  const simulation = await openSimulation(
    { 'market-data': {}, features: {} },
    {
      startAt: instantNs(0),
      onMessage: (topic, { body }) => {
        if (topic === topics.features) collector.add(body as FeatureSet)
      },
    },
  )
  const generator = new MarketGenerator({ seed: market.seed, symbols: symbolNames(market.symbols), burstiness })
  for (let seq = 0; !collector.full; seq += 1) {
    const { event, atNs } = generator.next()
    simulation.advance(instantNs(atNs))
    simulation.send(topics.marketEvent, event, seq)
    simulation.advance(instantNs(atNs))
  }
  return collector.finish()
}
