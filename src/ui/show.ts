import type { RunSnapshot } from '../bench/snapshot.js'
import { monotonicClock } from '../core/clock.js'
import { messageOf } from '../core/errors.js'
import type { Io } from '../core/io.js'
import type { InstantNs } from '../core/units.js'
import { difference, nsPerMs } from '../core/units.js'
import { printable } from './layout.js'
import { emptyPlainState, type PlainOutput, type PlainState, plainRun, plainSystem } from './plain.js'
import type { Scene, Screen } from './screen.js'
import type { SystemSnapshot } from './system-lines.js'

const redrawMs = 200
// Drawing takes a core away from what is measured.
const redrawMeasuringMs = 500
const notesMax = 50

type ShowOptions = {
  readonly color: boolean
  readonly columns: number
  /** Where the view is drawn; the terminal behind standard error. */
  readonly stream?: NodeJS.WriteStream
}

export type View<Snapshot> = {
  /** The newest state; drawn when its turn comes, older ones are forgotten. */
  update(snapshot: Snapshot): void
  /** A line of progress: alone before there is a state to show, then among its events. */
  note(text: string): void
  /** Leaves a clean screen (or all lines written) for what is printed next. Safe to call twice. */
  close(): void
}

/** The view of a run: drawn on a terminal, else plain lines; progress goes to standard error in both cases. */
export function showRun(io: Io, options: ShowOptions): View<RunSnapshot> {
  if (!canDraw(io, options)) return plainView(io, plainRun)
  return drawnView(options, (snapshot, notes) => ({
    scene: { kind: 'run', snapshot: { ...snapshot, events: notes } },
    restMs: snapshot.phase === 'measuring' ? redrawMeasuringMs : redrawMs,
  }))
}

/** The same for a system that is up. */
export function showSystem(io: Io, options: ShowOptions): View<SystemSnapshot> {
  if (!canDraw(io, options)) return plainView(io, plainSystem)
  return drawnView(options, (snapshot, notes) => ({
    scene: { kind: 'system', snapshot: { ...snapshot, events: [...notes, ...snapshot.events] } },
    restMs: redrawMs,
  }))
}

/** A terminal with a size, that is not recorded by a build server and understands more than letters. */
function canDraw(io: Io, { columns, stream = process.stderr }: ShowOptions): boolean {
  const { CI, TERM } = io.env
  const recorded = CI !== undefined && CI !== '' && CI !== '0' && CI !== 'false'
  return (
    io.terminal && stream.isTTY && columns > 0 && stream.columns > 0 && stream.rows > 0 && !recorded && TERM !== 'dumb'
  )
}

function plainView<Snapshot>(
  io: Io,
  step: (state: PlainState, snapshot: Snapshot, now: InstantNs) => PlainOutput,
): View<Snapshot> {
  let state = emptyPlainState
  return {
    update: (snapshot) => {
      const output = step(state, snapshot, monotonicClock.now())
      state = output.state
      for (const line of output.lines) io.err(`${line}\n`)
    },
    note: (text) => io.err(`${printable(text)}\n`),
    close: () => undefined,
  }
}

type Frame = { readonly scene: Scene; readonly restMs: number }

function drawnView<Snapshot>(
  { color, stream = process.stderr }: ShowOptions,
  frameOf: (snapshot: Snapshot, notes: readonly string[]) => Frame,
): View<Snapshot> {
  const notes: string[] = []
  const drawing = new Drawing(stream, color)
  let offer = (): void => drawing.offer({ scene: { kind: 'notes', notes: [...notes] }, restMs: redrawMs })
  return {
    update: (snapshot) => {
      offer = () => drawing.offer(frameOf(snapshot, [...notes]))
      offer()
    },
    note: (text) => {
      notes.push(text)
      if (notes.length > notesMax) notes.shift()
      offer()
    },
    close: () => drawing.close(),
  }
}

/** Draws the newest frame, at most one per rest; loads ink for the first. */
class Drawing {
  readonly #stream: NodeJS.WriteStream
  readonly #color: boolean
  #screen: Screen | null = null
  #loading = false
  #closed = false
  #waiting: Frame | null = null
  #timer: NodeJS.Timeout | null = null
  #drawnAt: InstantNs | null = null

  constructor(stream: NodeJS.WriteStream, color: boolean) {
    this.#stream = stream
    this.#color = color
  }

  offer(frame: Frame): void {
    if (this.#closed) return
    this.#waiting = frame
    if (this.#screen === null) {
      if (!this.#loading) void this.#load()
      return
    }
    this.#schedule(frame.restMs)
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#screen?.close()
    this.#screen = null
  }

  #schedule(restMs: number): void {
    if (this.#timer !== null) return
    const sinceMs = this.#drawnAt === null ? restMs : difference(this.#drawnAt, monotonicClock.now()) / nsPerMs
    this.#timer = setTimeout(() => this.#draw(), Math.max(0, restMs - sinceMs)).unref()
  }

  #draw(): void {
    this.#timer = null
    if (this.#waiting === null || this.#screen === null) return
    this.#drawnAt = monotonicClock.now()
    try {
      this.#screen.draw(this.#waiting.scene)
    } catch (error) {
      this.#giveUp(error)
    }
    this.#waiting = null
  }

  async #load(): Promise<void> {
    this.#loading = true
    try {
      const { openScreen } = await loadScreen()
      if (this.#closed) return
      this.#screen = openScreen(this.#stream, this.#color)
      this.#draw()
    } catch (error) {
      this.#giveUp(error)
    }
  }

  /** A run goes on without its view. */
  #giveUp(error: unknown): void {
    this.close()
    this.#stream.write(`no live view: ${messageOf(error)}\n`)
  }
}

/** React reads NODE_ENV while it is loaded; without it comes the development build, which is slow and keeps timings for ever. */
async function loadScreen(): Promise<typeof import('./screen.js')> {
  const isUnset = process.env['NODE_ENV'] === undefined
  if (isUnset) process.env['NODE_ENV'] = 'production'
  try {
    return await import('./screen.js')
  } finally {
    if (isUnset) delete process.env['NODE_ENV']
  }
}
