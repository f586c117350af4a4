import type { Interval, Step } from './base.js'
import type { QueryBase } from './query-base.js'

/**
 * Whether people come back: of those who did the start event in an interval, how many did the return event in each interval after it.
 * Intervals are calendar intervals of the range's time zone, and nothing behind the range counts.
 */
export interface RetentionQuery extends QueryBase {
  kind: 'retention'
  startEvent: Step
  returnEvent: Step
  /** @default 'day' */
  interval?: Exclude<Interval, 'minute'>
  /** Intervals after the first that are looked at. @default as many as the range has behind its first */
  periods?: number
  /**
   * Which cohorts a person is in. `recurring`: each interval with a start event. `first-time`: the interval of the very first start event,
   * however long ago. `first-in-range`: that of the first one in the range.
   * @default 'recurring'
   */
  mode?: 'recurring' | 'first-time' | 'first-in-range'
  /** Whether a return counts in its own interval alone, or in every one before it as well (`false`). @default true */
  bounded?: boolean
  /** Return events that an interval must have to count. @default 1 */
  minOccurrences?: number
  /** Joins intervals after the first: `[1, 3]` is the next one, and the three behind it. In place of `periods`. */
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
