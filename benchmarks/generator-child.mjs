// One generator or server of generator.mjs in a process of its own, so that its CPU time is its own too. Prints one line of JSON.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const [kind, settings = '{}'] = process.argv.slice(2)
const { url, connections, pipelining, seconds, ratePerSec } = JSON.parse(settings)
const warmupSeconds = 1
const generators = { nautilus, autocannon, undici, wrk, memory, server }
await generators[kind]()

/** Answers each request with the same 14 bytes, and all that came with one read in one write. */
function server() {
  const body = 'Hello, world!\n'
  const head = ['HTTP/1.1 200 OK', 'Server: raw', 'Content-Type: text/plain', `Content-Length: ${body.length}`]
  const one = Buffer.from([...head, 'Connection: keep-alive', '', body].join('\r\n'))
  const copies = Array.from({ length: 65 }, (_, count) => Buffer.concat(Array.from({ length: count }, () => one)))
  const end = Buffer.from('\r\n\r\n')
  const answer = (socket) => {
    let matched = 0
    socket.on('error', () => socket.destroy())
    socket.on('data', (part) => {
      let count = 0
      for (const byte of part) {
        matched = byte === end[matched] ? matched + 1 : byte === end[0] ? 1 : 0
        if (matched === end.length) {
          count += 1
          matched = 0
        }
      }
      for (; count > 0; count -= 64) socket.write(copies[Math.min(count, 64)])
    })
  }
  const listening = createServer({ noDelay: true }, answer)
  listening.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: listening.address().port })))
}

/** Reports what was done between two readings; compiling and connecting is before the first. */
function report(from, to) {
  const cpuUs = to.cpu.user + to.cpu.system - from.cpu.user - from.cpu.system
  console.log(JSON.stringify({ requests: to.requests - from.requests, cpuUs, seconds: to.seconds - from.seconds }))
  process.exit(0)
}

function reading(requests) {
  return { requests, cpu: process.cpuUsage(), seconds: Number(process.hrtime.bigint()) / 1e9 }
}

async function nautilus() {
  const parts = await nautilusParts()
  const readings = []
  const { counts } = await parts.run(
    parts.plan({ kind: 'closed', users: connections * pipelining }, warmupSeconds + seconds),
    ({ phase, elapsedNs, counts: { completed } }) => {
      if (phase === 'measuring' && elapsedNs >= warmupSeconds * 1e9) readings.push(reading(completed))
    },
  )
  if (counts.completed !== counts.planned) throw new Error(`not all were answered: ${JSON.stringify(counts)}`)
  report(readings[0], readings.at(-1))
}

/** Holds a rate, and prints its own memory every ten seconds. */
async function memory() {
  const parts = await nautilusParts()
  const phase = { lengthNs: seconds * 1e9, fromPerSec: ratePerSec, toPerSec: ratePerSec }
  const arrivals = { kind: 'phases', spacing: 'even', phases: [phase] }
  let next = 10
  const { counts } = await parts.run(parts.plan(arrivals, seconds), ({ elapsedNs, counts: { completed } }) => {
    if (elapsedNs < next * 1e9) return
    console.log(JSON.stringify({ second: next, rssBytes: process.memoryUsage.rss(), completed }))
    next += 10
  })
  console.log(JSON.stringify({ counts }))
  process.exit(0)
}

async function nautilusParts() {
  const { runWorkers } = await import('../dist/bench/target/worker-pool.js')
  const { monotonicClock: clock } = await import('../dist/core/clock.js')
  const { Interruption } = await import('../dist/bench/interruption.js')
  const client = {
    ...{ kind: 'http', origin: url, data: null, expectStatus: [], pipelining },
    ...{ serverTiming: false, http2: false, verifyCertificate: true },
    request: { method: 'GET', path: '/', headers: [], body: null },
  }
  return {
    run: (plan, onProgress) => runWorkers(plan, { clock, interruption: new Interruption(clock), onProgress }),
    plan: (arrivals, windowSeconds) => ({
      ...{ arrivals, seed: 1, warmupNs: 0, windowNs: windowSeconds * 1e9, timeoutNs: 1e9, drainNs: 1e9 },
      ...{ workers: 1, connections, inFlightMax: 100_000, endToEndLimitsNs: [], components: [] },
      ...{ pacing: null, targetIsLocal: true, client },
    }),
  }
}

async function autocannon() {
  const { default: run } = await import('autocannon')
  await run({ url, connections, pipelining, duration: warmupSeconds })
  const from = reading(0)
  // Without a rate it corrects nothing for the time that it waits.
  const { '2xx': requests } = await run({ url, connections, pipelining, duration: seconds })
  report(from, reading(requests))
}

async function undici() {
  const { Client } = await import('undici')
  const fail = (_, error) => {
    throw error
  }
  let completed = 0
  for (let connection = 0; connection < connections; connection += 1) {
    const client = new Client(url, { pipelining })
    const send = () => client.dispatch({ method: 'GET', path: '/' }, handler)
    const ignore = () => undefined
    const onResponseEnd = () => {
      completed += 1
      send()
    }
    const handler = {
      onRequestStart: ignore,
      onResponseStart: ignore,
      onResponseData: ignore,
      onResponseError: fail,
      onResponseEnd,
    }
    for (let index = 0; index < pipelining; index += 1) send()
  }
  await sleep(warmupSeconds * 1000)
  const from = reading(completed)
  await sleep(seconds * 1000)
  report(from, reading(completed))
}

function wrk() {
  const folder = mkdtempSync(join(tmpdir(), 'nautilus-wrk-'))
  const script = join(folder, 'pipeline.lua')
  const repeat = `local all = {}\n  for i = 1, ${pipelining} do all[i] = wrk.format() end\n  request = table.concat(all)`
  writeFileSync(
    script,
    `local request\ninit = function()\n  ${repeat}\nend\n_G.request = function() return request end\n`,
  )
  const pipelined = pipelining > 1 ? ['-s', script] : []
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, ...pipelined, url]
  const { stdout, status } = spawnSync('wrk', args, { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  const [, requests, told] = /(\d+) requests in ([\d.]+)s/.exec(stdout) ?? []
  if (status !== 0 || requests === undefined) throw new Error(`wrk ended with ${status}: ${stdout}`)
  // The times of ended children, in ticks of 10 ms.
  const fields = readFileSync('/proc/self/stat', 'utf8').replace(/.*\) /, '').split(' ')
  const cpuUs = (Number(fields[13]) + Number(fields[14])) * 10_000
  console.log(JSON.stringify({ requests: Number(requests), cpuUs, seconds: Number(told) }))
}
