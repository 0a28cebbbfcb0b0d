// `npm run bench:bus`: the bus over Redis between two processes against its limits. The way of a message there and back, one at a
// time, beside the same by bare ioredis in the same rounds: streams, a consumer group, acknowledged. Then messages a second
// there and back with a thousand under way, plain and with adaptive batches. A Redis of its own, by unix socket; `--json` for machines.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { monotonicClock } from '../dist/core/clock.js'
import { createTransport } from '../dist/platform/bus/transport.js'
import { openRedis } from '../dist/platform/pools/redis-connection.js'
import { startService } from '../dist/supervisor/services/start.js'

const limits = { echoRatio: { max: 1.3 }, roundTripsPerSec: { min: 25_000, goal: 100_000 } }
/** Of a round: where the kernel puts three processes on two cores moves a single pair by a tenth. */
const echoPairs = 3
const trips = { warming: 2_000, timed: 10_000 }
const flood = { warming: 20_000, timed: 100_000, underWay: 1_000 }

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
})
const rounds = Number(values.rounds)
const { now } = monotonicClock
const folder = mkdtempSync(join(tmpdir(), 'nautilus-bench-bus-'))
const redis = await startRedis()
try {
  await measure()
} finally {
  await redis.stop({ graceNs: 1e9, now: true })
  rmSync(folder, { recursive: true, force: true })
}

async function measure() {
  const plain = { kind: 'redis', url: redis.address, systemId: 'b', lists: {}, backlogMax: 100_000 }
  const batch = {
    window: 500_000,
    messagesMax: 100,
    steps: [
      { above: 100, messages: 20 },
      { above: 1_000, messages: 50 },
    ],
    urgent: [],
  }
  const batched = { ...plain, systemId: 'c', batch }
  const echoes = { bus: [], bare: [] }
  const floods = { plain: [], batched: [] }
  for (let round = 0; round < rounds; round += 1) {
    for (let pair = 0; pair < echoPairs; pair += 1) {
      echoes.bus.push(await withEcho('bus', plain, () => busEcho(plain)))
      echoes.bare.push(await withEcho('bare', redis.address, bareEcho))
    }
    floods.plain.push(await withEcho('bus', plain, () => busFlood(plain)))
    floods.batched.push(await withEcho('bus', batched, () => busFlood(batched)))
  }
  report(echoes, floods)
}

function startRedis() {
  return startService(
    { name: 'bus', config: { kind: 'redis', durable: false } },
    {
      ...{ folder, logFolder: folder, systemId: 'bench', offline: false, stop: new AbortController().signal },
      progress: (text) => console.error(text),
      // Also where a bug ends this process before `finally`.
      onSpawn: ({ pid }) => {
        process.once('exit', () => {
          try {
            process.kill(pid, 'SIGKILL')
          } catch {
            // It has ended already.
          }
          rmSync(folder, { recursive: true, force: true })
        })
      },
    },
  )
}

async function withEcho(kind, address, action) {
  const client = await openRedis(redis.address)
  await client.flushall()
  client.disconnect()
  const child = fork(join(dirname(fileURLToPath(import.meta.url)), 'bus-echo.mjs'), [kind, JSON.stringify(address)])
  try {
    await once(child, 'message')
    return await action()
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

function envelopeOf(seq) {
  const at = now()
  return {
    run: 'bench',
    seq,
    intendedAt: at,
    sentAt: at,
    stamps: [],
    body: { symbol: 'BTC-USDT', price: 3_000_000, qty: 5 },
  }
}

/** Opens the bus; `onPong` is called with the seq of each answer. */
async function openBus(address, onPong) {
  const transport = await createTransport(address, monotonicClock)
  await transport.subscribe({ topics: ['pong'] }, async ({ messages }) => {
    for (const { envelopes } of messages) for (const { seq } of envelopes) onPong(seq)
  })
  return transport
}

async function busEcho(address) {
  const elapsedNs = new Float64Array(trips.timed)
  let sentAt = 0
  let seq = 0
  let done = () => undefined
  const finished = new Promise((resolve) => {
    done = resolve
  })
  const send = () => {
    sentAt = now()
    transport.publish('ping', [envelopeOf(seq)])
    void transport.flush()
  }
  const transport = await openBus(address, () => {
    const index = seq - trips.warming
    if (index >= 0) elapsedNs[index] = now() - sentAt
    seq += 1
    if (index + 1 === trips.timed) done()
    else send()
  })
  send()
  await finished
  await transport.close()
  return quantiles(elapsedNs)
}

async function bareEcho() {
  const [reader, writer] = [await openRedis(redis.address), await openRedis(redis.address)]
  const payload = Buffer.alloc(90, 120)
  const elapsedNs = new Float64Array(trips.timed)
  let after = '$'
  let reading = reader.callBuffer('XREAD', ['BLOCK', 1000, 'STREAMS', 'bare-pong', after])
  for (let index = -trips.warming; index < trips.timed; index += 1) {
    const sentAt = now()
    await writer.xadd('bare-ping', 'MAXLEN', '~', 100_000, '*', 'm', payload)
    const reply = await reading
    if (index >= 0) elapsedNs[index] = now() - sentAt
    after = String(reply[0][1][0][0])
    reading = reader.callBuffer('XREAD', ['BLOCK', 1000, 'STREAMS', 'bare-pong', after])
  }
  // The last read waits for an answer that never comes.
  reading.catch(() => undefined)
  reader.disconnect()
  writer.disconnect()
  return quantiles(elapsedNs)
}

async function busFlood(address) {
  const total = flood.warming + flood.timed
  const seen = new Uint8Array(total)
  let sent = 0
  let answered = 0
  let startedAt = 0
  let done = () => undefined
  const finished = new Promise((resolve) => {
    done = resolve
  })
  let due = false
  const fill = () => {
    due = false
    for (; sent < total && sent - answered < flood.underWay; sent += 1) transport.publish('ping', [envelopeOf(sent)])
    void transport.flush()
  }
  const transport = await openBus(address, (seq) => {
    if (seen[seq] === 1) throw new Error(`message ${seq} came twice`)
    seen[seq] = 1
    answered += 1
    if (answered === flood.warming) startedAt = now()
    if (answered === total) done()
    else if (!due && sent < total) {
      due = true
      setImmediate(fill)
    }
  })
  fill()
  await finished
  const perSec = (flood.timed * 1e9) / (now() - startedAt)
  await transport.close()
  if (seen.some((word) => word === 0)) throw new Error('a message was lost')
  return perSec
}

function quantiles(elapsedNs) {
  const sorted = elapsedNs.toSorted()
  const at = (share) => sorted[Math.ceil(share * sorted.length) - 1]
  return { p50: at(0.5), p99: at(0.99) }
}

function median(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[(sorted.length - 1) >> 1]
}

function report(echoes, floods) {
  const of = (list, key) => median(list.map((each) => each[key]))
  const measured = {
    echoNsP50: of(echoes.bus, 'p50'),
    echoNsP99: of(echoes.bus, 'p99'),
    bareEchoNsP50: of(echoes.bare, 'p50'),
    bareEchoNsP99: of(echoes.bare, 'p99'),
    echoRatio: median(echoes.bus.map(({ p50 }, round) => p50 / echoes.bare[round].p50)),
    roundTripsPerSec: median(floods.plain),
    batchedRoundTripsPerSec: median(floods.batched),
  }
  const holds = {
    echoRatio: measured.echoRatio <= limits.echoRatio.max,
    roundTripsPerSec:
      Math.max(measured.roundTripsPerSec, measured.batchedRoundTripsPerSec) >= limits.roundTripsPerSec.min,
  }
  process.exitCode = Object.values(holds).every(Boolean) ? 0 : 1
  if (values.json) return console.log(JSON.stringify({ rounds, node: process.version, ...measured, limits, holds }))
  const us = (ns) => `${(ns / 1e3).toFixed(1)} us`
  const perSec = (rate) => `${Math.round(rate).toLocaleString('en')}/s`
  console.log(`the bus over Redis between two processes, medians of ${rounds} rounds, Node ${process.version}`)
  const verdict = (name) => (holds[name] ? 'PASS' : 'FAIL')
  console.log(
    `${verdict('echoRatio')}  there and back, one at a time: p50 ${us(measured.echoNsP50)}, p99 ${us(measured.echoNsP99)}; bare ioredis ${us(measured.bareEchoNsP50)}, ${us(measured.bareEchoNsP99)}: ${measured.echoRatio.toFixed(2)}x of it, at most ${limits.echoRatio.max}`,
  )
  console.log(
    `${verdict('roundTripsPerSec')}  there and back, ${flood.underWay} under way: ${perSec(measured.roundTripsPerSec)}, with adaptive batches ${perSec(measured.batchedRoundTripsPerSec)}; at least ${perSec(limits.roundTripsPerSec.min)}, goal ${perSec(limits.roundTripsPerSec.goal)}`,
  )
}
