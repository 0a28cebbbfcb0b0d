// `npm run bench:ring`: the ring of the shared-memory bus between two processes that spin, against its limits: the way of a message
// of 64 bytes there and back, messages a second one way, and ten million of them in order, each word compared, made visible one
// at a time and by sixteen. A peer in C is compiled where gcc is present, and does the same, one at a time, in the same rounds.
// Below them the bus over these rings with each way to wait: envelopes, event loop and wake-ups included. `--json` for machines.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { sharedFolder } from '../dist/platform/bus/shared-memory/mapping.js'
import { busRoundTrips, endEcho, openPair, roundTrips, takeAll } from './ring-runs.mjs'

const limits = {
  roundTripNsP50: { max: 1500, goal: 1000 },
  messagesPerSec: { min: 1.5e6 },
}
const trips = { warming: 200_000, timed: 1_000_000 }
const messages = 10_000_000
const waits = ['spin', 'yield', 'block']
const busTrips = { warming: 2_000, timed: 10_000 }

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '3' } },
})
const rounds = Number(values.rounds)
const folder = mkdtempSync(join(sharedFolder, 'nautilus-ring-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const peer = compilePeer()
const ours = []
const peers = []
for (let round = 0; round < rounds; round += 1) {
  const trip = await measureRoundTrips(round)
  const [messagesPerSec, batchedPerSec] = [await measureOneWay(round, 1), await measureOneWay(round, 16)]
  ours.push({ ...trip, messagesPerSec, batchedPerSec })
  if (peer !== null) peers.push(runPeer(peer))
}
const buses = []
for (const wait of waits) buses.push(await measureBus(wait))
report()

async function measureRoundTrips(round) {
  return withOtherSide(`echo-${round}`, ['echo'], (pair) => {
    roundTrips(pair, trips.warming)
    const elapsedNs = roundTrips(pair, trips.timed).sort()
    endEcho(pair)
    return { roundTripNsP50: elapsedNs[trips.timed / 2], roundTripNsP99: elapsedNs[trips.timed * 0.99] }
  })
}

async function measureOneWay(round, commitEvery) {
  const work = ['send', String(messages), String(commitEvery)]
  return withOtherSide(`one-way-${round}-${commitEvery}`, work, (pair) => {
    const startedAt = process.hrtime.bigint()
    takeAll(pair, messages)
    return (messages * 1e9) / Number(process.hrtime.bigint() - startedAt)
  })
}

/** The work runs to its end without a turn of the event loop, as both sides spin. */
async function withOtherSide(name, work, measure) {
  const path = join(folder, name)
  const pair = openPair(path, 'first')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'ring-runs.mjs'), path, ...work], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), exited.then(([code]) => Promise.reject(new Error(`exit ${code}`)))])
  const result = measure(pair)
  const [code] = await exited
  pair.close()
  rmSync(path)
  if (code !== 0) throw new Error(`the other side ended with ${code}`)
  return result
}

async function measureBus(wait) {
  const systemId = `${basename(folder).slice('nautilus-'.length)}-${wait}`
  const address = { kind: 'shared-memory', systemId, regionBytes: 2 ** 23, wait, backlogMax: 1000 }
  process.once('exit', () => rmSync(join(sharedFolder, `nautilus-${systemId}`), { recursive: true, force: true }))
  const child = spawn(process.execPath, [join(import.meta.dirname, 'ring-runs.mjs'), JSON.stringify(address), 'bus'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const early = exited.then(([code]) => Promise.reject(new Error(`the other side ended with ${code}`)))
  await Promise.race([once(child.stdout, 'data'), early])
  await Promise.race([busRoundTrips(address, busTrips.warming), early])
  const elapsedNs = (await Promise.race([busRoundTrips(address, busTrips.timed), early])).sort()
  early.catch(() => undefined)
  child.kill()
  await exited
  return { wait, roundTripNsP50: elapsedNs[busTrips.timed / 2], roundTripNsP99: elapsedNs[busTrips.timed * 0.99] }
}

function compilePeer() {
  const program = join(folder, 'peer')
  const source = join(import.meta.dirname, 'ring-peer.c')
  const { status } = spawnSync('gcc', ['-O3', '-march=native', '-o', program, source], { stdio: 'ignore' })
  return status === 0 ? program : null
}

function runPeer(program) {
  const { stdout, status } = spawnSync(program, [String(trips.timed), String(messages)], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the peer ended with ${status}`)
  return JSON.parse(stdout)
}

function median(results, name) {
  const sorted = results.map((result) => result[name] ?? Number.NaN).toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

function report() {
  const names = ['roundTripNsP50', 'roundTripNsP99', 'messagesPerSec', 'batchedPerSec']
  const medians = (results) => Object.fromEntries(names.map((name) => [name, median(results, name)]))
  const measured = medians(ours)
  const beside = peers.length === 0 ? null : medians(peers)
  const holds = (name) => {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits[name] ?? {}
    return measured[name] >= min && measured[name] <= max
  }
  const pass = names.every(holds)
  process.exitCode = pass ? 0 : 1
  if (values.json) {
    const facts = { rounds, messagesChecked: 2 * rounds * messages, node: process.version }
    console.log(JSON.stringify({ ...facts, ...measured, peer: beside, buses, limits, pass }))
    return
  }
  const shown = {
    roundTripNsP50: {
      label: 'round trip p50',
      text: (ns) => `${(ns / 1000).toFixed(2)} us`,
      limit: 'at most 1.5, goal 1.0',
    },
    roundTripNsP99: { label: 'round trip p99', text: (ns) => `${(ns / 1000).toFixed(2)} us`, limit: '' },
    messagesPerSec: { label: 'one way', text: (rate) => `${(rate / 1e6).toFixed(2)} M/s`, limit: 'at least 1.5' },
    batchedPerSec: { label: 'one way, sixteen a commit', text: (rate) => `${(rate / 1e6).toFixed(2)} M/s`, limit: '' },
  }
  console.log(`two processes that spin, messages of 64 bytes, medians of ${rounds} rounds, Node ${process.version}`)
  console.log(`      ${''.padEnd(28)}${'nautilus'.padStart(12)}${'C'.padStart(12)}`)
  for (const name of names) {
    const { label, text, limit } = shown[name]
    const mark = limits[name] === undefined ? '    ' : holds(name) ? 'PASS' : 'FAIL'
    const other = beside === null ? 'no gcc' : Number.isNaN(beside[name]) ? '' : text(beside[name])
    console.log(`${mark}  ${label.padEnd(28)}${text(measured[name]).padStart(12)}${other.padStart(12)}  ${limit}`)
  }
  console.log(`PASS  ${(2 * rounds * messages) / 1e6} million messages came in order, each word as it was sent`)
  for (const { wait, roundTripNsP50, roundTripNsP99 } of buses) {
    const [p50, p99] = [roundTripNsP50, roundTripNsP99].map((ns) => `${(ns / 1000).toFixed(1)} us`)
    console.log(`      ${`bus, wait ${wait}: round trip`.padEnd(28)}${`p50 ${p50}, p99 ${p99}`.padStart(24)}`)
  }
}
