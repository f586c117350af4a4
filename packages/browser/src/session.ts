import { isRecord } from '@analytics/protocol'
import { WIRE_LIMITS } from './limits.js'
import { randomId } from './random.js'
import type { ValueStore } from './storage.js'

/** How many events the session has had, and when the last was. */
interface SessionState {
  id: string
  lastAt: number
  seq: number
}

/**
 * The visit of one tab: it outlives page loads and ends by idleness. Written after each event, so that the next page goes
 * on with the same session and number.
 */
export class Session {
  readonly #store: ValueStore
  readonly #timeoutMs: number
  readonly #random: () => number
  #state: SessionState | undefined
  #isWriteDue = false

  constructor(store: ValueStore, timeoutMs: number, random: () => number) {
    this.#store = store
    this.#timeoutMs = timeoutMs
    this.#random = random
  }

  /** Notes activity. Returns whether it began a new session. */
  touch(time: number): boolean {
    this.#state ??= readState(this.#store.read())
    // A clock that was set back by days counts as idle time too, else the session would last for as long.
    const isNew = !this.#state || Math.abs(time - this.#state.lastAt) > this.#timeoutMs
    if (isNew) this.#state = { id: randomId(this.#random), lastAt: time, seq: 0 }
    else if (this.#state) this.#state.lastAt = time
    return isNew
  }

  /** The session's id and the number of its next event. */
  get current(): { readonly id: string; readonly seq: number } {
    return this.#state ?? { id: '', seq: 0 }
  }

  /** Notes that the next number was used. */
  advance(): void {
    if (!this.#state) return
    this.#state.seq++
    if (this.#isWriteDue) return
    // Storage is slow: events that are recorded in one go are written as one, still before the page can be gone.
    this.#isWriteDue = true
    queueMicrotask(() => {
      this.#isWriteDue = false
      if (this.#state) this.#store.write(this.#state)
    })
  }

  /** Ends the session; the next event begins another. */
  forget(): void {
    this.#state = undefined
    this.#store.clear()
  }
}

function readState(value: unknown): SessionState | undefined {
  if (!isRecord(value)) return undefined
  const { id, lastAt, seq } = value
  if (typeof id !== 'string' || id === '' || id.length > WIRE_LIMITS.sessionId) return undefined
  return Number.isFinite(lastAt) && Number.isInteger(seq)
    ? { id, lastAt: lastAt as number, seq: seq as number }
    : undefined
}
