import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { childScript, eventually, makeFolder, markedPids, nextSystemId, runChild } from './child-fixture.js'
import { LineSplitter } from './lines.js'
import { commandLineOf, listProcesses } from './process-table.js'

// A nautilus of its own, from dist/, killed as nothing can be prepared for; five seconds later nothing may be left.

type Host = {
  readonly child: ChildProcess
  readonly systemId: string
  readonly stateFolder: string
  readonly lines: string[]
  readonly said: (text: string, deadlineMs?: number) => Promise<void>
}

const hosts: Host[] = []
afterEach(() => {
  for (const { child, stateFolder } of hosts.splice(0)) {
    child.kill('SIGKILL')
    rmSync(stateFolder, { recursive: true, force: true })
  }
})

type HostOptions = { readonly processes: readonly object[]; readonly services?: readonly object[] }

function startHost({ processes, services = [] }: HostOptions): Host {
  const stateFolder = makeFolder()
  const systemId = nextSystemId()
  const args = [childScript('supervisor-host.mjs'), packageRoot(), stateFolder, systemId, JSON.stringify(processes)]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, HOST_SERVICES: JSON.stringify(services) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const splitter = new LineSplitter()
  child.stdout?.on('data', (chunk: Buffer) => lines.push(...splitter.push(chunk)))
  const said = (text: string, deadlineMs?: number) =>
    eventually(
      () => `the host says "${text}"; it said ${lines.join(' | ')}`,
      () => lines.some((line) => line.includes(text)),
      deadlineMs,
    )
  const host = { child, systemId, stateFolder, lines, said }
  hosts.push(host)
  return host
}

const wholeCommandOf = (pid: number): string => commandLineOf(pid, 100_000)

const guardianOf = ({ systemId }: Host): number | undefined =>
  listProcesses().find(({ pid }) => /nautilus-guardian \S+ (\S+)/.exec(wholeCommandOf(pid))?.[1] === systemId)?.pid

const leftOf = (host: Host): string[] => [
  ...markedPids(host.systemId).map((pid) => `pid ${pid} ${commandLineOf(pid)}`),
  ...listProcesses()
    .filter(({ pid }) => wholeCommandOf(pid).includes(`nautilus-${host.systemId}`))
    .map(({ pid }) => `pid ${pid} ${commandLineOf(pid)}`),
  ...readdirSync(tmpdir()).filter((name) => name.startsWith(`nautilus-${host.systemId}`)),
  ...(existsSync(join(host.stateFolder, 'control.sock')) ? ['control.sock'] : []),
  ...(existsSync('/dev/shm') ? readdirSync('/dev/shm').filter((name) => name.startsWith(sharedName(host))) : []),
]

/** Of what the engines of a system share in memory. */
const sharedName = ({ systemId }: Host): string => `nautilus-${systemId}`

/** Five seconds are promised; a loaded test machine is given some more before the test fails. */
async function nothingLeft(host: Host): Promise<void> {
  await eventually('nothing is left', () => leftOf(host).length === 0, 8_000).catch(() => undefined)
  expect(leftOf(host)).toEqual([])
}

const waiting = { name: 'waiting', command: runChild('ready-then-wait.mjs') }
const deaf = { name: 'deaf', command: runChild('ignore-term.mjs'), dependsOn: { waiting: 'ready' } }
const nest = { name: 'nest', command: runChild('leave-grandchildren.sh'), dependsOn: { waiting: 'ready' } }

describe('kill -9 of nautilus leaves nothing', () => {
  test.each([
    { moment: 'before anything is started', says: 'begun', processes: [waiting] },
    { moment: 'when it has claimed the folder', says: 'claimed', processes: [waiting] },
    { moment: 'right after a start', says: 'waiting: started', processes: [waiting] },
    { moment: 'while one is ready and the next starts', says: 'deaf: started', processes: [waiting, deaf] },
    { moment: 'when all is up, with one that ignores TERM', says: 'up', processes: [waiting, deaf] },
    { moment: 'when grandchildren have sessions of their own', says: 'up', processes: [waiting, nest] },
  ])('$moment', async ({ says, processes }) => {
    const host = startHost({ processes })
    await host.said(says)
    const descendants = listProcesses().filter(({ parent }) => processes.length > 0 && parent === host.child.pid)
    host.child.kill('SIGKILL')
    await nothingLeft(host)
    const alive = listProcesses().filter((stat) =>
      descendants.some(({ pid, startTicks }) => pid === stat.pid && startTicks === stat.startTicks),
    )
    expect(alive).toEqual([])
  })

  test('in the middle of stopping', async () => {
    const host = startHost({ processes: [waiting, deaf] })
    await host.said('up')
    host.child.kill('SIGTERM')
    await host.said('waiting for deaf')
    host.child.kill('SIGKILL')
    await nothingLeft(host)
  })

  test.runIf(existsSync('/dev/shm'))('nor what engines shared in memory', async () => {
    const host = startHost({ processes: [waiting] })
    await host.said('up')
    const folder = join('/dev/shm', sharedName(host))
    mkdirSync(folder)
    writeFileSync(join(folder, 'region'), 'rings')
    host.child.kill('SIGKILL')
    await nothingLeft(host)
  })

  test('also when the guardian was sent the signals of a terminal before', async () => {
    const host = startHost({ processes: [waiting] })
    await host.said('up')
    const guardian = guardianOf(host)
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.kill(guardian ?? 0, signal)
    host.child.kill('SIGKILL')
    await nothingLeft(host)
  })

  test('also when the guardian was killed before: another has taken its place', async () => {
    const host = startHost({ processes: [waiting] })
    await host.said('up')
    process.kill(guardianOf(host) ?? 0, 'SIGKILL')
    await host.said('guardian: was ended by somebody')
    host.child.kill('SIGKILL')
    await nothingLeft(host)
  })

  test.each([
    { moment: 'while PostgreSQL makes its cluster', says: 'claimed' },
    { moment: 'when Redis and PostgreSQL are up', says: 'up' },
  ])(
    '$moment',
    async ({ says }) => {
      const host = startHost({
        processes: [waiting],
        services: [
          { name: 'bus', config: { kind: 'redis', durable: false } },
          { name: 'store', config: { kind: 'postgres' } },
        ],
      })
      await host.said(says)
      await eventually(
        () => `PostgreSQL has a segment; the host said ${host.lines.join(' | ')}`,
        () => segmentKeys().includes(clusterKey(host) ?? Number.NaN),
        60_000,
      )
      const key = clusterKey(host)
      host.child.kill('SIGKILL')
      await nothingLeft(host)
      expect(segmentKeys()).not.toContain(key)
    },
    90_000,
  )
})

test('a second signal, which ends nautilus at once, leaves nothing', async () => {
  const host = startHost({ processes: [waiting, { ...deaf, stopGraceNs: 60e9 }] })
  await host.said('up')
  host.child.kill('SIGTERM')
  await host.said('waiting for deaf')
  host.child.kill('SIGTERM')
  await nothingLeft(host)
  expect(host.child.exitCode).toBe(143)
})

test('an orderly end leaves nothing, the guardian included', async () => {
  const host = startHost({ processes: [waiting, nest] })
  await host.said('up')
  expect(guardianOf(host)).toBeDefined()
  host.child.kill('SIGTERM')
  await host.said('down')
  expect(leftOf(host)).toEqual([])
})

/** PostgreSQL takes the inode of its data folder as key of its System V segment. */
function clusterKey({ systemId }: Host): number | undefined {
  const folder = readdirSync(tmpdir()).find((name) => name.startsWith(`nautilus-${systemId}`))
  const data = statSync(join(tmpdir(), folder ?? '', 'store', 'data'), { throwIfNoEntry: false })
  return data === undefined ? undefined : data.ino | 0
}

const segmentKeys = (): number[] =>
  readFileSync('/proc/sysvipc/shm', 'utf8')
    .split('\n')
    .map((line) => Number(line.trim().split(/\s+/)[0]))
