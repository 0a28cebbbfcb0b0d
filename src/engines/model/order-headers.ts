/** What the driver and the gateway tell each other beside an order by HTTP: the envelope that the bus would have carried. */
export const orderHeaders = {
  run: 'x-nautilus-run',
  seq: 'x-nautilus-seq',
  intendedAt: 'x-nautilus-intended-at',
  sentAt: 'x-nautilus-sent-at',
  /** Set by the server of the gateway: when the request had been received as a whole. */
  receivedAt: 'x-nautilus-received-at',
  /** Of the answer: a JSON array of stamps. */
  stamps: 'x-nautilus-stamps',
} as const
