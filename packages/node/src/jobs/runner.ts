import { AnalyticsError, errorCode, type RecordStore } from '@analytics/protocol'
import { errorFacts, type Logger } from '../logger.js'
import { judge, lastAttempt } from './due.js'
import { type RunHistory, type RunRecord, runHistory } from './history.js'
import { didNothing, isQuiet, type JobDefinition, type JobProgress, type JobRun } from './job.js'
import { holdLease, type LeaseStore } from './lease.js'

/** What keeps jobs: leases and records. Every hot store does. */
export type JobStore = LeaseStore & { readonly records: RecordStore }

/** What is needed to run jobs. */
export interface RunnerOptions {
  store: JobStore
  logger: Logger
  /** UTC milliseconds. */
  now: () => number
  /** Names a run; no two alike. */
  newOwner: () => string
  /** How long a lease lasts that is not renewed, milliseconds. */
  leaseMs: number
  /** Runs of a job that are kept. */
  keepRuns: number
}

/** Which run is asked for. */
export interface RunRequest {
  /** The instant that it stands for, UTC milliseconds. */
  at: number
  /**
   * `always` runs whatever was recorded; `once` not where a run for that instant or a later one was done; `paced` not
   * soon after one that was not done, either.
   */
  mode: 'always' | 'once' | 'paced'
  /** Aborts the work. */
  signals?: readonly AbortSignal[]
  onProgress?: ((progress: JobProgress) => void) | undefined
}

/** What came of a request. */
export type Execution =
  | { status: 'ran'; run: JobRun; error?: unknown }
  /** That run stands for the instant. */
  | { status: 'covered'; run: JobRun }
  /** The last attempt was not done; the next is not due before that instant. */
  | { status: 'waiting'; until: number }
  /** Another run has the lease. */
  | { status: 'held' }

/** Runs jobs, one run of each at a time among all processes on the store. */
export interface JobRunner {
  readonly history: RunHistory
  /** Resolves whatever becomes of the work; rejects where the store fails. */
  run(definition: JobDefinition, request: RunRequest): Promise<Execution>
}

/** Progress is written no more often. */
const PROGRESS_EVERY_MS = 1_000

/** Runs jobs under a lease each, and records every run. */
export function jobRunner(options: RunnerOptions): JobRunner {
  const { store, now, newOwner, leaseMs, keepRuns } = options
  const history = runHistory(store.records, { keep: keepRuns, now })

  return {
    history,

    async run(definition, request) {
      const { name } = definition
      const { at, mode } = request
      // Without the lease first: most processes find that another has done it, and need no more than this read.
      const known = mode === 'always' ? undefined : answer(await history.since(name, at), request, now())
      if (known) return known
      const owner = newOwner()
      const stop = new AbortController()
      const lease = await holdLease(store, {
        name: `job/${name}`,
        owner,
        ttlMs: leaseMs,
        onLost: (error) => stop.abort(error),
      })
      if (!lease) return { status: 'held' }
      const forget = forward(request.signals ?? [], stop)
      try {
        const runs = await history.settle(name)
        const known = answer(runs, request, now())
        if (known) return known
        const attempt = (lastAttempt(runs, at)?.attempt ?? 0) + 1
        const begun: JobRun = { job: name, scheduledAt: at, startedAt: now(), outcome: 'running', attempt, owner }
        return await perform(options, { definition, request, begun, history, signal: stop.signal })
      } finally {
        forget()
        await lease.release()
      }
    },
  }
}

/** The answer that needs no run. */
function answer(runs: readonly JobRun[], { at, mode }: RunRequest, now: number): Execution | undefined {
  if (mode === 'always') return undefined
  const verdict = judge(runs, { at, now })
  if (verdict.kind === 'covered') return { status: 'covered', run: verdict.run }
  return verdict.kind === 'wait' && mode === 'paced' ? { status: 'waiting', until: verdict.until } : undefined
}

interface Task {
  definition: JobDefinition
  request: RunRequest
  begun: JobRun
  history: RunHistory
  signal: AbortSignal
}

async function perform(
  { logger, now }: RunnerOptions,
  { definition, request, begun, history, signal }: Task,
): Promise<Execution> {
  const record = await history.begin(begun)
  const progress = progressWriter(record, begun, now)
  const onProgress = (told: JobProgress) => {
    progress.tell(told)
    request.onProgress?.(told)
  }
  const work = async () => definition.work({ at: begun.scheduledAt, signal, onProgress })
  const result = await work().then(
    (facts): Partial<JobRun> & { thrown?: unknown } => ({ outcome: 'done', facts }),
    (error: unknown) => ended(error, signal),
  )
  const { thrown, ...outcome } = result
  const run: JobRun = { ...(await progress.stop()), ...outcome, endedAt: now() }
  // The work is done or not, whether or not that can be written: an instant without a record is run once more.
  await record.end(run).catch((error: unknown) => {
    logger.error({ job: run.job, ...errorFacts(error) }, 'The outcome of a job could not be recorded.')
  })
  report(logger, run, thrown)
  return thrown === undefined ? { status: 'ran', run } : { status: 'ran', run, error: thrown }
}

function ended(error: unknown, signal: AbortSignal): Partial<JobRun> & { thrown: unknown } {
  if (!signal.aborted)
    return { outcome: 'failed', error: recorded(error), thrown: error ?? new AnalyticsError('internal') }
  const { reason } = signal as { reason: unknown }
  const thrown = errorCode(reason) ? reason : new AnalyticsError('aborted', undefined, { cause: reason })
  return { outcome: 'aborted', error: recorded(thrown), thrown }
}

/** Messages of drivers may quote what was stored; those of the library never do. */
function recorded(error: unknown): NonNullable<JobRun['error']> {
  const code = errorCode(error)
  if (code && (error as Error).name === 'AnalyticsError') return { code, message: (error as Error).message }
  return { code: 'internal', message: 'The work failed; the log of that time says why.' }
}

function report(logger: Logger, run: JobRun, error: unknown): void {
  const { job, attempt, outcome, startedAt, endedAt = startedAt, facts } = run
  const said = { job, at: new Date(run.scheduledAt).toISOString(), attempt, ms: endedAt - startedAt }
  if (outcome === 'failed') logger.error({ ...said, ...errorFacts(error) }, 'A job failed.')
  else if (outcome === 'aborted') logger.warn({ ...said, ...errorFacts(error) }, 'A job was aborted.')
  else if (!isQuiet(job) || !didNothing(facts ?? {})) logger.info({ ...said, ...facts }, 'A job was done.')
}

/** Writes the newest progress, at most one a second and one at a time. */
function progressWriter(record: RunRecord, begun: JobRun, now: () => number) {
  let run = begun
  let writtenAt = Number.NEGATIVE_INFINITY
  let writing: Promise<void> | undefined
  let isStopped = false
  return {
    tell({ done, total }: JobProgress): void {
      if (isStopped) return
      run = { ...run, progress: total === undefined ? { done } : { done, total } }
      if (writing || now() - writtenAt < PROGRESS_EVERY_MS) return
      writtenAt = now()
      writing = record
        .write(run)
        // The end of the run is written in any case, and says what became of this failure.
        .catch(() => {})
        .finally(() => {
          writing = undefined
        })
    },
    async stop(): Promise<JobRun> {
      isStopped = true
      await writing
      return run
    },
  }
}

/**
 * Lets the run's controller follow these signals. Not `AbortSignal.any`: a signal that lives as long as the process
 * would keep a little of each run.
 */
function forward(signals: readonly AbortSignal[], controller: AbortController): () => void {
  const undo = signals.map((signal) => {
    const abort = () => controller.abort(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    return () => signal.removeEventListener('abort', abort)
  })
  return () => {
    for (const remove of undo) remove()
  }
}
