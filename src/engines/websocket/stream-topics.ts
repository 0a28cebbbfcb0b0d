import { type ExecutionReports, type Topic, topics } from '../model/messages.js'

// What clients may be sent. Orders on their way are left out: they travel by lists, which have one reader.

type Stream = {
  readonly topic: Topic
  /** True where a newer message makes an older one worthless, so that old ones may be left out. */
  readonly latestWins: boolean
  /** The symbol that a message is about; null where it speaks of many. */
  readonly symbolOf: ((body: unknown) => string) | null
}

const bySymbol = (body: unknown): string => (body as { readonly symbol: string }).symbol

/** Of all reports that one command caused: they are in one symbol. */
const byFirstReport = (body: unknown): string => (body as ExecutionReports).reports[0]?.symbol ?? ''

const streams: readonly Stream[] = [
  { topic: topics.tick, latestWins: true, symbolOf: bySymbol },
  { topic: topics.signal, latestWins: true, symbolOf: bySymbol },
  { topic: topics.features, latestWins: true, symbolOf: bySymbol },
  { topic: topics.prediction, latestWins: true, symbolOf: bySymbol },
  { topic: topics.vpin, latestWins: true, symbolOf: bySymbol },
  { topic: topics.enhancedVpin, latestWins: true, symbolOf: bySymbol },
  { topic: topics.factor, latestWins: true, symbolOf: null },
  { topic: topics.portfolio, latestWins: true, symbolOf: null },
  { topic: topics.analytics, latestWins: true, symbolOf: null },
  { topic: topics.collateral, latestWins: true, symbolOf: null },
  { topic: topics.executionReport, latestWins: false, symbolOf: byFirstReport },
  { topic: topics.backtest, latestWins: false, symbolOf: null },
  { topic: topics.outcome, latestWins: false, symbolOf: null },
]

export const streamTopics: readonly Topic[] = streams.map(({ topic }) => topic)

const known = new Map(streams.map((stream) => [stream.topic, stream]))

export const streamOf = (topic: Topic): Stream | undefined => known.get(topic)
