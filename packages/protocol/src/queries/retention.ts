import type { Interval, Step } from './base.js'
import type { QueryBase } from './query-base.js'

/**
 * Whether people come back: of those who did the start event in a calendar interval of the range's time zone, how many did the return event
 * in each period after it. Nothing behind the range counts.
 */
export interface RetentionQuery extends QueryBase {
  kind: 'retention'
  startEvent: Step
  returnEvent: Step
  /** @default 'day' */
  interval?: Exclude<Interval, 'minute'>
  /**
   * What a period is. `calendar`: the next calendar interval, and so on. `24h`: 24 hours from each person's first start event in the interval
   * on, whose hour is its first, then the next 24 (a week has 7 times, a month 30 times as many hours), so that nobody has less time than
   * others; the period of the start itself is period 0. (Amplitude's rolling windows.)
   * @default 'calendar'
   */
  window?: 'calendar' | '24h'
  /** Periods after the first that are looked at. @default as many as the range has behind its first */
  periods?: number
  /**
   * Which cohorts a person is in. `recurring`: each interval with a start event. `first-time`: the interval of the very first start event,
   * however long ago. `first-in-range`: that of the first one in the range.
   * @default 'recurring'
   */
  mode?: 'recurring' | 'first-time' | 'first-in-range'
  /** Whether a return counts in its own period alone, or in every one before it as well (`false`). @default true */
  bounded?: boolean
  /** Return events that an interval must have to count; calendar intervals only. @default 1 */
  minOccurrences?: number
  /** Joins periods after the first: `[1, 3]` is the next one, and the three behind it. In place of `periods`. */
  brackets?: readonly number[]
  /** What rates are shares of: the cohort, or who was there the period before. @default 'cohort' */
  reference?: 'cohort' | 'previous'
}

/** People who did the start event in the same interval. */
export interface RetentionCohort {
  /** Start of the interval, ISO with the offset of the query's time zone. */
  start: string
  size: number
  /** At 0 the size, at k those who came back in period k. */
  users: number[]
  /** Shares, 0 to 1; null where there is nobody to be a share of. */
  rates: (number | null)[]
  /** False where a period is not over, or lies behind the range: nobody could come back in it. */
  complete: boolean[]
}

/** Answer of a `RetentionQuery`. */
export interface RetentionResult {
  cohorts: RetentionCohort[]
  /** By period, of all people whose cohort is complete there; null where there are none. */
  average: (number | null)[]
}
