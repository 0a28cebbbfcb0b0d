import { afterEach, expect, test } from 'vitest'
import { monotonicClock } from '../core/clock.js'
import { Random } from '../core/random.js'
import { durationNs, instantNs, nsPerMs, nsPerSec } from '../core/units.js'
import { type Envelope, noSeq, type Transport } from '../platform/bus/envelope.js'
import { InProcessHub } from '../platform/bus/in-process.js'
import { pause } from '../platform/flow/deadline.js'
import { catalog, type HostedEngines, hostInProcess } from './catalog.js'
import type { ExecutionReport, ExecutionReports, MarketEvent, Outcome, Tick } from './model/messages.js'
import { topics } from './model/messages.js'
import type {
  AnalyticsFigures,
  CollateralFigures,
  EnhancedVpinFigures,
  FeatureSet,
  PortfolioFigures,
  PositionFigures,
  VpinFigures,
} from './model/observer-messages.js'

const run = 'abcd'
const events = 3_000
const symbols = 12
/** Many buckets in a short time. */
const flow = { averageDailyVolume: 700, buckets: 3 }
/** All events are there at once: how long they wait must not decide how they end. */
const settings: Readonly<Record<string, object>> = {
  signals: { deadline: '60s' },
  strategy: { deadline: '60s' },
  risk: { deadline: '60s', reservation: '60s' },
  'order-gateway': { placementTimeout: '60s', pacing: { orderPlacement: 'off' } },
  vpin: { ...flow, bar: '50ms' },
  'enhanced-vpin': { ...flow, bucketsPerDay: [50, 20] },
}
const opened: { hosted: HostedEngines | null; transport: Transport }[] = []

afterEach(async () => {
  for (const { hosted, transport } of opened.splice(0)) {
    await hosted?.close()
    await transport.close()
  }
})

test('engines beside the pipeline only observe, and those of the pipeline are not marked so', async () => {
  for (const entry of Object.values(catalog)) {
    const { consumes, observes = [] } = await entry.load()
    expect(consumes.every((topic) => observes.includes(topic))).toBe(entry.beside === true)
  }
})

test('all of them on one bus: the pipeline ends every tick, and they tell what it did', async () => {
  const { seen, send, until } = await desk(Object.keys(catalog))
  const random = new Random(7)
  for (let seq = 0; seq < events; seq += 1) send(seq, eventOf(seq, random))
  const bodies = <Body>(topic: string): Body[] =>
    seen.filter((one) => one.topic === topic).map(({ envelope }) => envelope.body as Body)
  const reports = (): ExecutionReport[] =>
    bodies<ExecutionReports>(topics.executionReport).flatMap((body) => body.reports)
  const ended = (): number => bodies(topics.outcome).length + reports().filter(({ final }) => final).length
  await until(() => ended() === events)
  send(noSeq, { kind: 'flush', run, since: 0 }, topics.control)
  await until(() => bodies(topics.flushed).length === Object.keys(catalog).length)
  expect(bodies<Outcome>(topics.outcome).filter(({ outcome }) => outcome === 'failed')).toEqual([])

  const quoted = bodies<Tick>(topics.tick).filter(({ bid, ask }) => bid > 0 && ask > bid)
  expect(quoted.length).toBeGreaterThan(events / 2)
  expect(bodies<FeatureSet>(topics.features).map(({ middle }) => middle)).toEqual(
    quoted.map(({ bid, ask }) => (bid + ask) / 2),
  )

  const fills = reports().filter(({ account, execType }) => account === 'desk' && execType === 'trade')
  expect(fills.length).toBeGreaterThan(50)
  const positions = new Map<string, PositionFigures>()
  const portfolios = bodies<PortfolioFigures>(topics.portfolio)
  for (const { positions: changed } of portfolios) for (const one of changed) positions.set(one.symbol, one)
  const held = (symbol: string): number =>
    fills
      .filter((fill) => fill.symbol === symbol)
      .reduce((sum, { side, lastQty }) => sum + (side === 'buy' ? lastQty : -lastQty), 0)
  for (const { symbol, qty } of positions.values()) expect(qty).toBe(held(symbol))
  expect(positions.size).toBe(new Set(fills.map(({ symbol }) => symbol)).size)

  // Each symbol is a commodity of its own, whose scan risk is the range of the default at its mark.
  const margin = bodies<CollateralFigures>(topics.collateral).at(-1)?.accounts
  const gross = [...positions.values()].reduce((sum, { exposure }) => sum + Math.abs(exposure), 0)
  expect(margin).toMatchObject([{ account: 'desk', requirement: expect.closeTo(0.05 * gross, 6), unvalued: 0 }])

  const analytics = bodies<AnalyticsFigures>(topics.analytics).at(-1)?.total
  expect(analytics?.turnover).toBe(fills.reduce((sum, { lastQty, lastPrice }) => sum + lastQty * lastPrice, 0))
  const total = portfolios.at(-1)?.total
  expect(analytics?.profit).toBeCloseTo((total?.realised ?? Number.NaN) + (total?.unrealised ?? Number.NaN), 6)
  // Three seconds of ticks: the first period begins without symbols, the third does not end.
  expect(bodies(topics.factor)).toHaveLength(1)

  const tradedIn = (symbol: string): number =>
    reports()
      .filter((one) => one.symbol === symbol && one.execType === 'trade' && one.side === 'buy')
      .reduce((sum, { lastQty }) => sum + lastQty, 0)
  const bulk = new Map(bodies<VpinFigures>(topics.vpin).map((one) => [one.symbol, one]))
  expect(bulk.size).toBeGreaterThan(0)
  for (const { symbol, bucketVolume, bucketCount, ready } of bulk.values()) {
    expect(bucketVolume).toBe(14)
    // The first bar and the one that is open fill nothing.
    expect(bucketCount).toBeLessThan(tradedIn(symbol) / bucketVolume)
    expect(ready).toBe(bucketCount >= flow.buckets)
  }
  const byAggressor = new Map(bodies<EnhancedVpinFigures>(topics.enhancedVpin).map((one) => [one.symbol, one]))
  expect(byAggressor.size).toBeGreaterThanOrEqual(bulk.size)
  for (const { symbol, sizes } of byAggressor.values()) {
    const counts = [14, 35].map((bucketVolume) => Math.floor(tradedIn(symbol) / bucketVolume))
    expect(sizes.map(({ bucketCount }) => bucketCount)).toEqual(counts)
  }
})

async function desk(engines: readonly string[]) {
  const hub = new InProcessHub(monotonicClock)
  const transport = hub.connect()
  const part: (typeof opened)[number] = { hosted: null, transport }
  opened.push(part)
  const seen: { topic: string; envelope: Envelope }[] = []
  const reads = Object.values(topics).filter((topic) => topic !== topics.marketEvent && topic !== topics.control)
  await transport.subscribe({ topics: reads }, async (delivery) => {
    for (const { topic, envelopes } of delivery.messages)
      for (const envelope of envelopes) seen.push({ topic, envelope })
  })
  const plain = { instance: 0, systemId: '', storeUrl: null, port: 0, faults: [] }
  const bus = { kind: 'in-process' } as const
  part.hosted = await hostInProcess(
    engines.map((engine) => ({ ...plain, engine, settings: settings[engine] ?? {}, bus })),
    hub,
    monotonicClock,
  )
  const startedAt = monotonicClock.now()
  const send = (seq: number, body: unknown, topic: string = topics.marketEvent): void => {
    const intendedAt = instantNs(startedAt + Math.max(0, seq) * nsPerMs)
    transport.publish(topic, [{ run, seq, intendedAt, sentAt: startedAt, stamps: [], body }])
    void transport.flush()
  }
  const until = async (holds: () => boolean): Promise<void> => {
    const end = monotonicClock.now() + 20 * nsPerSec
    while (!holds()) {
      if (monotonicClock.now() > end) throw new Error('the condition did not come to hold within 20 s')
      await pause(durationNs(5 * nsPerMs))
    }
  }
  return { seen, send, until }
}

/** Each symbol has one order a side, which move: now and then they cross. */
function eventOf(seq: number, random: Random): MarketEvent {
  const index = seq % symbols
  const turn = Math.floor(seq / symbols)
  const side = turn % 2 === 0 ? 'buy' : 'sell'
  const price = 10_000 + 100 * index + (side === 'buy' ? 0 : 2) + random.below(3)
  return {
    symbol: `S${index}`,
    action: turn < 2 ? 'created' : 'changed',
    orderId: 2 * index + (side === 'buy' ? 1 : 2),
    side,
    price,
    qty: 1 + random.below(100),
    exchangeMs: 0,
  }
}
