// `npm run bench:book`: commands per second of the order book and of nodejs-order-book on the golden flow, in turns in
// one process, median of the rounds. Both must reach the totals of the flow, so that speed is never bought with errors.
// Making the flow, and the strings and options that the peer takes, is left out of its time; `--json` for machines.

import { parseArgs } from 'node:util'
import { OrderBook as PeerBook } from 'nodejs-order-book'
import { monotonicClock } from '../dist/core/clock.js'
import { goldenFlow, goldenTotals } from '../dist/engines/model/golden-flow.js'
import { OrderBook } from '../dist/engines/model/order-book.js'

const ratioMin = 20
/** Passes over the flow in one round: a pass takes some 20 ms, which a single pause of the machine would double. */
const ownPasses = 8
const ratioGoal = 50

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
})
const rounds = Number(values.rounds)
const flow = goldenFlow()
const peerIds = Array.from(flow.id, String)
const peerOrders = peerIds.map((id, index) => ({
  id,
  side: flow.side[index] === 0 ? 'buy' : 'sell',
  price: flow.price[index],
  size: flow.quantity[index],
}))

const own = []
const peer = []
for (let round = -1; round < rounds; round += 1) {
  const ownPerSec = ratePerSec('nautilus', runOwn, ownPasses)
  const peerPerSec = ratePerSec('nodejs-order-book', runPeer, 1)
  if (round < 0) continue // The first round is for the compiler.
  own.push(ownPerSec)
  peer.push(peerPerSec)
}
report(median(own), median(peer))

function ratePerSec(name, run, passes) {
  let elapsedNs = 0
  for (let pass = 0; pass < passes; pass += 1) {
    const result = run()
    check(name, result)
    elapsedNs += result.elapsedNs
  }
  return (passes * flow.count * 1e9) / elapsedNs
}

function runOwn() {
  const { cancel, id, side, price, quantity, count } = flow
  const book = new OrderBook()
  let trades = 0
  let tradedQuantity = 0
  let notional = 0
  const startedAt = monotonicClock.now()
  for (let index = 0; index < count; index += 1) {
    if (cancel[index] === 1) book.cancel(id[index])
    else book.limit(id[index], side[index], price[index], quantity[index])
    const { fillCount, fills } = book
    if (fillCount === 0) continue
    for (let at = 0; at < fillCount * 4; at += 4) {
      trades += 1
      tradedQuantity += fills[at + 3]
      notional += fills[at + 2] * fills[at + 3]
    }
    book.clearEvents()
  }
  const elapsedNs = monotonicClock.now() - startedAt
  return { trades, tradedQuantity, notional, live: book.liveOrders, elapsedNs }
}

/** The peer tells the orders that were filled and the part of the last one; each maker's share of them is one trade. */
function runPeer() {
  const { cancel, count } = flow
  const book = new PeerBook()
  const counted = { trades: 0, tradedQuantity: 0, notional: 0 }
  const startedAt = monotonicClock.now()
  for (let index = 0; index < count; index += 1) {
    if (cancel[index] === 1) book.cancel(peerIds[index])
    else countPeerFills(book.limit(peerOrders[index]), peerIds[index], counted)
  }
  const elapsedNs = monotonicClock.now() - startedAt
  const { bids, asks } = book.snapshot()
  const live = [...bids, ...asks].reduce((sum, level) => sum + level.orders.length, 0)
  return { ...counted, live, elapsedNs }
}

function countPeerFills(result, taker, counted) {
  for (const order of result.done) {
    if (order.id === taker) continue
    counted.trades += 1
    counted.tradedQuantity += order.size
    counted.notional += order.size * order.price
  }
  const partial = result.partial
  if (partial !== null && partial.id !== taker) {
    counted.trades += 1
    counted.tradedQuantity += result.partialQuantityProcessed
    counted.notional += result.partialQuantityProcessed * partial.price
  }
}

function check(name, { trades, tradedQuantity, notional, live }) {
  const reached = JSON.stringify({ trades, tradedQuantity, notional, live })
  const expected = JSON.stringify({
    trades: goldenTotals.trades,
    tradedQuantity: goldenTotals.tradedQuantity,
    notional: goldenTotals.notional,
    live: goldenTotals.live,
  })
  if (reached !== expected) throw new Error(`${name} reached ${reached} instead of ${expected}`)
}

function median(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function report(ownPerSec, peerPerSec) {
  const ratio = ownPerSec / peerPerSec
  if (values.json) {
    console.log(
      JSON.stringify({
        flow: 'golden',
        commands: flow.count,
        rounds,
        node: process.version,
        ownCommandsPerSec: Math.round(ownPerSec),
        peerCommandsPerSec: Math.round(peerPerSec),
        ratio,
        ratioMin,
        ratioGoal,
        pass: ratio >= ratioMin,
      }),
    )
  } else {
    const row = (name, perSec) => `${name.padEnd(20)}${(perSec / 1e6).toFixed(2).padStart(8)} M commands/s`
    console.log(`golden flow, ${flow.count} commands, median of ${rounds} rounds in turns, Node ${process.version}`)
    console.log(row('nautilus', ownPerSec))
    console.log(row('nodejs-order-book', peerPerSec))
    const word = ratio >= ratioMin ? 'PASS' : 'FAIL'
    console.log(`${word}  ratio ${ratio.toFixed(1)}x  (at least ${ratioMin}x, goal ${ratioGoal}x)`)
  }
  process.exitCode = ratio >= ratioMin ? 0 : 1
}
