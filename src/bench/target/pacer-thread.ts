import { parentPort, workerData } from 'node:worker_threads'
import { present } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import { type InstantNs, nsPerMs, nsPerUs } from '../../core/units.js'
import { sharpenWakeUps } from '../pacer.js'
import { answerQuestions } from '../threads.js'
import { wakeLeadNs, wakeUp } from './loop-pacing.js'
import { type CursorSchedule, ScheduleCursor } from './schedule-cursor.js'

// The thread that wakes the workers where no core can be spared: it alone may block, and it walks the same schedule as they do.

export type PacerData = {
  readonly schedule: CursorSchedule
  readonly workers: number
  /** A word of each worker, which is raised when something is due. */
  readonly words: Int32Array
  /** Raised by the main thread: the run is over. */
  readonly stop: Int32Array
}

export type PacerQuestions = {
  readonly prepare: { readonly ask: null; readonly answer: string }
  /** Answered when the last instant has come, or the run is over. */
  readonly run: { readonly ask: { readonly startAt: InstantNs }; readonly answer: null }
}

/** What comes due so soon after an instant is sent with it by workers that turn their loops already. */
const togetherNs = 20 * nsPerUs

const data: PacerData = workerData
answerQuestions<PacerQuestions>(present(parentPort, 'the pacer runs in a thread of its own'), {
  prepare: async () => sharpenWakeUps('atomics-wait'),
  run: async ({ startAt }) => {
    wakeAll(data, startAt)
    return null
  },
})

function wakeAll({ schedule, workers, words, stop }: PacerData, startAt: InstantNs): void {
  const cursor = new ScheduleCursor(schedule, { index: 0, of: 1 })
  const due = new Uint8Array(workers)
  while (cursor.offsetNs < Number.POSITIVE_INFINITY) {
    const restNs = startAt + cursor.offsetNs - wakeLeadNs - monotonicClock.now()
    if (restNs > 0 && Atomics.wait(stop, 0, 0, restNs / nsPerMs) !== 'timed-out') return
    if (Atomics.load(stop, 0) !== 0) return
    const untilNs = monotonicClock.now() - startAt + wakeLeadNs + togetherNs
    for (; cursor.offsetNs <= untilNs; cursor.advance()) due[cursor.seq % workers] = 1
    for (let worker = 0; worker < workers; worker += 1) {
      if (due[worker] === 0) continue
      due[worker] = 0
      wakeUp({ words, index: worker })
    }
  }
}
