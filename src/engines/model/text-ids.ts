import { enlarged } from '../../core/enlarged.js'

// Order ids that are text, as clients write them, <-> handles: small integers, which a book takes as ids. A handle is given
// out again once it is released. Probing is that of `IdTable`, with a hash of the text in the place of the mixed bits;
// a Map would do the same and allocate with each command.

const entryShift = 1
const none = -1

export class TextIds {
  count = 0
  /** Two int32 an entry: hash, handle plus one. */
  #entries = new Int32Array(1 << (8 + entryShift))
  #mask = (1 << 8) - 1
  readonly #texts: string[] = []
  #hashes = new Int32Array(256)
  /** The next handle of those that were released. */
  #next = new Int32Array(256)
  #free = none

  /** Handle of a text, or -1. */
  find(text: string): number {
    return this.#handleAt(this.#slotOf(text, hashOf(text)))
  }

  /** A handle for a text, -1 where it has one. Nothing is allocated while handles are given out again. */
  claim(text: string): number {
    if (this.count << 1 > this.#mask) this.#growTable()
    const hash = hashOf(text)
    const slot = this.#slotOf(text, hash)
    if (this.#handleAt(slot) !== none) return none
    const handle = this.#take()
    this.#entries[slot << entryShift] = hash
    this.#entries[(slot << entryShift) + 1] = handle + 1
    this.#hashes[handle] = hash
    this.#texts[handle] = text
    this.count += 1
    return handle
  }

  /** The text stands until its handle is given out again. */
  textOf(handle: number): string {
    return this.#texts[handle] as string
  }

  /** Forgets the text of a handle, which must have one. */
  release(handle: number): void {
    const entries = this.#entries
    const mask = this.#mask
    let hole = (this.#hashes[handle] as number) & mask
    while (entries[(hole << entryShift) + 1] !== handle + 1) hole = (hole + 1) & mask
    let slot = hole
    for (;;) {
      slot = (slot + 1) & mask
      const moved = entries[(slot << entryShift) + 1] as number
      if (moved === 0) break
      const hash = entries[slot << entryShift] as number
      // It may fill the hole only if its home does not lie behind the hole, seen around the ring.
      if (((slot - hash) & mask) >= ((slot - hole) & mask)) {
        entries[hole << entryShift] = hash
        entries[(hole << entryShift) + 1] = moved
        hole = slot
      }
    }
    entries[(hole << entryShift) + 1] = 0
    this.#next[handle] = this.#free
    this.#free = handle
    this.count -= 1
  }

  #handleAt(slot: number): number {
    return (this.#entries[(slot << entryShift) + 1] as number) - 1
  }

  /** The slot of a text, or the empty one where it would stand. */
  #slotOf(text: string, hash: number): number {
    const entries = this.#entries
    let slot = hash & this.#mask
    for (;;) {
      const handle = (entries[(slot << entryShift) + 1] as number) - 1
      if (handle < 0 || (entries[slot << entryShift] === hash && this.#texts[handle] === text)) return slot
      slot = (slot + 1) & this.#mask
    }
  }

  #take(): number {
    const handle = this.#free
    if (handle !== none) {
      this.#free = this.#next[handle] as number
      return handle
    }
    const fresh = this.#texts.length
    if (fresh === this.#hashes.length) {
      this.#hashes = enlarged(new Int32Array(fresh * 2), this.#hashes)
      this.#next = enlarged(new Int32Array(fresh * 2), this.#next)
    }
    this.#texts.push('')
    return fresh
  }

  #growTable(): void {
    const old = this.#entries
    const entries = new Int32Array(old.length * 2)
    this.#mask = this.#mask * 2 + 1
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] === 0) continue
      let slot = (old[at] as number) & this.#mask
      while (entries[(slot << entryShift) + 1] !== 0) slot = (slot + 1) & this.#mask
      entries[slot << entryShift] = old[at] as number
      entries[(slot << entryShift) + 1] = old[at + 1] as number
    }
    this.#entries = entries
  }
}

/** FNV-1a over the units of a text, its bits spread at the end: ids that count up differ in the last units alone. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5 | 0
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  const spread = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return spread ^ (spread >>> 13)
}
