import { Random } from '../../core/random.js'
import { type DurationNs, durationNs, type InstantNs, instantNs, later } from '../../core/units.js'
import { type Topic, topics } from '../model/messages.js'
import type { BacktestRequest } from './request.js'

/** How long messages are on their way. Jitter spreads each time around its median; no message overtakes one of its own way. */
export class Latency {
  readonly #settings: BacktestRequest['latency']
  readonly #random: Random
  readonly #arrivals = new Map<string, InstantNs>()

  constructor({ latency, seed }: Pick<BacktestRequest, 'latency' | 'seed'>) {
    this.#settings = latency
    this.#random = Random.stream(seed, 'latency')
  }

  of(topic: Topic, engine: string, now: InstantNs): DurationNs {
    const { jitter } = this.#settings
    const medianNs = this.#medianOf(topic)
    if (jitter === 0) return medianNs
    const drawn = later(now, durationNs(Math.round(medianNs * Math.exp(jitter * this.#random.normal()))))
    const way = `${topic} ${engine}`
    const arrival = instantNs(Math.max(this.#arrivals.get(way) ?? 0, drawn))
    this.#arrivals.set(way, arrival)
    return durationNs(arrival - now)
  }

  #medianOf(topic: Topic): DurationNs {
    const { marketData, hop, order, report } = this.#settings
    switch (topic) {
      case topics.marketEvent:
        return marketData
      case topics.orderPlaced:
        return order
      case topics.executionReport:
        return report
      default:
        return hop
    }
  }
}
