import type { QueryBase } from './query-base.js'

/** What went wrong: events of the type `error`, those of one kind together. */
export interface ErrorsQuery extends QueryBase {
  kind: 'errors'
  /** Groups at most, 1 to 1,000: those with the most events. @default 50 */
  limit?: number
}

/** How many events, people and sessions. */
export interface ErrorCounts {
  events: number
  users: number
  sessions: number
}

/** Errors of one kind: those with one `fingerprint`, or without any with one name and message. */
export interface ErrorGroup extends ErrorCounts {
  fingerprint: string | null
  /** Name, message and severity are those of the last one; of several at that instant, of the one whose message comes first. */
  name: string | null
  message: string | null
  severity: string | null
  /** Within the range, ISO with the offset of the query's time zone. */
  firstSeen: string
  lastSeen: string
}

/** Answer of an `ErrorsQuery`. */
export interface ErrorsResult {
  /** Of all errors. */
  total: ErrorCounts
  /** The one with the most events first, then the one that was seen last. Of more than 10,000 kinds, those that came later have no group. */
  groups: ErrorGroup[]
}
