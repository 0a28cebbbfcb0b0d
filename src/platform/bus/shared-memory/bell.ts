import { closeSync, constants, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { makePipe } from './mapping.js'

// What wakes a participant that sleeps in its event loop: a named pipe, which costs it nothing while nobody rings. It is also
// how others know that it lives: a pipe that nobody reads can neither be opened for writing nor be written to, and the kernel
// closes the end of a process that was killed. A pid in the region would need its start time beside it, and a thread has none.

const prefix = 'bell-'
const oneRing = Buffer.from([1])

const pathOf = (folder: string, participant: number): string => join(folder, `${prefix}${participant}`)

/** A participant's own bell. */
export class Bell {
  readonly #path: string
  readonly #socket: Socket

  constructor(folder: string, participant: number, onRing: () => void) {
    this.#path = pathOf(folder, participant)
    makePipe(this.#path)
    // For writing too, so that it never ends when the last other one closes it.
    const fd = openSync(this.#path, constants.O_RDWR | constants.O_NONBLOCK)
    this.#socket = new Socket({ fd, readable: true, writable: false })
    // All rings that came together are one piece.
    this.#socket.on('data', onRing)
  }

  close(): void {
    this.#socket.destroy()
    unlinkSync(this.#path)
  }
}

/** The bells of the others. */
export class Bells {
  readonly #folder: string
  readonly #open = new Map<number, number>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** False where the participant is gone. A pipe that is full has woken it already. */
  ring(participant: number): boolean {
    const fd = this.#open.get(participant) ?? this.#connect(participant)
    if (fd === null) return false
    try {
      writeSync(fd, oneRing)
      return true
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return true
      if (codeOf(error) !== 'EPIPE') throw error
      this.#forget(participant, fd)
      return false
    }
  }

  /** Whether a participant lives: asked anew each time. */
  lives(participant: number): boolean {
    const fd = openForRinging(pathOf(this.#folder, participant))
    if (fd !== null) closeSync(fd)
    return fd !== null
  }

  /** Everybody, also those of whom nothing is known yet. */
  ringAll(): void {
    for (const name of readdirSync(this.#folder)) {
      if (name.startsWith(prefix)) this.ring(Number(name.slice(prefix.length)))
    }
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd)
    this.#open.clear()
  }

  #connect(participant: number): number | null {
    const fd = openForRinging(pathOf(this.#folder, participant))
    if (fd !== null) this.#open.set(participant, fd)
    return fd
  }

  #forget(participant: number, fd: number): void {
    closeSync(fd)
    this.#open.delete(participant)
  }
}

function openForRinging(path: string): number | null {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    // Nobody reads it; or its owner took it away.
    if (codeOf(error) === 'ENXIO' || codeOf(error) === 'ENOENT') return null
    throw error
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
