import { assert } from '../../core/assert.js'

/** First in, first out, in a ring that grows by doubling up to `itemsMax`; what comes on top is refused and counted. */
export class BoundedQueue<Item> {
  readonly itemsMax: number
  overflowed = 0
  #ring: (Item | undefined)[]
  #head = 0
  #length = 0

  constructor(itemsMax: number) {
    assert(Number.isSafeInteger(itemsMax) && itemsMax > 0, 'a queue has room for at least one item')
    this.itemsMax = itemsMax
    this.#ring = new Array(Math.min(16, itemsMax))
  }

  get length(): number {
    return this.#length
  }

  /** False where the queue is full: the item is not taken. */
  push(item: Item): boolean {
    if (this.#length === this.itemsMax) {
      this.overflowed += 1
      return false
    }
    if (this.#length === this.#ring.length) this.#grow()
    let tail = this.#head + this.#length
    if (tail >= this.#ring.length) tail -= this.#ring.length
    this.#ring[tail] = item
    this.#length += 1
    return true
  }

  peek(): Item | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head]
  }

  shift(): Item | undefined {
    if (this.#length === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = this.#head + 1 === this.#ring.length ? 0 : this.#head + 1
    this.#length -= 1
    return item
  }

  /** The oldest items, at most `countMax`. */
  take(countMax: number): Item[] {
    const items: Item[] = []
    while (items.length < countMax) {
      const item = this.shift()
      if (item === undefined) break
      items.push(item)
    }
    return items
  }

  #grow(): void {
    const grown = new Array<Item | undefined>(Math.min(this.itemsMax, this.#ring.length * 2))
    for (let index = 0; index < this.#length; index += 1) {
      grown[index] = this.#ring[(this.#head + index) % this.#ring.length]
    }
    this.#ring = grown
    this.#head = 0
  }
}
