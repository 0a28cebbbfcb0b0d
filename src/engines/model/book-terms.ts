// What is said to an order book and what it answers.

export const buy = 0
export const sell = 1
export type BookSide = typeof buy | typeof sell

/** Post-only stands among them, since it goes with none of the others: it rests until it is cancelled, or not at all. */
export const timesInForce = {
  gtc: 0,
  ioc: 1,
  fok: 2,
  postOnly: 3,
} as const
export type BookTimeInForce = (typeof timesInForce)[keyof typeof timesInForce]

/** What became of a command. Below zero it was rejected and the book is as it was. */
export const verdicts = {
  /** Fully traded; or cancelled, as asked. */
  done: 0,
  rested: 1,
  /** The rest was cancelled: immediate-or-cancel, or a market order that met too little. */
  dropped: 2,
  /** Fill-or-kill that could not fill: nothing happened. */
  killed: 3,
  /** The rest was cancelled because it would have traded with its own account. */
  selfTrade: 4,
  duplicateId: -1,
  unknownId: -2,
  outOfRange: -3,
  /** Post-only, and the other side has an order that it would meet. */
  wouldTrade: -4,
} as const
export type Verdict = (typeof verdicts)[keyof typeof verdicts]

/** Who yields where an order meets one of its own account. */
export type SelfTradePolicy = 'none' | 'expireTaker' | 'expireMaker' | 'both'

/** Orders of this account never count as meeting their own. */
export const noAccount = 0

/** Numbers per fill: taker id, maker id, price, quantity. */
export const fillStride = 4
/** Numbers per expired resting order: id, quantity that was left. */
export const expiredStride = 2
