import { isMainThread, workerData } from 'node:worker_threads'
import { monotonicClock } from '../../core/clock.js'
import { nsPerMs } from '../../core/units.js'
import { sharpenWakeUps } from '../pacer.js'

/** Words that change when the alarm is set and when it has rung, in cache lines of their own. */
export const alarmWords = { set: 0, rung: 16, bytes: 128 } as const

export type AlarmData = {
  readonly words: Int32Array
  /** The instant for which the alarm is set. */
  readonly instants: Float64Array
}

if (!isMainThread) ringForEver(workerData)

function ringForEver({ words, instants }: AlarmData): never {
  sharpenWakeUps('atomics-wait')
  for (let seen = 0; ; seen = Atomics.load(words, alarmWords.set)) {
    if (seen === 0) Atomics.wait(words, alarmWords.set, seen)
    else if (sleptUntil(instants[0] ?? 0, words, seen)) {
      Atomics.add(words, alarmWords.rung, 1)
      Atomics.notify(words, alarmWords.rung)
      Atomics.wait(words, alarmWords.set, seen)
    }
  }
}

/** False where the alarm was set anew meanwhile. */
function sleptUntil(at: number, words: Int32Array, seen: number): boolean {
  const restNs = at - monotonicClock.now()
  return restNs > 0
    ? Atomics.wait(words, alarmWords.set, seen, restNs / nsPerMs) === 'timed-out'
    : Atomics.load(words, alarmWords.set) === seen
}
