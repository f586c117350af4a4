import type { JobRun } from './job.js'

/**
 * How long a job waits after a run for an instant that was not done: after the first, the second, and every further
 * one.
 */
const RETRY_DELAYS_MS: readonly [number, ...number[]] = [60_000, 5 * 60_000, 25 * 60_000]

/** How long to wait after that attempt before the next, milliseconds. */
export function retryDelayMs(attempt: number): number {
  return RETRY_DELAYS_MS[Math.min(attempt, RETRY_DELAYS_MS.length) - 1] ?? RETRY_DELAYS_MS[0]
}

/** What is to become of an instant. */
export type Verdict =
  | { kind: 'covered'; run: JobRun }
  /** Not before that instant, UTC milliseconds. */
  | { kind: 'wait'; until: number }
  | { kind: 'run' }

/**
 * Whether a job is to run for an instant, from the runs that stand for it or a later one. A run that was done for a
 * later instant covers it: work does everything that is due. A run that is recorded as running says nothing: only the
 * lease tells whether its process still lives.
 */
export function judge(runs: readonly JobRun[], { at, now }: { at: number; now: number }): Verdict {
  const done = runs.find(
    ({ outcome, scheduledAt }) => outcome === 'done' && scheduledAt >= at && scheduledAt <= Math.max(at, now),
  )
  if (done) return { kind: 'covered', run: done }
  const last = lastAttempt(runs, at)
  if (!last || last.outcome === 'running') return { kind: 'run' }
  const until = (last.endedAt ?? last.startedAt) + retryDelayMs(last.attempt)
  return now < until ? { kind: 'wait', until } : { kind: 'run' }
}

/** The latest run for exactly that instant. */
export function lastAttempt(runs: readonly JobRun[], at: number): JobRun | undefined {
  return runs
    .filter(({ scheduledAt }) => scheduledAt === at)
    .reduce<JobRun | undefined>((last, run) => (last && last.attempt > run.attempt ? last : run), undefined)
}
