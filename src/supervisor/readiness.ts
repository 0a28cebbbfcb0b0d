import { get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { LogFollower } from './log-file.js'
import type { Readiness } from './spec.js'

const pollMs = 20
const attemptMs = 1_000

type ProbeTarget = { readonly port: number; readonly logFile: string; readonly logFrom: number }

/**
 * Returns once a process that is polled for is ready; ends quietly with the signal. `notify` and `exit` need no poll:
 * the process says so itself.
 */
export async function untilReady(readiness: Readiness, target: ProbeTarget, stop: AbortSignal): Promise<boolean> {
  const probe = probeOf(readiness, target)
  if (probe === null) return false
  while (!stop.aborted) {
    if (await probe()) return !stop.aborted
    await sleep(pollMs)
  }
  return false
}

/** What a child wrote to its notify pipe: `READY=1`, with `port=N` where it chose the port itself. */
export function parseNotify(line: string): { readonly port: number | null } | null {
  const words = line.trim().split(/\s+/)
  if (!words.includes('READY=1')) return null
  const port = Number(words.find((word) => word.startsWith('port='))?.slice('port='.length))
  return { port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : null }
}

function probeOf(readiness: Readiness, target: ProbeTarget): (() => Promise<boolean>) | null {
  switch (readiness.kind) {
    case 'http':
      return () => answersHttp(target.port, readiness.path)
    case 'tcp':
      return () => acceptsTcp(target.port)
    case 'log': {
      const follower = new LogFollower(target.logFile, target.logFrom)
      return async () => follower.read().some((line) => line.includes(readiness.text))
    }
    case 'none':
      return async () => true
    case 'notify':
    case 'exit':
      return null
  }
}

function answersHttp(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, timeout: attemptMs, agent: false }, (response) => {
      response.resume()
      const status = response.statusCode ?? 0
      resolve(status >= 200 && status < 400)
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(false))
    request.once('close', () => resolve(false))
  })
}

function acceptsTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: attemptMs })
    const finish = (ready: boolean) => {
      resolve(ready)
      socket.destroy()
    }
    socket.once('connect', () => finish(true))
    socket.once('timeout', () => finish(false))
    socket.once('error', () => finish(false))
  })
}
