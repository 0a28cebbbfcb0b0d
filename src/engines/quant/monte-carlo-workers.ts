import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { assert } from '../../core/assert.js'
import { NautilusError } from '../../core/errors.js'
import { distFile } from '../../core/paths.js'
import { type Backend, backendFor } from './kernel-backends.js'
import { MonteCarlo, type Portfolio } from './monte-carlo.js'
import { type SimulationOrder, type SimulationReport, turnWords } from './monte-carlo-turns.js'

type Simulation = {
  readonly portfolio: Portfolio
  readonly seed: number
  /** The returns, one a path; over a `SharedArrayBuffer`, so that threads write where the caller reads. */
  readonly out: Float64Array
  readonly firstBlock?: number
}

/** How a simulation was computed: on the caller's own thread where `threads` is 0. */
type SimulatedBy = { readonly backend: Backend; readonly threads: number }

/**
 * Less work than this is done at once on the caller's thread, more of it never: to wake a thread and hear of it costs a good part of
 * that, and an engine's loop is to turn meanwhile.
 */
const ownThreadNsMax = 150_000
/**
 * What TypeScript needs, rounded up: for a normal and its exponential, for a product, for preparing. WebAssembly needs half;
 * `npm run bench:kernels` shows both.
 */
const typescriptNs = (paths: number, assets: number): number => paths * assets * (12 + 0.5 * assets) + assets ** 3
const wasmShare = 0.5

/**
 * Monte Carlo over several threads, with the same paths as on one. Threads start with the first work for them; idle ones do not keep
 * the process, and `end` ends them.
 */
export class MonteCarloWorkers {
  readonly #threadsMax: number
  readonly #workers: Worker[] = []
  /** The last portfolio and seed, by which the threads know whether to begin anew. */
  #last: { readonly id: number; readonly portfolio: Portfolio; readonly seed: number } | null = null
  #own: { readonly id: number; readonly simulation: MonteCarlo } | null = null
  #busy = false
  #ended = false

  constructor(threadsMax = availableParallelism()) {
    assert(Number.isInteger(threadsMax) && threadsMax >= 1, 'a simulation has at least one thread')
    this.#threadsMax = threadsMax
  }

  /**
   * Fills `out`. Simulations follow each other; arrays of a portfolio are not changed between them. Rejects with the reason of the
   * signal where that aborts: within some blocks of paths, after which nothing is written any more.
   */
  async simulate({ portfolio, seed, out, firstBlock = 0 }: Simulation, signal: AbortSignal): Promise<SimulatedBy> {
    assert(!this.#busy, 'a simulation ends before the next one begins')
    if (this.#ended) throw ended()
    signal.throwIfAborted()
    const id = this.#idOf(portfolio, seed)
    const work = estimatedNs(out.length, portfolio.weights.length)
    if (work <= ownThreadNsMax) {
      if (this.#own?.id !== id)
        this.#own = { id, simulation: new MonteCarlo(portfolio, seed, { pathsMax: out.length }) }
      this.#own.simulation.simulate(out, firstBlock)
      return { backend: this.#own.simulation.backend, threads: 0 }
    }
    assert(out.buffer instanceof SharedArrayBuffer, 'what threads write lies in shared memory')
    const words = new Int32Array(new SharedArrayBuffer(turnWords.count * Int32Array.BYTES_PER_ELEMENT))
    const threads = this.#threads(Math.min(this.#threadsMax, Math.ceil(work / ownThreadNsMax)))
    const backend = await this.#share(threads, { id, portfolio, seed, firstBlock, out, words }, signal)
    return { backend, threads: threads.length }
  }

  /** Ends the threads, also one that computes. */
  async end(): Promise<void> {
    this.#ended = true
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #idOf(portfolio: Portfolio, seed: number): number {
    if (this.#last?.portfolio !== portfolio || this.#last.seed !== seed) {
      this.#last = { id: (this.#last?.id ?? 0) + 1, portfolio, seed }
    }
    return this.#last.id
  }

  #threads(count: number): readonly Worker[] {
    while (this.#workers.length < count) {
      const worker = new Worker(distFile('engines/quant/monte-carlo-thread.js'), { name: 'monte-carlo' })
      // A thread that dies fails the simulation that it works for; the next one starts another in its place.
      worker.on('error', () => this.#forget(worker))
      worker.on('exit', () => this.#forget(worker))
      worker.unref()
      this.#workers.push(worker)
    }
    return this.#workers.slice(0, count)
  }

  #forget(worker: Worker): void {
    const place = this.#workers.indexOf(worker)
    if (place >= 0) this.#workers.splice(place, 1)
  }

  async #share(threads: readonly Worker[], order: SimulationOrder, signal: AbortSignal): Promise<Backend> {
    const stop = (): void => void Atomics.store(order.words, turnWords.stopped, 1)
    signal.addEventListener('abort', stop)
    this.#busy = true
    try {
      // All of them are waited for, so that none writes after the answer.
      const asked = await Promise.allSettled(threads.map((worker) => ask(worker, order)))
      const reports = asked.map((settled) => {
        if (settled.status === 'rejected') throw this.#ended ? ended() : settled.reason
        return settled.value
      })
      const backends = reports.map((report) => {
        if ('failure' in report) throw errorOf(report.failure)
        return report.backend
      })
      signal.throwIfAborted()
      return backends[0] ?? 'typescript'
    } finally {
      this.#busy = false
      signal.removeEventListener('abort', stop)
    }
  }
}

function estimatedNs(paths: number, assets: number): number {
  const backend = backendFor('monte-carlo', paths * assets)
  return typescriptNs(paths, assets) * (backend === 'wasm' ? wasmShare : 1)
}

function ask(worker: Worker, order: SimulationOrder): Promise<SimulationReport> {
  return new Promise((resolve, reject) => {
    let cause: unknown
    const onError = (error: unknown): void => {
      cause = error
    }
    const settle = (): void => {
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
      worker.unref()
    }
    const onMessage = (report: SimulationReport): void => {
      settle()
      resolve(report)
    }
    const onExit = (): void => {
      settle()
      reject(new Error('a thread of the simulation ended early', { cause }))
    }
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
    worker.ref()
    worker.postMessage(order)
  })
}

const ended = (): Error => new Error('the threads of the simulation were ended')

const errorOf = ({ code, message, hint }: Extract<SimulationReport, { failure: unknown }>['failure']): Error =>
  code === null ? new Error(message) : new NautilusError(code, message, { hint })
