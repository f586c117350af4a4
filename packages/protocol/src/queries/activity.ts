import type { Interval, Step } from './base.js'
import type { QueryBase } from './query-base.js'

/** How often something is done in an interval for that interval to count. */
export interface Occurrences {
  /** @default 1 */
  minOccurrences?: number
  /** @default any number */
  maxOccurrences?: number
}

/** Who is new, who stays, who comes back and who is gone, by interval. */
export interface LifecycleQuery extends QueryBase {
  kind: 'lifecycle'
  /** What counts as being active. @default any event */
  event?: Step
  /** @default 'day' */
  interval?: Exclude<Interval, 'minute'>
}

/** In how many intervals of the range people were active. */
export interface StickinessQuery extends QueryBase, Occurrences {
  kind: 'stickiness'
  /** What counts as being active. @default any event */
  event?: Step
  /** @default 'day' */
  interval?: Exclude<Interval, 'minute'>
  /** Joins so many intervals into one, from the first of the range on; the last one may have fewer. @default 1 */
  intervalCount?: number
}

/** Distinct people of the 1, 7 or 30 calendar days that end with each day of the range. */
export interface ActiveUsersQuery extends QueryBase {
  kind: 'active-users'
  window: 'day' | 'week' | 'month'
  /** What counts as being active. @default any event */
  event?: Step
}

/** One interval of a lifecycle. */
export interface LifecycleRow {
  /** Start of the interval, ISO with the offset of the query's time zone. */
  start: string
  /** People whose first event ever is in the interval. */
  new: number
  /** Active in this interval and the one before. */
  returning: number
  /** Active in this interval and some time ago, but not in the one before. */
  resurrecting: number
  /** Active in the interval before and not in this one, as a negative number. */
  dormant: number
  /** False while the interval is not over. */
  complete: boolean
}

/** Answer of a `LifecycleQuery`. */
export interface LifecycleResult {
  rows: LifecycleRow[]
}

/** Answer of a `StickinessQuery`. */
export interface StickinessResult {
  /** From 1 interval up to all of them: how many people were active in exactly so many. */
  rows: { intervals: number; users: number }[]
}

/** Answer of an `ActiveUsersQuery`. */
export interface ActiveUsersResult {
  /** One for each day of the range. */
  points: { start: string; users: number; complete: boolean }[]
}
