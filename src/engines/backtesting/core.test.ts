import { expect, test } from 'vitest'
import { monotonicClock } from '../../core/clock.js'
import { durationNs, instantNs, nsPerMs, nsPerSec } from '../../core/units.js'
import { InProcessHub } from '../../platform/bus/in-process.js'
import { pause } from '../../platform/flow/deadline.js'
import { hostInProcess } from '../catalog.js'
import { pipelineEngines } from '../kit/simulation.js'
import { MarketGenerator, symbolNames } from '../model/market-generator.js'
import { type ExecutionReports, topics } from '../model/messages.js'
import type { BacktestResult } from '../model/observer-messages.js'
import { backtestingConfig } from './config.js'
import { Backtest } from './core.js'
import { eventsOf } from './events.js'
import { backtestRequest, type WrittenRequest } from './request.js'

const symbols = 12
const instantly = { marketData: 0, hop: 0, order: 0, report: 0 }

async function replayed(written: WrittenRequest = {}): Promise<BacktestResult> {
  const source = { kind: 'generated', symbols, seed: 3 } as const
  const request = backtestRequest.parse({ source, events: 4_000, ...written })
  const backtest = await Backtest.open(request, backtestingConfig.parse({ tradesMax: 100_000 }))
  for await (const timed of eventsOf(request, '.')) backtest.play(timed)
  return backtest.finish()
}

test('the same request gives the same result to the last fill, another seed another one', async () => {
  const latency = { jitter: 0.5 }
  const result = await replayed({ latency })
  expect(result.tradeCount).toBeGreaterThan(500)
  expect(await replayed({ latency })).toEqual(result)
  const { ledgerHash } = await replayed({ latency, seed: 2 })
  expect(ledgerHash).not.toBe(result.ledgerHash)
  const other = await replayed({ latency, source: { kind: 'generated', symbols, seed: 4 } })
  expect(other.ledgerHash).not.toBe(result.ledgerHash)
})

test('without latency the trades are those of the live pipeline on the same events', async () => {
  const engines = {
    signals: { deadline: '60s' },
    strategy: { deadline: '60s' },
    risk: { deadline: '60s', reservation: '60s' },
    'order-gateway': { batch: 'off', placementTimeout: '60s', pacing: { orderPlacement: 'off' } },
  }
  const { trades } = await replayed({ engines, latency: instantly })
  const live = await liveTrades(engines)
  expect(trades.map(({ orderId, symbol, side, qty, price }) => ({ orderId, symbol, side, qty, price }))).toEqual(live)
})

test('profit is cash and positions at their marks less fees, and fees change nothing else', async () => {
  const [free, charged] = [await replayed(), await replayed({ fees: { taker: '0.02%', maker: '0.01%' } })]
  const cash = charged.trades.reduce((sum, { side, qty, price }) => sum + (side === 'buy' ? -1 : 1) * qty * price, 0)
  const held = charged.positions.reduce((sum, { qty, mark }) => sum + qty * mark, 0)
  expect(charged.profit).toBeCloseTo(cash + held - charged.fees, 4)
  expect(free.fees).toBe(0)
  expect(charged.fees).toBeCloseTo(charged.turnover * 0.0002, 4)
  expect(charged.profit).toBeCloseTo(free.profit - charged.fees, 4)
  expect(charged.trades.map(({ fee: _fee, ...rest }) => rest)).toEqual(
    free.trades.map(({ fee: _fee, ...rest }) => rest),
  )
  expect(charged.ledgerHash).not.toBe(free.ledgerHash)
})

test('an order meets the market as it is when it arrives: the slower, the fewer fills', async () => {
  const filled = async (order: string): Promise<number> => {
    // Limits at the quote that was decided on: where it has moved away, nothing fills.
    const engines = { strategy: { crossTicks: 0 }, 'order-gateway': { batch: 'off', placementTimeout: '10s' } } as const
    const { tradeCount, orders } = await replayed({ engines, latency: { ...instantly, order } })
    return tradeCount / orders
  }
  expect(await filled('0ms')).toBe(1)
  const slow = await filled('50ms')
  expect(slow).toBeLessThan(0.99)
  expect(await filled('500ms')).toBeLessThan(slow)
})

test.each([
  {
    name: 'a threshold that no signal reaches',
    engines: { strategy: { threshold: 10 } },
    outcome: 'noTrade: weak-signal',
  },
  { name: 'a kill switch', engines: { risk: { killSwitch: true } }, outcome: 'rejected: kill-switch' },
])('$name is obeyed as it is live', async ({ engines, outcome }) => {
  const result = await replayed({ engines })
  expect(result.orders).toBe(0)
  expect(result).toMatchObject({ tradeCount: 0, profit: 0, turnover: 0, sharpe: null, curve: [] })
  expect(result.outcomes[outcome]).toBeGreaterThan(1_000)
})

test('fills that arrive after the last event count, and there is no ratio of periods before them', async () => {
  const engines = { 'order-gateway': { batch: 'off', placementTimeout: '10s' } } as const
  const { tradeCount, sharpe, curve } = await replayed({ events: 900, engines, latency: { ...instantly, order: '2s' } })
  expect(tradeCount).toBeGreaterThan(0)
  expect([sharpe, curve]).toEqual([null, []])
})

test('the curve has a bounded number of points, ends near the profit, and falls no further than the drawdown', async () => {
  const { curve, profit, drawdownMax, sharpe, simulatedNs } = await replayed({ events: 6_000 })
  expect(curve.length).toBeGreaterThan(200)
  expect(curve.length).toBeLessThan(500)
  let [peak, fall] = [0, 0]
  for (const point of curve) {
    peak = Math.max(peak, point.profit)
    fall = Math.max(fall, peak - point.profit)
  }
  expect(fall).toBeLessThanOrEqual(drawdownMax)
  expect(fall).toBeGreaterThan(drawdownMax / 2)
  expect(Math.abs((curve.at(-1)?.profit ?? 0) - profit)).toBeLessThan(drawdownMax)
  expect(sharpe).not.toBe(null)
  expect(curve.at(-1)?.atNs).toBeLessThanOrEqual(simulatedNs)
})

/** What the desk traded when the engines ran as the bench runs them, one event after the other. */
async function liveTrades(engines: Readonly<Record<string, object>>) {
  const hub = new InProcessHub(monotonicClock)
  const driver = hub.connect()
  const seen: ExecutionReports[] = []
  let ended = 0
  await driver.subscribe({ topics: [topics.executionReport, topics.outcome] }, async ({ messages }) => {
    for (const { topic, envelopes } of messages) {
      ended += envelopes.length
      if (topic === topics.executionReport) seen.push(...envelopes.map(({ body }) => body as ExecutionReports))
    }
  })
  const bus = { kind: 'in-process' } as const
  const plain = { instance: 0, systemId: '', storeUrl: null, port: 0, faults: [] }
  const hosted = await hostInProcess(
    pipelineEngines().map((engine) => ({ ...plain, engine, settings: engines[engine] ?? {}, bus })),
    hub,
    monotonicClock,
  )
  try {
    const generator = new MarketGenerator({ seed: 3, symbols: symbolNames(symbols), burstiness: 0.6 })
    for (let seq = 0; seq < 4_000; seq += 1) {
      const at = monotonicClock.now()
      driver.publish(topics.marketEvent, [
        { run: 'live-run', seq, intendedAt: at, sentAt: at, stamps: [], body: generator.next().event },
      ])
    }
    await driver.flush()
    const end = instantNs(monotonicClock.now() + 20 * nsPerSec)
    while (ended < 4_000 && monotonicClock.now() < end) await pause(durationNs(5 * nsPerMs))
    expect(ended).toBe(4_000)
  } finally {
    await hosted.close()
    await driver.close()
  }
  return seen
    .flatMap(({ reports }) => reports)
    .filter(({ account, execType }) => account === 'desk' && execType === 'trade')
    .map(({ orderId, symbol, side, lastQty: qty, lastPrice: price }) => ({ orderId, symbol, side, qty, price }))
}
