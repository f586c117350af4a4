import { isRecord } from '@analytics/protocol'
import { WIRE_LIMITS } from './limits.js'
import { randomId } from './random.js'
import type { ValueStore } from './storage.js'

/** Whether the server would take the text as a user or anonymous id. */
export function isIdentity(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= WIRE_LIMITS.userId
}

/** Who the visitor is. Nothing is read or stored before the first use, which waits for the consent. */
export class Identity {
  readonly #store: ValueStore
  readonly #random: () => number
  #ids: { anonymousId: string; userId?: string } | undefined

  constructor(store: ValueStore, random: () => number) {
    this.#store = store
    this.#random = random
  }

  /** The ids as they are now. */
  get ids(): { readonly anonymousId: string; readonly userId?: string } {
    if (!this.#ids) {
      const stored = this.#store.read()
      const known = isRecord(stored) ? stored : {}
      this.#ids = { anonymousId: isIdentity(known.anonymousId) ? known.anonymousId : randomId(this.#random) }
      if (isIdentity(known.userId)) this.#ids.userId = known.userId
      if (known.anonymousId !== this.#ids.anonymousId) this.#store.write(this.#ids)
    }
    return this.#ids
  }

  setUser(userId: string): void {
    this.#ids = { anonymousId: this.ids.anonymousId, userId }
    this.#store.write(this.#ids)
  }

  /** Forgets the ids; the next use makes new ones. */
  forget(): void {
    this.#ids = undefined
    this.#store.clear()
  }
}
