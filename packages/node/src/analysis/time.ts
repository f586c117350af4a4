import { AnalyticsError, type Interval, type Range } from '@analytics/protocol'
import { Temporal } from 'temporal-polyfill'

/** A range with its defaults, as instants. */
export interface ResolvedRange {
  /** UTC milliseconds, inclusive. */
  from: number
  /** UTC milliseconds, exclusive. */
  to: number
  timeZone: string
  weekStart: 'monday' | 'sunday'
}

/** Buckets of a series that one answer may have. */
const MAX_BUCKETS = 10_000

/**
 * Turns a range into instants: a date begins at its midnight in the range's time zone, an instant is itself.
 * @throws AnalyticsError `invalid_query` with the field at fault.
 */
export function resolveRange(range: Range): ResolvedRange {
  const { timeZone = 'UTC', weekStart = 'monday' } = range
  assertTimeZone(timeZone)
  const from = toInstant(range.from, timeZone, 'range.from')
  const to = toInstant(range.to, timeZone, 'range.to')
  if (from >= to) throw new AnalyticsError('invalid_query', 'range.to is not after range.from.', { field: 'range.to' })
  return { from, to, timeZone, weekStart }
}

function assertTimeZone(timeZone: string): void {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone)
  } catch {
    throw new AnalyticsError('invalid_query', 'range.timeZone is not an IANA time zone.', { field: 'range.timeZone' })
  }
}

function toInstant(text: string, timeZone: string, field: string): number {
  try {
    return /^\d{4}-\d\d-\d\d$/.test(text)
      ? Temporal.PlainDate.from(text).toZonedDateTime(timeZone).epochMilliseconds
      : Temporal.Instant.from(text).epochMilliseconds
  } catch {
    throw new AnalyticsError('invalid_query', `${field} is neither a date nor an ISO instant.`, { field })
  }
}

/** The intervals of a range in its time zone. */
export interface Buckets {
  /** Where each begins, UTC milliseconds, ascending; the first may begin before the range. */
  starts: Float64Array
  /** Where the last ends. */
  end: number
  /** The start of bucket i as ISO text with the zone's offset. */
  label(index: number): string
}

/**
 * Cuts a range into calendar intervals of its time zone: a day may have 23 or 25 hours.
 * @throws AnalyticsError `invalid_query` where there would be more than 10,000.
 */
export function buckets({ from, to, timeZone, weekStart }: ResolvedRange, interval: Interval): Buckets {
  let at = floorTo(Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone), interval, weekStart)
  const starts: number[] = []
  while (at.epochMilliseconds < to) {
    if (starts.length === MAX_BUCKETS) {
      throw new AnalyticsError(
        'invalid_query',
        `The range has more than ${MAX_BUCKETS} intervals: ask a longer interval.`,
        {
          field: 'interval',
        },
      )
    }
    starts.push(at.epochMilliseconds)
    at = next(at, interval)
  }
  return {
    starts: Float64Array.from(starts),
    end: at.epochMilliseconds,
    label: (index) => zonedText(starts[index] ?? Number.NaN, timeZone),
  }
}

/** An instant as ISO text with the zone's offset, such as `2026-03-01T00:00:00+01:00`. */
export function zonedText(ms: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(ms)
    .toZonedDateTimeISO(timeZone)
    .toString({ timeZoneName: 'never', smallestUnit: 'second' })
}

function floorTo(
  at: Temporal.ZonedDateTime,
  interval: Interval,
  weekStart: 'monday' | 'sunday',
): Temporal.ZonedDateTime {
  if (interval === 'minute' || interval === 'hour') return at.round({ smallestUnit: interval, roundingMode: 'floor' })
  const day = at.startOfDay()
  if (interval === 'day') return day
  if (interval === 'month') return day.with({ day: 1 }).startOfDay()
  const daysIn = weekStart === 'monday' ? day.dayOfWeek - 1 : day.dayOfWeek % 7
  return day.subtract({ days: daysIn }).startOfDay()
}

function next(at: Temporal.ZonedDateTime, interval: Interval): Temporal.ZonedDateTime {
  switch (interval) {
    case 'minute':
      return at.add({ minutes: 1 })
    case 'hour':
      return at.add({ hours: 1 })
    case 'day':
      return at.add({ days: 1 }).startOfDay()
    case 'week':
      return at.add({ weeks: 1 }).startOfDay()
    case 'month':
      return at.add({ months: 1 }).startOfDay()
  }
}

/** Whether interval i ends at or before an instant. */
export function isOver({ starts, end }: Buckets, index: number, now: number): boolean {
  return (starts[index + 1] ?? end) <= now
}

/** Where the interval begins in which the range does. */
export function firstStart({ from, timeZone, weekStart }: ResolvedRange, interval: Interval): number {
  const at = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone)
  return floorTo(at, interval, weekStart).epochMilliseconds
}

/** Where the interval before that one begins. */
export function previousStart(range: ResolvedRange, interval: Interval): number {
  const { timeZone } = range
  const first = Temporal.Instant.fromEpochMilliseconds(firstStart(range, interval)).toZonedDateTimeISO(timeZone)
  const length = { minute: 'minutes', hour: 'hours', day: 'days', week: 'weeks', month: 'months' } as const
  const before = first.subtract({ [length[interval]]: 1 })
  return (interval === 'minute' || interval === 'hour' ? before : before.startOfDay()).epochMilliseconds
}

/** The range with so many calendar days before it, from the beginning of its first day. */
export function daysEarlier(range: ResolvedRange, days: number): ResolvedRange {
  const from = Temporal.Instant.fromEpochMilliseconds(range.from).toZonedDateTimeISO(range.timeZone)
  return { ...range, from: from.startOfDay().subtract({ days }).startOfDay().epochMilliseconds }
}

/**
 * The range of the same length that ends where this one begins: of as many months where it is whole months, else of as many days and, where
 * it begins or ends within a day, of the rest by the clock. Days and months are those of the range's time zone.
 */
export function rangeBefore(range: ResolvedRange): ResolvedRange {
  const { timeZone } = range
  const [from, to] = [range.from, range.to].map((ms) =>
    Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone),
  ) as [Temporal.ZonedDateTime, Temporal.ZonedDateTime]
  if (![from, to].every((at) => at.equals(at.startOfDay())))
    return { ...range, from: from.subtract(from.until(to, { largestUnit: 'days' })).epochMilliseconds, to: range.from }
  const [firstDay, lastDay] = [from.toPlainDate(), to.toPlainDate()]
  const isMonths = firstDay.day === 1 && lastDay.day === 1
  const before = firstDay.subtract(firstDay.until(lastDay, { largestUnit: isMonths ? 'months' : 'days' }))
  return { ...range, from: before.toZonedDateTime(timeZone).epochMilliseconds, to: range.from }
}
