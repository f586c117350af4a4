import type { StoredEvent } from '../event.js'
import type { QueryBase } from './query-base.js'

/** Whole events, page by page. */
export interface EventsQuery extends QueryBase {
  kind: 'events'
  /** This user's events, with those of every anonymous visitor who later identified as the user. */
  userId?: string
  sessionId?: string
  eventTypes?: readonly string[]
  /** 1 to 1,000. @default 100 */
  limit?: number
  cursor?: string
  /** @default 'desc' */
  order?: 'asc' | 'desc'
}

/** An event in a query's answer: as stored, its instants as ISO text. */
export type EventRow = Omit<StoredEvent, 'eventTimestamp' | 'receivedTimestamp' | 'processingTimestamp'> & {
  eventTimestamp: string
  receivedTimestamp: string
  processingTimestamp: string
}

/** Answer of an `EventsQuery`. */
export interface EventsResult {
  events: EventRow[]
  /** Present where more may follow. */
  nextCursor?: string
}
