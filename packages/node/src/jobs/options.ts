import { AnalyticsError } from '@analytics/protocol'
import { DEFAULT_SCHEDULES, JOB_NAMES, type JobName } from './job.js'
import { assertTimeZone, readSchedule, type Schedule } from './schedule.js'

/** When jobs run, and where. */
export interface JobsOptions {
  /** IANA name of the zone that schedules are read in. @default 'UTC' */
  timeZone?: string
  /**
   * Cron text of five parts by job, or false for a job that is run by hand only. @default those of DEFAULT_SCHEDULES:
   * late events each minute, hourly, daily at 02:00, weekly on Sunday 03:00, tiering at 04:00, archive on the 1st
   * 05:00, erasures at 05:30, expiry at 06:00, orphans at 06:30
   */
  schedules?: Partial<Record<JobName, string | false>>
  /**
   * Whether this process watches the clock. With false jobs run by hand, by BullMQ, or in other processes only. Among
   * several that watch, one runs each job. @default true
   */
  scheduler?: boolean
  /** Whether an instant that passed while no process ran is made up for at the start. @default true */
  catchUp?: boolean
  /** How many runs of each job are kept, 10 to 1,000. @default 100 */
  keepRuns?: number
  /**
   * How long a job of a process that died stays taken, milliseconds, at least 1,000; a process that lives renews it.
   * @default 60000
   */
  leaseMs?: number
}

/** Options with every default filled in. */
export interface ResolvedJobsOptions {
  timeZone: string
  /** Undefined for a job that is run by hand only. */
  schedules: Readonly<Record<JobName, Schedule | undefined>>
  scheduler: boolean
  catchUp: boolean
  keepRuns: number
  leaseMs: number
}

/**
 * Checks options and fills in defaults; `false` turns the scheduler off and keeps the rest.
 * @throws AnalyticsError `invalid_options` with the field at fault.
 */
export function resolveJobsOptions(options: JobsOptions | false = {}): ResolvedJobsOptions {
  const given: JobsOptions = options === false ? { scheduler: false } : options
  const { timeZone = 'UTC', schedules = {}, scheduler = true, catchUp = true, keepRuns = 100, leaseMs = 60_000 } = given
  assertTimeZone(timeZone, 'jobs.timeZone')
  for (const name of Object.keys(schedules)) {
    if (!Object.hasOwn(DEFAULT_SCHEDULES, name)) throw invalid(`jobs.schedules.${name}`, 'names no job.')
  }
  if (!Number.isInteger(keepRuns) || keepRuns < 10 || keepRuns > 1_000) {
    throw invalid('jobs.keepRuns', 'is not a number from 10 to 1,000.')
  }
  if (!Number.isFinite(leaseMs) || leaseMs < 1_000) throw invalid('jobs.leaseMs', 'is less than a second.')
  const read = (name: JobName): Schedule | undefined => {
    const text = schedules[name] ?? DEFAULT_SCHEDULES[name]
    return text === false ? undefined : readSchedule(text, timeZone, `jobs.schedules.${name}`)
  }
  return {
    timeZone,
    schedules: Object.fromEntries(JOB_NAMES.map((name) => [name, read(name)])) as ResolvedJobsOptions['schedules'],
    scheduler,
    catchUp,
    keepRuns,
    leaseMs,
  }
}

function invalid(field: string, fault: string): AnalyticsError {
  return new AnalyticsError('invalid_options', `${field} ${fault}`, { field })
}
