import { hostname } from 'node:os'
import { AnalyticsError } from '@analytics/protocol'
import { ulid } from 'ulid'
import type { Logger } from '../logger.js'
import { JOB_NAMES, type JobDefinition, type JobName, type JobProgress, type JobRun } from './job.js'
import { type JobsOptions, resolveJobsOptions } from './options.js'
import { type Execution, type JobStore, jobRunner, type RunRequest } from './runner.js'
import { jobScheduler } from './scheduler.js'

/** Options of a run by hand. */
export interface JobRunOptions {
  /** The instant that the run stands for, UTC milliseconds: the work does what was due then. @default now */
  at?: number
  /** Aborts the run. */
  signal?: AbortSignal
  /** Told as often as the work tells. */
  onProgress?: (progress: JobProgress) => void
}

/** A job, when it runs, and how it went. */
export interface JobStatus {
  name: JobName
  /** Cron text; null where it is run by hand only. */
  schedule: string | null
  /** IANA name of the zone that the schedule is read in. */
  timeZone: string
  /** The next scheduled instant, UTC milliseconds, whoever runs it. */
  nextAt: number | null
  /** The run that began last, in whichever process. */
  lastRun: JobRun | null
}

/** The jobs of a data set. */
export interface Jobs {
  /**
   * Runs a job now, scheduled or not, done already or not, and resolves to the run when it is done.
   * @throws AnalyticsError `invalid_options` for a job that there is not, `job_running` while it runs here or in
   * another process, `aborted`, `closed`, `lease_lost`; or whatever the work failed with.
   */
  run(name: JobName, options?: JobRunOptions): Promise<JobRun>
  /**
   * Runs the newest instant of the schedule that is due, unless a run for it or for a later one was done: then that one
   * is the answer. For queues that call in their own time, such as BullMQ.
   * @param options.at An instant that the queue holds to be due, should its clock be ahead of this one.
   * @throws AnalyticsError as `run` does.
   */
  runDue(name: JobName, options?: JobRunOptions): Promise<JobRun>
  /** Every job that there is. */
  list(): Promise<JobStatus[]>
  /** Runs of a job, the newest first. @param options.limit At most so many; all that are kept by default. */
  history(name: JobName, options?: { limit?: number }): Promise<JobRun[]>
  /** Watches the clock from now on, unless the options say not to. Done twice, it does nothing more. */
  start(): void
  /** Starts nothing more, aborts what runs here and waits for it. Done twice, it does nothing more. */
  close(): Promise<void>
}

/** What jobs are made of. */
export interface CreateJobsOptions {
  store: JobStore
  /** The jobs that there are. */
  definitions: readonly JobDefinition[]
  /** `false` turns the scheduler off. */
  options?: JobsOptions | false
  logger: Logger
  /** UTC milliseconds. @default Date.now */
  now?: () => number
}

/** Makes the jobs of a data set; none runs before `start()`. @throws AnalyticsError `invalid_options`. */
export function createJobs({ store, definitions, options, logger, now = Date.now }: CreateJobsOptions): Jobs {
  const { timeZone, schedules, scheduler: isScheduled, catchUp, keepRuns, leaseMs } = resolveJobsOptions(options)
  const defined = JOB_NAMES.flatMap((name) => definitions.filter((one) => one.name === name))
  const newOwner = () => `${hostname()}/${process.pid}/${ulid()}`
  const runner = jobRunner({ store, logger, now, newOwner, leaseMs, keepRuns })
  const closing = new AbortController()
  const calls = new Set<Promise<unknown>>()
  const scheduled = defined.flatMap((definition) => {
    const schedule = schedules[definition.name]
    return schedule ? [{ definition, schedule }] : []
  })
  let scheduler: ReturnType<typeof jobScheduler> | undefined
  let closed: Promise<void> | undefined

  const define = (name: JobName): JobDefinition => {
    const found = defined.find((one) => one.name === name)
    if (found) return found
    const names = defined.map((one) => one.name).join(', ') || 'none'
    throw invalid('name', `There is no job ${String(name).slice(0, 40)} with these options; there are: ${names}.`)
  }

  async function call(name: JobName, at: number, mode: RunRequest['mode'], options: JobRunOptions): Promise<JobRun> {
    const { signal, onProgress } = options
    if (closing.signal.aborted) throw new AnalyticsError('closed')
    if (signal?.aborted) throw new AnalyticsError('aborted', undefined, { cause: signal.reason })
    const definition = define(name)
    // A valid Date, for records are named by it.
    if (Number.isNaN(new Date(at).getTime())) throw invalid('at', 'at is not an instant in UTC milliseconds.')
    const signals = signal ? [closing.signal, signal] : [closing.signal]
    const execution = runner.run(definition, { at: Math.trunc(at), mode, signals, onProgress })
    calls.add(execution)
    return toRun(name, await execution.finally(() => calls.delete(execution)))
  }

  return {
    run: async (name, options = {}) => call(name, options.at ?? now(), 'always', options),

    async runDue(name, options = {}) {
      const due = schedules[define(name).name]?.dueAt(now())
      const at = Math.max(due ?? Number.NEGATIVE_INFINITY, options.at ?? Number.NEGATIVE_INFINITY)
      if (at === Number.NEGATIVE_INFINITY) throw invalid(`jobs.schedules.${name}`, `The job ${name} has no schedule.`)
      return call(name, at, 'once', options)
    },

    list: () =>
      Promise.all(
        defined.map(async ({ name }): Promise<JobStatus> => {
          const schedule = schedules[name]
          const [lastRun = null] = await runner.history.all(name)
          return {
            name,
            schedule: schedule?.text ?? null,
            timeZone,
            nextAt: schedule?.nextAt(now()) ?? null,
            lastRun,
          }
        }),
      ),

    async history(name, { limit } = {}) {
      return (await runner.history.all(define(name).name)).slice(0, limit)
    },

    start() {
      if (!isScheduled || scheduler || closing.signal.aborted || scheduled.length === 0) return
      scheduler = jobScheduler({ jobs: scheduled, runner, signal: closing.signal, catchUp, logger, now })
      scheduler.start()
    },

    close() {
      closing.abort(new AnalyticsError('closed', 'The server was closed while the job ran.'))
      closed ??= Promise.all([scheduler?.stop(), Promise.allSettled(calls)]).then(() => {})
      return closed
    },
  }
}

function toRun(name: JobName, execution: Execution): JobRun {
  if (execution.status === 'held' || execution.status === 'waiting') {
    throw new AnalyticsError('job_running', `The job ${name} runs already, here or in another process.`)
  }
  if (execution.status === 'ran' && execution.error !== undefined) throw execution.error
  return execution.run
}

function invalid(field: string, message: string): AnalyticsError {
  return new AnalyticsError('invalid_options', message, { field })
}
