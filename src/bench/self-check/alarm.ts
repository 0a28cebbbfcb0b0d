import { Worker } from 'node:worker_threads'
import { distFile } from '../../core/paths.js'
import { waitAsync } from '../target/loop-pacing.js'
import { type AlarmData, alarmWords } from './alarm-thread.js'

// An alarm clock for an event loop that must stay free to read, be exact, and leave the cores to others. A timer is up to
// 1.2 ms late; turning the loop until the instant takes a core, and where there are two it keeps the generator waiting
// for 1 to 3 ms: the slice of the scheduler. So a thread of its own sleeps until the instant and wakes the loop.

export class Alarm {
  readonly #data: AlarmData = {
    words: new Int32Array(new SharedArrayBuffer(alarmWords.bytes)),
    instants: new Float64Array(new SharedArrayBuffer(8)),
  }
  readonly #thread: Worker

  constructor(onRing: () => void) {
    this.#thread = new Worker(distFile('bench/self-check/alarm-thread.js'), { name: 'alarm', workerData: this.#data })
    void this.#listen(onRing)
  }

  /** The alarm rings once, at this instant and no other. */
  set(at: number): void {
    const { words, instants } = this.#data
    instants[0] = at
    Atomics.add(words, alarmWords.set, 1)
    Atomics.notify(words, alarmWords.set)
  }

  async end(): Promise<void> {
    await this.#thread.terminate()
  }

  async #listen(onRing: () => void): Promise<never> {
    const { words } = this.#data
    for (let seen = 0; ; ) {
      const rung = waitAsync(words, alarmWords.rung, seen)
      if (rung.async) await rung.value
      // Read before the call: what it sets may ring while it runs.
      seen = Atomics.load(words, alarmWords.rung)
      onRing()
    }
  }
}
