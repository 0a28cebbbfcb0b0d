import { assert } from '../../core/assert.js'
import type { FeatureSet, RollingFigures } from '../model/observer-messages.js'

// What a model may look at, by name. All but the imbalance are in ticks or quotes of the symbol itself, so that one model
// serves symbols of any price:
//
//   spread         ask less bid, ticks
//   imbalance      of the quantities at the touch, -1 (only sellers) to 1 (only buyers)
//   lastMove       newest change of the middle, ticks: below zero where it fell
//   sinceMove      ln(1 + quotes since that change)
//   return:W       change of the middle over the last W quotes, ticks
//   volatility:W   realised volatility of the last W quotes, ticks
//
// W is a window of the features engine; a model whose windows it does not compute predicts nothing, and says so.

const plainNames = ['spread', 'imbalance', 'lastMove', 'sinceMove'] as const
const windowed = /^(return|volatility):([1-9]\d{0,4})$/

export const isInputName = (name: string): boolean => plainNames.some((plain) => plain === name) || windowed.test(name)

/** How the middle of a symbol moved last. */
export type LastMove = { readonly middle: number; readonly move: number; readonly quotesSince: number }

/** The move after one more quote, which may be the first of its symbol. */
export function moved(before: LastMove | null, middle: number): LastMove {
  if (before === null) return { middle, move: 0, quotesSince: 0 }
  const move = middle - before.middle
  return move === 0 ? { ...before, quotesSince: before.quotesSince + 1 } : { middle, move, quotesSince: 0 }
}

type Read = (features: FeatureSet, last: LastMove) => number

/** Fills rows of inputs, in the order of a model. */
export class Inputs {
  readonly #reads: readonly Read[]
  readonly #windows: readonly number[]

  constructor(names: readonly string[]) {
    this.#reads = names.map(readOf)
    this.#windows = names.flatMap((name) => {
      const match = windowed.exec(name)
      return match === null ? [] : [Number(match[2])]
    })
  }

  /** Whether features have all that is asked for: `missing` never will, `warmingUp` not yet. */
  stateOf({ rolling }: FeatureSet, last: LastMove): 'ready' | 'warmingUp' | 'missing' {
    for (const window of this.#windows) {
      const figures = figuresOf(rolling, window)
      if (figures === undefined) return 'missing'
      if (!figures.ready) return 'warmingUp'
    }
    return last.move === 0 ? 'warmingUp' : 'ready'
  }

  /** Hot path: once a prediction. */
  fill(row: Float64Array, from: number, features: FeatureSet, last: LastMove): void {
    for (let index = 0; index < this.#reads.length; index += 1) {
      row[from + index] = (this.#reads[index] as Read)(features, last)
    }
  }
}

function readOf(name: string): Read {
  switch (name) {
    case 'spread':
      return ({ spread }) => spread
    case 'imbalance':
      return ({ imbalance }) => imbalance
    case 'lastMove':
      return (_features, { move }) => move
    case 'sinceMove':
      return (_features, { quotesSince }) => Math.log1p(quotesSince)
  }
  const match = windowed.exec(name)
  assert(match !== null, 'the names of inputs were checked')
  const window = Number(match[2])
  return match[1] === 'return'
    ? ({ middle, rolling }) => middle * (figuresOf(rolling, window)?.logReturn ?? 0)
    : ({ middle, rolling }) => middle * (figuresOf(rolling, window)?.volatility ?? 0)
}

function figuresOf(rolling: readonly RollingFigures[], window: number): RollingFigures | undefined {
  for (let index = 0; index < rolling.length; index += 1) {
    const figures = rolling[index]
    if (figures?.window === window) return figures
  }
  return undefined
}
