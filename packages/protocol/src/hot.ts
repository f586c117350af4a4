import type { Day, StoredEvent } from './event.js'

/** A day that has rows in the hot store. */
export interface HotDay {
  day: Day
  rows: number
}

/** A frozen set of rows of one day: what was there when it was sealed. Later arrivals are not part of it. */
export interface Seal {
  day: Day
  /** Names the set to the store; opaque to others. */
  id: string
  rows: number
}

/** An event with the store's number of its own id (the user's, or the anonymous visitor's where no user is named). */
export type NumberedEvent = StoredEvent & { person: number }

/** A lease on a piece of work. The epoch grows with each new holder, so that a late writer can be told apart. */
export interface Lease {
  name: string
  owner: string
  epoch: number
}

/** One entry for the audit chain. It holds no event contents and no ids of people. */
export interface AuditEntry {
  action: string
  target: string
  details?: Readonly<Record<string, string | number | boolean | null>>
}

/** Whose event it is, as the event itself says. */
export interface EventIdentity {
  userId: string | null
  anonymousId: string | null
}
