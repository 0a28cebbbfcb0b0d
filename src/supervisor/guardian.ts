import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guardianScript } from './guardian-script.js'
import { type Identity, identify, isAlive } from './process-table.js'
import { Registry, type RegistryEntry } from './registry.js'

type GuardianOptions = {
  readonly systemId: string
  /** Told when the guardian was ended by somebody and another took its place. */
  readonly onReplaced: () => void
}

const replacementsMax = 5
const endDeadlineMs = 10_000

/**
 * Owns the private folder of a system and the process that outlives nautilus to clean up behind it. The guardian is
 * started before the folder exists, so there is no moment at which a `kill -9` would leave something. At a normal end
 * the same script does the cleaning: there is one way to remove things, and it is used every time.
 */
export class Guardian {
  readonly folder: string
  readonly registry: Registry
  readonly #options: GuardianOptions
  readonly #removeAtDeath: string[] = []
  #process: ChildProcess
  #exit: Promise<void>
  #replacements = 0
  #ending = false

  constructor(options: GuardianOptions) {
    this.#options = options
    this.folder = join(tmpdir(), `nautilus-${options.systemId}-${randomBytes(4).toString('hex')}`)
    this.#process = this.#spawn()
    this.#exit = this.#watch(this.#process)
    mkdirSync(this.folder)
    // Servers of another uid must pass through it to their own folder in it; the registry in it is for us alone.
    chmodSync(this.folder, 0o711)
    this.registry = new Registry(this.folder)
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** A path outside the private folder that must go when nautilus dies, and stays at an orderly end: the control socket, or a folder. */
  removeAtDeath(path: string): void {
    this.#removeAtDeath.push(path)
    this.#process.stdin?.write(`remove ${path}\n`)
  }

  add(entry: RegistryEntry): Identity | null {
    this.registry.add(entry)
    return identify(entry.pid)
  }

  /** Ends what may be left, removes the private folder, and returns when the guardian itself is gone. */
  async end(): Promise<void> {
    this.#ending = true
    this.#process.stdin?.end('ended\n')
    const identity = this.#process.pid === undefined ? null : identify(this.#process.pid)
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, endDeadlineMs)
    })
    await Promise.race([this.#exit, deadline])
    clearTimeout(timer)
    // A guardian that somebody killed at the last moment has removed nothing.
    if (existsSync(this.folder) && (identity === null || !isAlive(identity))) {
      rmSync(this.folder, { recursive: true, force: true })
    }
  }

  #spawn(): ChildProcess {
    const { systemId } = this.#options
    const child = spawn(
      '/bin/sh',
      ['-c', guardianScript, 'nautilus-guardian', this.folder, systemId, ...this.#removeAtDeath],
      {
        // A session of its own: a signal to the group of the terminal does not reach it.
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
        cwd: '/',
        env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
      },
    )
    child.unref()
    if (child.stdin !== null && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
    child.stdin?.on('error', () => child.stdin?.destroy())
    return child
  }

  #watch(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      const onEnd = () => {
        resolve()
        if (this.#ending || this.#replacements >= replacementsMax) return
        this.#replacements += 1
        this.#process = this.#spawn()
        this.#exit = this.#watch(this.#process)
        this.#options.onReplaced()
      }
      child.once('exit', onEnd)
      child.once('error', onEnd)
    })
  }
}
