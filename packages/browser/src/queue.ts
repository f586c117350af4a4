/** An event that is ready to be sent. */
export interface Item {
  /** The event as JSON, written once. */
  readonly text: string
  /** Size of the text in UTF-8. */
  readonly bytes: number
  /** Attempts that failed. */
  tries: number
  /** Given to the browser to deliver at an exit. */
  isHandedOff: boolean
}

/** Makes an item of an event's JSON. */
export function createItem(text: string): Item {
  return { text, bytes: new TextEncoder().encode(text).length, tries: 0, isHandedOff: false }
}

const MAX_EVENTS = 1000
/** A page's analytics must not grow with an outage. */
const MAX_BYTES = 1024 * 1024

/** Events in order, bounded by number and bytes. */
export class Queue {
  #items: Item[] = []
  #bytes = 0

  get size(): number {
    return this.#items.length
  }

  get bytes(): number {
    return this.#bytes
  }

  get items(): readonly Item[] {
    return this.#items
  }

  /** Appends an event. Returns how many of the oldest had to go for it. */
  add(item: Item): number {
    this.#items.push(item)
    this.#bytes += item.bytes
    return this.#trim()
  }

  /** Removes the oldest events, as many as fit a batch. */
  take(maxEvents: number, maxBytes: number): Item[] {
    let count = 0
    let bytes = 0
    for (const item of this.#items) {
      if (count === maxEvents || (count > 0 && bytes + item.bytes > maxBytes)) break
      bytes += item.bytes
      count++
    }
    const taken = this.#items.slice(0, count)
    this.#replace(this.#items.slice(count))
    return taken
  }

  /** Puts events back in front, in their order. Returns how many of the oldest had to go. */
  putBack(items: readonly Item[]): number {
    this.#replace([...items, ...this.#items])
    return this.#trim()
  }

  /** Removes the events that the test holds for. Returns how many. */
  remove(test: (item: Item) => boolean): number {
    const before = this.#items.length
    this.#replace(this.#items.filter((item) => !test(item)))
    return before - this.#items.length
  }

  #replace(items: Item[]): void {
    this.#items = items
    this.#bytes = items.reduce((sum, item) => sum + item.bytes, 0)
  }

  #trim(): number {
    let dropped = 0
    while (this.#items.length > MAX_EVENTS || this.#bytes > MAX_BYTES) {
      this.#bytes -= this.#items.shift()?.bytes ?? 0
      dropped++
    }
    return dropped
  }
}
