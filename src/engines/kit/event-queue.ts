import type { InstantNs } from '../../core/units.js'

/** What is to happen when, taken in order of time; of one instant in order of arrival. A binary heap. */
export class EventQueue<Event> {
  readonly #heap: { readonly dueAt: InstantNs; readonly order: number; readonly event: Event }[] = []
  #order = 0

  /** When the next event is due; null where none waits. */
  get nextAt(): InstantNs | null {
    return this.#heap[0]?.dueAt ?? null
  }

  add(dueAt: InstantNs, event: Event): void {
    const heap = this.#heap
    const added = { dueAt, order: this.#order, event }
    this.#order += 1
    let at = heap.length
    heap.push(added)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || isBefore(parent, added)) break
      heap[at] = parent
      at = above
    }
    heap[at] = added
  }

  take(): Event | null {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined) return null
    if (heap.length > 0) this.#sink(last)
    return first.event
  }

  #sink(moved: { readonly dueAt: InstantNs; readonly order: number; readonly event: Event }): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      let child = heap[below]
      if (child === undefined) break
      const other = heap[below + 1]
      if (other !== undefined && isBefore(other, child)) {
        child = other
        below += 1
      }
      if (isBefore(moved, child)) break
      heap[at] = child
      at = below
    }
    heap[at] = moved
  }
}

const isBefore = (
  a: { readonly dueAt: InstantNs; readonly order: number },
  b: { readonly dueAt: InstantNs; readonly order: number },
): boolean => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order)
