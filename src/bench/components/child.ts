import { assert, assertNever, present } from '../../core/assert.js'
import { monotonicClock } from '../../core/clock.js'
import type { PreparedCase } from '../../core/component-case.js'
import { messageOf } from '../../core/errors.js'
import { ActivityWatch } from '../../platform/telemetry/activity.js'
import { clockReadNs } from '../clock-cost.js'
import { loadCase } from './catalog.js'
import type { Answers, Question, Told } from './protocol.js'
import { overheadOf, takeSlice, warmUp } from './sampling.js'

// Entry of the process of one variant: it does what it is asked and nothing else, and ends with its parent.

type Timed = { readonly callsPerSample: number; readonly overheadNs: number }

function serve(tell: (told: Told) => void): void {
  const clock = monotonicClock
  let prepared: PreparedCase | null = null
  let timed: Timed | null = null
  let watch: ActivityWatch | null = null
  let busyNs = 0
  let runQueueNs = 0

  const answer = async (question: Question): Promise<Answers[keyof Answers]> => {
    switch (question.kind) {
      case 'prepare': {
        const { name, variant, warmupNs } = question
        const { variants } = await loadCase(name)
        prepared = await present(variants[variant], 'the variant is one of its case')()
        const clockNs = clockReadNs(clock)
        return { callNs: await warmUp(prepared, warmupNs, { clock, clockNs }), clockNs }
      }
      case 'time': {
        assert(prepared !== null, 'a case is prepared before it is timed')
        const { callsPerSample } = question
        timed = { callsPerSample, overheadNs: await overheadOf(prepared, callsPerSample, clock) }
        watch = new ActivityWatch(clock, 'thread')
        return { overheadNs: timed.overheadNs }
      }
      case 'slice': {
        assert(prepared !== null && timed !== null, 'a case is timed before it is measured')
        // What it waits for a core between two slices is nobody's loss.
        const waitedNs = watch?.totals().runQueueNs ?? 0
        const startedAt = clock.now()
        const samplesNs = await takeSlice(prepared, { ...timed, spanNs: question.spanNs, clock })
        busyNs += clock.now() - startedAt
        runQueueNs += (watch?.totals().runQueueNs ?? 0) - waitedNs
        return { startedAt, samplesNs }
      }
      case 'end': {
        // Collections are told by an observer, which is heard in a turn of its own.
        await new Promise((resolve) => setImmediate(resolve))
        const gcNs = watch?.totals().gcNs ?? 0
        watch?.stop()
        await prepared?.close?.()
        return { runQueueNs, gcNs, busyNs }
      }
      default:
        return assertNever(question)
    }
  }

  process.on('message', (question: Question) => {
    answer(question).then(
      (found) => tell({ kind: 'answer', answer: found }),
      (error: unknown) => tell({ kind: 'refusal', message: messageOf(error) }),
    )
  })
}

// Ctrl-C goes to every process of a terminal. This one ends when its parent has taken what it measured, or is gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit(0))
serve((told) => process.send?.(told))
