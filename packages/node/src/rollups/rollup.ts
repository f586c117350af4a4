import { DAY_MS } from '@analytics/protocol'

/** How long the buckets of a rollup are. Days and weeks are UTC; a week begins on Monday. */
export type Grain = 'hour' | 'day' | 'week'

/** Every grain, shortest first. */
export const GRAINS: readonly Grain[] = ['hour', 'day', 'week']

/** One bucket of a rollup. */
export interface RollupBucket {
  grain: Grain
  /** Its first instant, UTC milliseconds. */
  start: number
}

/**
 * What one person did in one bucket. Anonymous visitors count as the user that they turned out to be.
 * The columns are those of the tables `user_metrics_hourly`, `_daily` and `_weekly`.
 */
export interface UserMetrics {
  /** First instant of the bucket, UTC milliseconds. */
  bucket: number
  /** Number of the person, identities resolved. */
  person: number
  userId: string | null
  anonymousId: string | null
  totalEvents: number
  /** Distinct sessions; those of a server's own events don't count. */
  totalSessions: number
  /** Sum over the sessions of the time from their first to their last event within the bucket. */
  totalDurationSeconds: number
  pageViews: number
  /** Distinct pages that were viewed. */
  uniquePages: number
  /** How often each `eventAction` occurred. */
  actionsPerformed: Readonly<Record<string, number>>
  /** Labels of the events of category `feature_usage`, each once, in code point order. */
  featuresUsed: readonly string[]
  /** Mean of the values of `page_load` events, in milliseconds. */
  avgPageLoadTime: number | null
  /** Number of `error` events. */
  errorCount: number
}

const HOUR_MS = 3_600_000

/** 1970-01-01 was a Thursday: the first Monday is four days later. */
const FIRST_MONDAY = 4 * DAY_MS

const LENGTHS: Readonly<Record<Grain, number>> = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS }

/** The bucket that an instant falls into. */
export function bucketOf(grain: Grain, time: number): RollupBucket {
  const origin = grain === 'week' ? FIRST_MONDAY : 0
  return { grain, start: Math.floor((time - origin) / LENGTHS[grain]) * LENGTHS[grain] + origin }
}

/** The first instant after a bucket. */
export function bucketEnd({ grain, start }: RollupBucket): number {
  return start + LENGTHS[grain]
}
