// The load generator beside others, in closed loop against the same server: nginx where it is on PATH, else a raw socket of Node.js,
// and that always where requests are pipelined, since nginx answers them with a write each and so makes every generator slow:
// requests a second and CPU time of the generator's process a request, medians of interleaved runs.
// Usage: npm run bench:generator -- [--runs 5] [--seconds 5] [--server nginx|raw]
//        npm run bench:generator -- --memory [--minutes 10] [--rate 20000]: resident memory at minute one and at the end.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    server: { type: 'string' },
    memory: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '20000' },
  },
})
const child = join(dirname(fileURLToPath(import.meta.url)), 'generator-child.mjs')
const onPath = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
const tickUs = 10_000

const cases = [
  { name: '10 connections', connections: 10, pipelining: 1, cpuRatioMin: 1.3 },
  { name: '100 connections', connections: 100, pipelining: 1, cpuRatioMin: 1.4 },
  { name: '10 connections, pipelined x10', connections: 10, pipelining: 10, cpuRatioMin: 5, serverKind: 'raw' },
]
const generators = ['nautilus', 'autocannon', 'undici', ...(onPath('wrk') ? ['wrk'] : [])]
const defaultServer = options.server ?? (onPath('nginx') ? 'nginx' : 'raw')
const wrkRateRatioMin = 0.65
const serverBoundShare = 0.95
const rssGrowthBytesMax = 10e6

process.exitCode = options.memory ? await withServer(defaultServer, compareMemory) : await compareGenerators()

async function compareGenerators() {
  const runs = Number(options.runs)
  const seconds = Number(options.seconds)
  console.log(`Node ${process.version}, median of ${runs} interleaved runs of ${seconds} s`)
  const held = []
  for (const { serverKind = defaultServer, ...each } of cases) {
    held.push(await withServer(serverKind, (server) => compareCase(server, each, runs, seconds)))
  }
  return held.every(Boolean) ? 0 : 1
}

async function withServer(kind, action) {
  const server = await startServer(kind)
  try {
    return await action(server)
  } finally {
    await server.end()
  }
}

function compareCase(server, { name, connections, pipelining, cpuRatioMin }, runs, seconds) {
  const samples = new Map(generators.map((generator) => [generator, []]))
  for (let run = 0; run < runs; run += 1) {
    for (const generator of generators) {
      const before = server.cpuUs()
      const sample = runChild(generator, { url: server.url, connections, pipelining, seconds })
      const serverShare = (server.cpuUs() - before) / 1e6 / sample.seconds
      samples.get(generator).push({ ...sample, serverShare })
    }
  }
  console.log(
    `\n${name}, server ${server.name}\n${'generator'.padEnd(12)} requests/s   CPU us/request   CPU against autocannon`,
  )
  const of = (generator, pick) => median(samples.get(generator).map(pick))
  const rate = (generator) => of(generator, ({ requests, seconds: taken }) => requests / taken)
  const cpu = (generator) => of(generator, ({ cpuUs, requests }) => cpuUs / requests)
  for (const generator of generators) {
    const bound = of(generator, ({ serverShare }) => serverShare) >= serverBoundShare ? '  server-bound' : ''
    const ratio = `${(cpu('autocannon') / cpu(generator)).toFixed(2)} x`
    console.log(
      `${generator.padEnd(12)} ${rate(generator).toFixed(0).padStart(10)} ${cpu(generator).toFixed(2).padStart(16)} ${ratio.padStart(24)}${bound}`,
    )
  }
  const held = [told('CPU against autocannon', cpu('autocannon') / cpu('nautilus'), cpuRatioMin)]
  if (generators.includes('wrk')) held.push(told('rate against wrk', rate('nautilus') / rate('wrk'), wrkRateRatioMin))
  return held.every(Boolean)
}

function told(name, ratio, min) {
  console.log(`${name}: ${ratio.toFixed(2)} x, ${ratio >= min ? 'at least' : 'below'} ${min} x`)
  return ratio >= min
}

async function compareMemory(server) {
  const seconds = Number(options.minutes) * 60
  const settings = { url: server.url, connections: 100, pipelining: 1, seconds, ratePerSec: Number(options.rate) }
  const measured = spawn(process.execPath, [child, 'memory', JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let first = null
  let last = null
  for await (const line of createInterface({ input: measured.stdout })) {
    const { second, rssBytes, completed, counts } = JSON.parse(line)
    if (counts !== undefined) console.log(JSON.stringify(counts))
    if (second === undefined) continue
    if (second === 60) first = rssBytes
    last = rssBytes
    if (second % 60 === 0)
      console.log(`minute ${second / 60}: ${(rssBytes / 1e6).toFixed(1)} MB, ${completed} completed`)
  }
  if (first === null) throw new Error('the run must last more than a minute')
  const grown = last - first
  console.log(
    `${(grown / 1e6).toFixed(1)} MB more than at minute one, ${grown <= rssGrowthBytesMax ? 'within' : 'above'} 10 MB`,
  )
  return grown <= rssGrowthBytesMax ? 0 : 1
}

function runChild(kind, settings) {
  const args = [child, kind, JSON.stringify(settings)]
  const { stdout, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`${kind} ended with ${status}`)
  return JSON.parse(stdout)
}

async function startServer(kind) {
  return kind === 'nginx' ? startNginx() : startRaw()
}

async function startRaw() {
  const server = spawn(process.execPath, [child, 'server'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: server.stdout }), 'line')
  return {
    name: 'raw socket',
    url: `http://127.0.0.1:${JSON.parse(line).port}`,
    cpuUs: () => cpuUsOf(server.pid),
    end: () => ended(server, 'SIGTERM'),
  }
}

async function startNginx() {
  const folder = mkdtempSync(join(tmpdir(), 'nautilus-nginx-'))
  const port = await freePort()
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const location = 'location / { return 200 "Hello, world!\\n"; }'
  const http = `access_log off; keepalive_requests 1000000000; default_type text/plain; ${paths.join(' ')}`
  writeFileSync(
    join(folder, 'nginx.conf'),
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 4096; }
http { ${http} server { listen 127.0.0.1:${port} backlog=4096; ${location} } }\n`,
  )
  const server = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await connected(port)
  return {
    name: 'nginx',
    url: `http://127.0.0.1:${port}`,
    cpuUs: () => childrenOf(server.pid).reduce((sum, pid) => sum + cpuUsOf(pid), 0),
    end: async () => {
      await ended(server, 'SIGQUIT')
      rmSync(folder, { recursive: true })
    },
  }
}

async function ended(spawned, signal) {
  spawned.kill(signal)
  if (spawned.exitCode === null && spawned.signalCode === null) await once(spawned, 'exit')
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

async function connected(port) {
  const attempt = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  for (let tries = 0; tries < 200; tries += 1) {
    if (await attempt()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('nginx does not listen')
}

function statOf(pid) {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')
}

function cpuUsOf(pid) {
  const fields = statOf(pid)
  return (Number(fields[11]) + Number(fields[12])) * tickUs
}

function childrenOf(pid) {
  return readdirSync('/proc').filter((entry) => {
    try {
      return /^\d+$/.test(entry) && Number(statOf(entry)[1]) === pid
    } catch {
      // It has ended since the folder was read.
      return false
    }
  })
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
