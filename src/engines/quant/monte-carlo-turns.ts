import type { ErrorCode } from '../../core/errors.js'
import { pathsPerBlock } from './block-returns.js'
import type { Backend } from './kernel-backends.js'
import type { MonteCarlo, Portfolio } from './monte-carlo.js'

// What the threads of one simulation share: they take turns of a few blocks from one counter until none is left, so that a thread
// that loses its core for a while holds up no other.

/** Words of the shared memory: the next turn, and whether to take no more. */
export const turnWords = { next: 0, stopped: 1, count: 2 } as const

const blocksPerTurn = 4

export type SimulationOrder = {
  /** Of portfolio and seed: a thread keeps what it has made of the last ones. */
  readonly id: number
  readonly portfolio: Portfolio
  readonly seed: number
  readonly firstBlock: number
  /** In shared memory, like the words. */
  readonly out: Float64Array
  readonly words: Int32Array
}

export type SimulationReport =
  | { readonly backend: Backend }
  | { readonly failure: { readonly code: ErrorCode | null; readonly message: string; readonly hint: string } }

/** Takes turns until all have been taken, or the caller wants no more. */
export function takeTurns(simulation: MonteCarlo, { firstBlock, out, words }: SimulationOrder): void {
  const pathsPerTurn = blocksPerTurn * pathsPerBlock
  while (Atomics.load(words, turnWords.stopped) === 0) {
    const turn = Atomics.add(words, turnWords.next, 1)
    const from = turn * pathsPerTurn
    if (from >= out.length) return
    simulation.simulate(out.subarray(from, from + pathsPerTurn), firstBlock + turn * blocksPerTurn)
  }
}
