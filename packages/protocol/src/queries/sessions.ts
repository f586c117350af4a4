import type { Interval } from './base.js'
import type { QueryBase } from './query-base.js'

/**
 * Visits: the events of a person with one session id, those of the server's own aside. A session counts in the interval in which it begins,
 * with what of it lies in the range and meets `where`.
 */
export interface SessionsQuery extends QueryBase {
  kind: 'sessions'
  /** Asks for the numbers of each interval, too. */
  interval?: Exclude<Interval, 'minute'>
  /** Entry and exit pages at most, 1 to 1,000: those with the most sessions. @default 10 */
  limit?: number
}

/** What sessions are like. Means and shares are null where there are none. */
export interface SessionNumbers {
  sessions: number
  users: number
  /** From the first event to the last. */
  averageSeconds: number | null
  medianSeconds: number | null
  /**
   * Share, 0 to 1, of those with one page view at most in which the person did nothing: events that a tracker sends by itself don't count.
   */
  bounceRate: number | null
  /** Page views. */
  pagesPerSession: number | null
  /** Events whose definition says `conversion`. */
  conversions: number
  /** The sum of the values of these. */
  value: number
}

/** Sessions that begin in one interval. */
export interface SessionsPoint extends SessionNumbers {
  /** Start of the interval, ISO with the offset of the query's time zone. */
  start: string
  /** False while the interval is not over. */
  complete: boolean
}

/** Answer of a `SessionsQuery`. */
export interface SessionsResult {
  total: SessionNumbers
  /** Where an interval was asked for: every one of the range. */
  series?: SessionsPoint[]
  /** Pages with which sessions begin and end, those with the most first, then by text; sessions without a page view have none. */
  entryPages: { page: string; sessions: number }[]
  exitPages: { page: string; sessions: number }[]
}
