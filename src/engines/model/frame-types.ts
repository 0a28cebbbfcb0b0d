import { type Topic, topics } from './messages.js'

/** The first byte of a frame on the wire says what it is, to who reads the bus without knowing its topics; 0 is any other. */
export const frameTypes: Readonly<Partial<Record<Topic, number>>> = {
  [topics.marketEvent]: 1,
  [topics.tick]: 1,
  // Margin calls: what risk there is to be warned of.
  [topics.collateral]: 2,
  [topics.signal]: 4,
  [topics.orderIntent]: 5,
  [topics.orderChecked]: 5,
  [topics.orderPlaced]: 5,
  [topics.executionReport]: 6,
  [topics.outcome]: 7,
  [topics.control]: 8,
  [topics.flushed]: 8,
}
