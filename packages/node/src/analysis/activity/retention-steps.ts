import { AnalyticsError, type Interval } from '@analytics/protocol'
import { type Buckets, isOver } from '../time.js'

/** The steps of time that retention looks at: those of a grid of activity. */
export interface RetentionSteps {
  /** The interval of each cohort. */
  cohorts: Buckets
  /** Where each begins, UTC milliseconds, ascending. */
  starts: Float64Array
  /** The first step of each cohort; behind the last cohort, the number of steps. */
  firsts: Int32Array
  /** Steps of one period. */
  width: number
  /** Whether the period is over for everybody in the cohort, and within the range; at 0 the cohort's interval itself. */
  isOver(cohort: number, period: number, now: number): boolean
}

/** Periods are calendar intervals. */
export function calendarSteps(intervals: Buckets): RetentionSteps {
  const { starts } = intervals
  return {
    cohorts: intervals,
    starts,
    firsts: Int32Array.from({ length: starts.length + 1 }, (_, cohort) => cohort),
    width: 1,
    isOver: (cohort, period, now) => cohort + period < starts.length && isOver(intervals, cohort + period, now),
  }
}

const HOUR_MS = 3_600_000

/** Hours of a period, whatever the calendar says: Amplitude's rolling windows. */
const HOURS = { hour: 1, day: 24, week: 168, month: 720 } as const

/** A grid has so many hours at most: each takes two bits a person. */
const MOST_HOURS = 10_000

/**
 * Periods are so many hours from each person's start event on, its own hour being the first.
 * @param to Where the range ends, UTC milliseconds.
 * @throws AnalyticsError `invalid_query` where the range is too long.
 */
export function rollingSteps(intervals: Buckets, interval: Exclude<Interval, 'minute'>, to: number): RetentionSteps {
  const { starts, end } = intervals
  const first = starts[0]!
  const hours = Math.ceil((to - first) / HOUR_MS)
  if (hours > MOST_HOURS) {
    const message = `window: the range has more than ${MOST_HOURS} hours: ask a shorter one, or calendar intervals.`
    throw new AnalyticsError('invalid_query', message, { field: 'window' })
  }
  const width = HOURS[interval]
  return {
    cohorts: intervals,
    starts: Float64Array.from({ length: hours }, (_, hour) => first + hour * HOUR_MS),
    firsts: Int32Array.from([...starts, end], (start) => Math.min(hours, Math.ceil((start - first) / HOUR_MS))),
    width,
    isOver(cohort, period, now) {
      if (period === 0) return isOver(intervals, cohort, now)
      // Whoever starts last does so in the last hour of the cohort's interval.
      const lastStart = (starts[cohort + 1] ?? end) - HOUR_MS
      return lastStart + (period + 1) * width * HOUR_MS <= Math.min(now, to)
    },
  }
}
