// Order id -> row, for any safe integer. Open addressing with linear probing; deletion shifts the run behind it back
// instead of leaving tombstones, so that a book which only ever trades never degrades. The table doubles at 5/8 load:
// an oversized one costs more in cache misses than a full one costs in probes.

const free = -1
const twoToMinus32 = 2 ** -32

export class IdTable {
  #ids: Float64Array
  #rows: Int32Array
  #mask: number
  #shift: number
  #countMax: number
  count = 0

  constructor(capacity = 256) {
    let bits = 4
    while (1 << bits < capacity) bits += 1
    this.#ids = new Float64Array(1 << bits)
    this.#rows = new Int32Array(1 << bits).fill(free)
    this.#mask = (1 << bits) - 1
    this.#shift = 32 - bits
    this.#countMax = ((1 << bits) * 5) >> 3
  }

  /** Returns the row of `id`, or -1. Hot path: guarded by `npm run bench:book`. */
  get(id: number): number {
    const ids = this.#ids
    const rows = this.#rows
    const mask = this.#mask
    let slot = homeOf(id, this.#shift)
    for (;;) {
      const row = rows[slot] as number
      if (row === free || ids[slot] === id) return row
      slot = (slot + 1) & mask
    }
  }

  /** Adds `id`, which must not be there. Hot path. */
  add(id: number, row: number): void {
    if (this.count === this.#countMax) this.#grow()
    const rows = this.#rows
    const mask = this.#mask
    let slot = homeOf(id, this.#shift)
    while (rows[slot] !== free) slot = (slot + 1) & mask
    rows[slot] = row
    this.#ids[slot] = id
    this.count += 1
  }

  /** Removes `id`, which must be there. Hot path. */
  remove(id: number): void {
    const ids = this.#ids
    const rows = this.#rows
    const mask = this.#mask
    const shift = this.#shift
    let hole = homeOf(id, shift)
    while (ids[hole] !== id || rows[hole] === free) hole = (hole + 1) & mask
    let slot = hole
    for (;;) {
      slot = (slot + 1) & mask
      const row = rows[slot] as number
      if (row === free) break
      const moved = ids[slot] as number
      // It may fill the hole only if its home does not lie behind the hole, seen around the ring.
      if (((slot - homeOf(moved, shift)) & mask) >= ((slot - hole) & mask)) {
        ids[hole] = moved
        rows[hole] = row
        hole = slot
      }
    }
    rows[hole] = free
    this.count -= 1
  }

  #grow(): void {
    const ids = this.#ids
    const rows = this.#rows
    const larger = new IdTable(rows.length * 2)
    for (let slot = 0; slot < rows.length; slot += 1) {
      const row = rows[slot] as number
      if (row !== free) larger.add(ids[slot] as number, row)
    }
    this.#ids = larger.#ids
    this.#rows = larger.#rows
    this.#mask = larger.#mask
    this.#shift = larger.#shift
    this.#countMax = larger.#countMax
  }
}

/** Fibonacci hashing of both halves of the integer: runs of ids, which is what venues give, spread without collisions. */
function homeOf(id: number, shift: number): number {
  return Math.imul(id ^ Math.imul(id * twoToMinus32, 0x85ebca6b), 0x9e3779b1) >>> shift
}
