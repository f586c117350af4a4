import { AnalyticsError, errorCode } from '@analytics/protocol'
import type { ConnectionOptions, DefaultJobOptions, Job, Queue } from 'bullmq'
import { consoleLogger, errorFacts, type Logger } from '../logger.js'
import { retryDelayMs } from './due.js'
import { isQuiet, type JobName, type JobProgress, type JobRun } from './job.js'
import type { JobStatus, Jobs } from './jobs.js'
import { readSchedule } from './schedule.js'

/** Options of {@link bullmqJobs}. */
export interface BullmqJobsOptions {
  /**
   * `analytics.jobs`; their schedules and time zone count. Create the server with `jobs: { scheduler: false }` beside
   * it.
   */
  jobs: Pick<Jobs, 'list' | 'runDue'>
  /**
   * Options of ioredis, or an instance with `maxRetriesPerRequest: null`, which stays the host's to close.
   */
  connection: ConnectionOptions
  /** @default 'analytics-jobs' */
  queueName?: string
  /** Of every key in Redis. @default 'bull' */
  prefix?: string
  /** Jobs that this process works on at once. @default 2 */
  concurrency?: number
  /** Whether an instant that passed while no worker ran is made up for at the start. @default true */
  catchUp?: boolean
  /** Told of faults of the connection. @default warnings and errors on the console */
  logger?: Logger
}

/** Jobs that BullMQ runs. */
export interface BullmqJobs {
  /**
   * Takes no more jobs, aborts those that run here and waits for them; another worker goes on with them. Schedules stay
   * in Redis. Done twice, it does nothing more.
   */
  close(): Promise<void>
}

/** About an hour of retries with the pauses of the scheduler; the next instant is tried again anyway. */
const ATTEMPTS = 5

/** Finished jobs that BullMQ keeps to look at; the runs themselves are in the store. */
const KEEP = { count: 100 }

/** When a job that runs elsewhere is looked at again. */
const LOOK_AGAIN_MS = 60_000

type BullMq = typeof import('bullmq')

/**
 * Runs the jobs by BullMQ instead of the scheduler in the process: one job scheduler each in Redis, and a worker here.
 * Schedules, changes of the clocks and retries are those of the scheduler; the lease and the recorded runs too, hence
 * workers, schedulers and calls by hand mix without harm. Its connections keep the process alive until `close()`.
 * @throws AnalyticsError `missing_dependency`, `invalid_options`; or whatever Redis answers.
 * @example
 * const worker = await bullmqJobs({ jobs: analytics.jobs, connection: { host: 'redis', port: 6379 } })
 */
export async function bullmqJobs(options: BullmqJobsOptions): Promise<BullmqJobs> {
  const { jobs, connection, queueName = 'analytics-jobs', concurrency = 2, catchUp = true } = options
  const { logger = consoleLogger } = options
  assertConnection(connection)
  const { Queue, Worker, DelayedError } = await loadBullMq()
  const shared = {
    connection,
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    settings: {
      // Croner here as in the process: two cron libraries differ where clocks change.
      repeatStrategy: (millis: number, { pattern = '', tz = 'UTC' }: { pattern?: string; tz?: string }) =>
        readSchedule(pattern, tz, 'pattern').nextAt(millis),
    },
  }
  const onError = (error: Error) => logger.warn(errorFacts(error), 'The connection of BullMQ failed; it tries again.')
  const queue = new Queue(queueName, shared)
  queue.on('error', onError)
  try {
    await schedule(queue, await jobs.list(), catchUp)
  } catch (error) {
    await queue.close().catch(() => {})
    throw error
  }

  const stop = new AbortController()
  const work = async (job: Job, token?: string): Promise<JobRun> => {
    const progress = progressSender(job)
    try {
      const { prevMillis } = job.opts
      return await jobs.runDue(job.name as JobName, {
        ...(prevMillis === undefined ? {} : { at: prevMillis }),
        signal: stop.signal,
        onProgress: progress.tell,
      })
    } catch (error) {
      const pauseMs = pauseAfter(errorCode(error))
      if (pauseMs === undefined) throw error
      // Neither is a failure of the job, and none of its attempts is used up.
      await job.moveToDelayed(Date.now() + pauseMs, token)
      throw new DelayedError()
    } finally {
      await progress.flush()
    }
  }
  const worker = new Worker(queueName, work, {
    ...shared,
    settings: { ...shared.settings, backoffStrategy: retryDelayMs },
    concurrency,
  })
  worker.on('error', onError)
  let closing: Promise<void> | undefined

  return {
    close() {
      // A signal of its own: BullMQ's would miss a job that is being fetched right now.
      stop.abort()
      closing ??= worker.close().then(() => queue.close())
      return closing
    },
  }
}

/**
 * Makes Redis say what the jobs say: schedulers of jobs that there are, none of others, and a look at what is due now.
 */
async function schedule(queue: Queue, jobs: readonly JobStatus[], catchUp: boolean): Promise<void> {
  const scheduled = jobs.flatMap(({ name, schedule, timeZone }) =>
    schedule === null ? [] : [{ name, schedule, timeZone }],
  )
  const known = await queue.getJobSchedulers()
  for (const { key } of known) {
    if (!scheduled.some(({ name }) => name === key)) await queue.removeJobScheduler(key)
  }
  for (const { name, schedule: pattern, timeZone: tz } of scheduled) {
    const opts = jobOptions(name)
    await queue.upsertJobScheduler(name, { pattern, tz }, { name, data: {}, opts })
    // The upsert has replaced a job that waited, overdue or not. Where nothing is due, this one ends at its first read.
    if (catchUp) await queue.add(name, {}, { ...opts, deduplication: { id: `due-${name}` } })
  }
}

function jobOptions(
  name: JobName,
): Pick<DefaultJobOptions, 'attempts' | 'backoff' | 'removeOnComplete' | 'removeOnFail'> {
  // A quiet job's next instant comes sooner than a retry would.
  return {
    attempts: isQuiet(name) ? 1 : ATTEMPTS,
    backoff: { type: 'custom' },
    removeOnComplete: KEEP,
    removeOnFail: KEEP,
  }
}

/** For what ends a call but not the job: how long to wait. */
function pauseAfter(code: ReturnType<typeof errorCode>): number | undefined {
  if (code === 'job_running' || code === 'closed') return LOOK_AGAIN_MS
  return code === 'aborted' ? 1_000 : undefined
}

/** Sends progress one at a time, and of what came meanwhile the newest. Losing some is no fault of the job. */
function progressSender(job: Job) {
  let next: JobProgress | undefined
  let sending: Promise<void> | undefined
  const send = async () => {
    while (next) {
      const progress = next
      next = undefined
      await job.updateProgress(progress).catch(() => {})
    }
    sending = undefined
  }
  return {
    tell(progress: JobProgress): void {
      next = progress
      sending ??= send()
    },
    flush: async (): Promise<void> => sending,
  }
}

/**
 * @throws AnalyticsError `invalid_options` for an instance whose commands give up: a worker waits for jobs as long as
 * it takes.
 */
function assertConnection(connection: ConnectionOptions): void {
  const { options } = connection as { options?: { maxRetriesPerRequest?: number | null } }
  if (typeof options?.maxRetriesPerRequest !== 'number') return
  const message = 'connection gives up on commands: create the ioredis instance with maxRetriesPerRequest: null.'
  throw new AnalyticsError('invalid_options', message, { field: 'connection' })
}

async function loadBullMq(): Promise<BullMq> {
  try {
    return await import('bullmq')
  } catch (cause) {
    throw new AnalyticsError('missing_dependency', 'bullmqJobs needs the packages bullmq and ioredis: install them.', {
      cause,
    })
  }
}
