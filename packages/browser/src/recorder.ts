import type { JsonObject, WireEvent } from '@analytics/protocol'
import { encodeTime } from 'ulid'
import type { BuiltInType } from './built-in.js'
import { type PageContext, pageContext, sessionProperties } from './context.js'
import type { Delivery } from './delivery.js'
import { type Identity, isIdentity } from './identity.js'
import { WIRE_LIMITS } from './limits.js'
import type { ResolvedOptions } from './options.js'
import { createItem } from './queue.js'
import { randomId } from './random.js'
import type { Session } from './session.js'
import type { Counters, DropReason } from './stats.js'

/** What a caller or a plug-in says of an event; the recorder adds who, when and where. */
export type EventInput = Pick<WireEvent, 'eventType'> &
  Partial<Pick<WireEvent, 'eventCategory' | 'eventAction' | 'eventLabel' | 'eventValue' | 'schemaVersion'>> & {
    properties?: unknown
  }

/** Types that are sent at once. */
const URGENT: ReadonlySet<string> = new Set(['error' satisfies BuiltInType, 'conversion', 'purchase', 'signup'])

/** While the consent is pending, events wait in memory within these bounds. */
const MAX_WAITING = 1000
const MAX_WAITING_CHARACTERS = 1024 * 1024

/** An event as it was when it happened, before it is known whether it may be kept and as whose. */
interface Snapshot {
  time: number
  page: PageContext
  eventType: string
  json: string
}

/** What waits for the consent, in order. */
interface Waiting {
  isEvent: boolean
  run: () => void
}

/** Writes events and gives them to the delivery, as far as the visitor agrees. */
export class Recorder {
  readonly #options: ResolvedOptions
  readonly #identity: Identity
  readonly #session: Session
  readonly #delivery: Delivery
  readonly #counters: Counters
  #waiting: Waiting[] = []
  #waitingCharacters = 0
  #state: 'open' | 'waiting' | 'denied' | 'closed' = 'denied'

  constructor(options: ResolvedOptions, identity: Identity, session: Session, delivery: Delivery, counters: Counters) {
    this.#options = options
    this.#identity = identity
    this.#session = session
    this.#delivery = delivery
    this.#counters = counters
  }

  /** What waits for the consent. Its size is that of the text, close to that in bytes. */
  get waiting(): { size: number; bytes: number } {
    return { size: this.#waiting.filter((entry) => entry.isEvent).length, bytes: this.#waitingCharacters }
  }

  record(input: EventInput): void {
    if (this.#state === 'denied' || this.#state === 'closed') {
      this.#counters.recorded++
      this.#drop(this.#state === 'denied' ? 'consent' : 'closed')
      return
    }
    const snapshot = this.#read(input)
    if (snapshot) this.#whenOpen(() => this.#admit(snapshot), snapshot.json.length, true)
  }

  identify(userId: string, traits?: JsonObject): void {
    if (!isIdentity(userId)) {
      this.#options.report('invalid_identity', 'identify needs a text of 1 to 128 characters.')
      return
    }
    if (this.#state === 'denied' || this.#state === 'closed') return
    const snapshot = this.#read({ eventType: 'identify' satisfies BuiltInType, properties: traits })
    if (!snapshot) return
    const { length } = snapshot.json
    this.#whenOpen(
      () => {
        const { userId: before } = this.#identity.ids
        if (before !== undefined && before !== userId) this.#forget()
        this.#identity.setUser(userId)
        // An app that identifies on every page need not say it every time: then nothing was recorded.
        if (before !== userId || traits) this.#admit(snapshot)
        else this.#counters.recorded--
      },
      length,
      true,
    )
  }

  reset(): void {
    this.#whenOpen(() => this.#forget(), 0, false)
  }

  /** Follows the consent. What waited is recorded with the time when it happened, or dropped. */
  setState(state: 'open' | 'waiting' | 'denied' | 'closed'): void {
    if (this.#state === 'closed') return
    this.#state = state
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingCharacters = 0
    if (state === 'open') {
      this.#delivery.reopen()
      for (const { run } of waiting) run()
    } else if (state !== 'waiting') {
      const reason = state === 'denied' ? 'consent' : 'closed'
      for (const { isEvent } of waiting) if (isEvent) this.#drop(reason)
      this.#delivery.close(reason)
      if (state === 'denied') this.#forget()
    }
  }

  #forget(): void {
    this.#identity.forget()
    this.#session.forget()
  }

  #whenOpen(run: () => void, characters: number, isEvent: boolean): void {
    if (this.#state === 'open') run()
    if (this.#state !== 'waiting') return
    if (this.#waiting.length >= MAX_WAITING || this.#waitingCharacters + characters > MAX_WAITING_CHARACTERS) {
      if (isEvent) this.#drop('overflow')
      return
    }
    this.#waitingCharacters += characters
    this.#waiting.push({ isEvent, run })
  }

  #read({ eventType, ...input }: EventInput): Snapshot | undefined {
    this.#counters.recorded++
    const time = Math.floor(this.#options.now())
    const page = pageContext()
    try {
      const json = JSON.stringify({ eventType, ...input, timestamp: new Date(time).toISOString(), context: { page } })
      return { time, page, eventType, json }
    } catch (cause) {
      this.#drop('invalid')
      this.#options.report('invalid_properties', `The properties of ${eventType} are not JSON.`, cause)
      return undefined
    }
  }

  #admit(snapshot: Snapshot): void {
    const { time, page } = snapshot
    if (this.#session.touch(time)) {
      const start = { eventType: 'session_start' satisfies BuiltInType, timestamp: new Date(time).toISOString() }
      this.#counters.recorded++
      this.#write({
        ...snapshot,
        ...start,
        json: JSON.stringify({ ...start, properties: sessionProperties(), context: { page } }),
      })
    }
    this.#write(snapshot)
  }

  #write({ time, eventType, json }: Snapshot): void {
    const { id, seq } = this.#session.current
    const head = JSON.stringify({
      // The number comes before what is random, so that events of one millisecond sort in the order in which they were recorded.
      eventId: encodeTime(time) + encodeTime(seq % 1024, 2) + randomId(this.#options.random, 14),
      sessionId: id,
      seq,
      ...this.#identity.ids,
      // Without consent nothing gets here.
      consent: 'granted',
    } satisfies Partial<WireEvent>)
    const text = `${head.slice(0, -1)},${json.slice(1)}`
    const item = text.length > WIRE_LIMITS.eventBytes ? undefined : createItem(text)
    if (!item || item.bytes > WIRE_LIMITS.eventBytes) {
      this.#drop('too_large')
      this.#options.report('event_too_large', `An event of type ${eventType} is above 32 KiB.`)
      return
    }
    this.#session.advance()
    this.#delivery.add(item, URGENT.has(eventType))
  }

  #drop(reason: DropReason): void {
    this.#counters.dropped[reason]++
  }
}
