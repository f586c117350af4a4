import { AnalyticsError } from '@analytics/protocol'
import { Cron } from 'croner'

/** When a job is due. */
export interface Schedule {
  /** The cron text. */
  readonly text: string
  /** IANA name. */
  readonly timeZone: string
  /** The newest instant at or before that one, UTC milliseconds; undefined where there never was one. */
  dueAt(instant: number): number | undefined
  /** The first instant after that one, UTC milliseconds; undefined where there is none to come. */
  nextAt(instant: number): number | undefined
}

/**
 * Reads cron text: minute, hour, day of month, month, day of week. Across a change of the clocks, a time of day that is
 * skipped runs when the clocks have moved on, one that comes twice runs at the first; with `*` or a step in its minutes
 * or hours a schedule goes by the hours that there are.
 * @param field Names the option in errors.
 * @throws AnalyticsError `invalid_options`.
 */
export function readSchedule(text: string, timeZone: string, field: string): Schedule {
  const cron = parse(text, timeZone, field)
  return {
    text,
    timeZone,
    // A millisecond later, for a run at that very instant counts as before it only then.
    dueAt: (instant) => cron.previousRuns(1, new Date(instant + 1))[0]?.getTime(),
    nextAt: (instant) => cron.nextRun(new Date(instant))?.getTime(),
  }
}

/** @throws AnalyticsError `invalid_options` for what is no IANA time zone. */
export function assertTimeZone(timeZone: string, field: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw new AnalyticsError('invalid_options', `${field} is not an IANA time zone.`, { field, cause })
  }
}

function parse(text: string, timeZone: string, field: string): Cron {
  try {
    // Lists and ranges of hours keep to the clock on the wall as single hours do: 30 2,14 runs twice on every day.
    const cron = new Cron(text, { timezone: timeZone, mode: '5-part', fixedTimeRule: 'no-wildcard' })
    // An ISO date is a schedule of its own to croner, and 31 February one that never comes.
    if (cron.getPattern() !== undefined && cron.nextRun(new Date(0))) return cron
  } catch (cause) {
    throw new AnalyticsError('invalid_options', `${field} is not cron text of five parts.`, { field, cause })
  }
  throw new AnalyticsError('invalid_options', `${field} is cron text that never comes true.`, { field })
}
