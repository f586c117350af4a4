import type { ErrorCode } from '@analytics/protocol'

/** The jobs of the server. Which of them there are depends on what `createAnalytics` was given. */
export type JobName =
  | 'aggregate-late'
  | 'aggregate-hourly'
  | 'aggregate-daily'
  | 'aggregate-weekly'
  | 'tiering'
  | 'archive'
  | 'restores'
  | 'erase'
  | 'expire'
  | 'gc'

/**
 * When each job runs unless `schedules` says otherwise, as cron text. The order counts too: jobs that become due in the
 * same moment run in it, so that what is about to move or expire has been aggregated before.
 */
export const DEFAULT_SCHEDULES: Readonly<Record<JobName, string>> = {
  'aggregate-late': '* * * * *',
  restores: '*/5 * * * *',
  'aggregate-hourly': '0 * * * *',
  'aggregate-daily': '0 2 * * *',
  'aggregate-weekly': '0 3 * * 0',
  tiering: '0 4 * * *',
  archive: '0 5 1 * *',
  erase: '30 5 * * *',
  expire: '0 6 * * *',
  gc: '30 6 * * *',
}

/** Every job, in the order in which they run when several are due. */
export const JOB_NAMES: readonly JobName[] = Object.keys(DEFAULT_SCHEDULES) as JobName[]

/**
 * What a run did, in small numbers such as buckets computed or rows deleted. Facts that are all 0, false or null, or
 * none at all, say that there was nothing to do. Never event contents or ids of people.
 */
export type JobFacts = Readonly<Record<string, string | number | boolean | null>>

/** How far a run is. */
export interface JobProgress {
  /** Pieces of work that are finished: days, buckets, whatever the job counts. */
  done: number
  /** How many there are, where that is known. */
  total?: number
}

/** What the work of a job is given. */
export interface JobContext {
  /** The instant that the run stands for, UTC milliseconds: the scheduled one, or the one that was asked for. */
  at: number
  /** Aborts when the server closes, the caller gives up, or another process has taken the lease over. */
  signal: AbortSignal
  /** Tells how far the work is, as often as it likes: what is stored is throttled to one write a second. */
  onProgress: (progress: JobProgress) => void
}

/**
 * The work of a job: everything that is due at `at`, so that one run makes up for any number that were missed. It may
 * be cut off anywhere and is then run again, hence done twice it changes nothing more. It rejects soon after its signal
 * aborts.
 */
export type JobWork = (context: JobContext) => Promise<JobFacts>

/** A job that there is. */
export interface JobDefinition {
  name: JobName
  work: JobWork
}

/**
 * What became of a run. `aborted`: it was cut off, by the caller, by `close()`, or because its process ended or lost
 * the lease.
 */
export type JobOutcome = 'running' | 'done' | 'failed' | 'aborted'

/** One run of a job, as it is recorded. */
export interface JobRun {
  job: JobName
  /** The instant that it stands for, UTC milliseconds. */
  scheduledAt: number
  /** UTC milliseconds. */
  startedAt: number
  /** UTC milliseconds; missing while it runs. */
  endedAt?: number
  outcome: JobOutcome
  /** Counts the runs for the same instant, from 1. */
  attempt: number
  /** Host, process and number of the run. */
  owner: string
  /** The last that was told. */
  progress?: JobProgress
  /** What the work resolved to. */
  facts?: JobFacts
  /** Why it is not done. An error that is not the library's own is recorded as `internal`, without its message. */
  error?: { code: ErrorCode; message: string }
}

/** True for a job that runs so often that runs with nothing to do are not kept. */
export function isQuiet(job: JobName): boolean {
  return job === 'aggregate-late'
}

/** True where the facts say that there was nothing to do. */
export function didNothing(facts: JobFacts): boolean {
  return Object.values(facts).every((fact) => fact === 0 || fact === false || fact === null)
}
