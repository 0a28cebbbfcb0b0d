import type { RunResult } from '../results/run-result.js'
import { isWholeRun } from '../results/whole-run.js'
import { againText } from './rounds.js'

/** Runs of a set that are measured again because the instrument could not be trusted. */
const repeatsMax = 2

type SetHooks = {
  readonly wantedCount: number
  readonly stop: AbortSignal
  /** Measures a fresh system; `number` counts the whole runs from one, `again` numbers the repeats. */
  readonly measure: (number: number, again: string) => Promise<RunResult>
}

/**
 * Measures one run after the other until enough are whole. Ends with the first that broke off: what killed it would kill the next. A
 * stop before a run has anything to drive rejects, unless there are runs to keep.
 */
export async function runSet({ wantedCount, stop, measure }: SetHooks): Promise<RunResult[]> {
  const results: RunResult[] = []
  for (;;) {
    const wholeCount = results.filter(isWholeRun).length
    const isOver = wholeCount >= wantedCount || results.length - wholeCount > repeatsMax
    if (isOver || stop.aborted || results.at(-1)?.interrupted != null) return results
    try {
      results.push(await measure(wholeCount + 1, againText(results.map(isWholeRun), repeatsMax)))
    } catch (error) {
      if (!stop.aborted || results.length === 0) throw error
    }
  }
}
