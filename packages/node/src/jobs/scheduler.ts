import { errorFacts, type Logger } from '../logger.js'
import { retryDelayMs } from './due.js'
import type { JobDefinition } from './job.js'
import type { Execution, JobRunner } from './runner.js'
import type { Schedule } from './schedule.js'

/** What is needed to watch the clock. */
export interface SchedulerOptions {
  /** In the order in which they run when several are due. */
  jobs: readonly { definition: JobDefinition; schedule: Schedule }[]
  runner: JobRunner
  /** Aborts what runs; whoever aborts it stops the scheduler too. */
  signal: AbortSignal
  /** Whether instants before the start count. */
  catchUp: boolean
  logger: Logger
  /** UTC milliseconds. */
  now: () => number
}

/** Runs each job when it is due. */
export interface Scheduler {
  /** Looks for what is due at once, and from then on by timers that keep no process alive. */
  start(): void
  /** Starts what is due now; resolves when that has ended. Never rejects. */
  tick(): Promise<void>
  /** Starts nothing more, and waits for what runs. */
  stop(): Promise<void>
}

/** A sleeping computer, a changed clock or another process that died is noticed after so long at the latest. */
const LOOK_AGAIN_MS = 60_000

interface Task {
  definition: JobDefinition
  schedule: Schedule
  isBusy: boolean
  /** No instant up to this one needs a look any more. */
  coveredUntil: number
  /** When to look at that instant again. */
  again: { at: number; notBefore: number } | undefined
}

/**
 * Looks at the newest instant of each job only: several that were missed collapse into it, for work does everything
 * that is due. An instant without a finished run is run; one whose run failed again with growing pauses, until the next
 * instant takes its place. Jobs that become due together run one after another, so that a start after a long pause is
 * no stampede; what becomes due meanwhile does not wait for them.
 */
export function jobScheduler({ jobs, runner, signal, catchUp, logger, now }: SchedulerOptions): Scheduler {
  const since = catchUp ? Number.NEGATIVE_INFINITY : now() - 1
  const tasks = jobs.map((job): Task => ({ ...job, isBusy: false, coveredUntil: since, again: undefined }))
  const batches = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let isStarted = false

  function arm(): void {
    if (!isStarted || signal.aborted) return
    clearTimeout(timer)
    const at = now()
    const next = Math.min(...tasks.filter(({ isBusy }) => !isBusy).map((task) => nextLook(task, at)))
    timer = setTimeout(() => void tick(), Math.min(LOOK_AGAIN_MS, Math.max(1, next - at)))
    timer.unref()
  }

  function tick(): Promise<void> {
    const due = signal.aborted ? [] : tasks.filter((task) => !task.isBusy && dueInstant(task, now()) !== undefined)
    for (const task of due) task.isBusy = true
    const batch = runBatch(due).finally(() => batches.delete(batch))
    batches.add(batch)
    arm()
    return batch
  }

  async function runBatch(due: readonly Task[]): Promise<void> {
    let isHeld = false
    for (const task of due) {
      // Jobs before it may have taken long: by now a newer instant may be due.
      const at = signal.aborted ? undefined : dueInstant(task, now())
      if (at !== undefined) {
        // Behind a job that runs in another process the rest waits as behind one that runs here, so that the order holds.
        if (isHeld) task.again = { at, notBefore: now() + LOOK_AGAIN_MS }
        else isHeld = (await attempt(task, at)) === 'held'
      }
      task.isBusy = false
      arm()
    }
  }

  async function attempt(task: Task, at: number): Promise<Execution['status'] | undefined> {
    const { definition } = task
    try {
      const execution = await runner.run(definition, { at, mode: 'paced', signals: [signal] })
      note(task, at, execution)
      return execution.status
    } catch (error) {
      task.again = { at, notBefore: now() + LOOK_AGAIN_MS }
      logger.warn({ job: definition.name, ...errorFacts(error) }, 'A job could not be run; it is tried again.')
      return undefined
    }
  }

  function note(task: Task, at: number, execution: Execution): void {
    task.again = undefined
    if (execution.status === 'held') task.again = { at, notBefore: now() + LOOK_AGAIN_MS }
    else if (execution.status === 'waiting') task.again = { at, notBefore: execution.until }
    else if (execution.run.outcome === 'done') task.coveredUntil = Math.max(at, execution.run.scheduledAt)
    else task.again = { at, notBefore: now() + retryDelayMs(execution.run.attempt) }
  }

  return {
    start() {
      isStarted = true
      void tick()
    },
    tick,
    async stop() {
      isStarted = false
      clearTimeout(timer)
      await Promise.all(batches)
    },
  }
}

/** The instant that the job is to be run for now, if any. */
function dueInstant({ schedule, coveredUntil, again }: Task, now: number): number | undefined {
  const at = schedule.dueAt(now)
  if (at === undefined || at <= coveredUntil) return undefined
  return again?.at === at && now < again.notBefore ? undefined : at
}

/** When the job can be due next, if nothing else happens. */
function nextLook({ schedule, again }: Task, now: number): number {
  const next = schedule.nextAt(now) ?? Number.POSITIVE_INFINITY
  return again && again.notBefore > now ? Math.min(next, again.notBefore) : next
}
