import { AnalyticsError, type Day, errorCode } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import type { TieringContext } from '../context.js'
import { backoffMs } from '../policy.js'
import { archiveDay } from './archive.js'
import { compactDay } from './compact.js'
import { expireDay } from './expire.js'
import { type MoveOutcome, moveDay } from './move.js'
import { type MoveContext, type MoveProgress, underLease, type Waiting } from './move-context.js'
import { type DueDay, planDays } from './plan.js'
import { surveyDays } from './survey.js'

/** Options of a run. */
export interface TieringRunOptions {
  signal?: AbortSignal
  /** Told before each step of each day. */
  onProgress?: (progress: MoveProgress) => void
}

/** A day that a run left as it was, or left with its hot rows. */
export interface SkippedDay {
  day: Day
  /**
   * `backoff`: it failed before and waits. `readers`, `grace`: what would go may still be read. `hold`: it must not be deleted.
   * `copying`: the object store copies it to the archive; the next run goes on.
   */
  reason: 'backoff' | 'copying' | Waiting
  /** UTC milliseconds, where it is known. */
  until?: number
}

/** What a run did. */
export interface TieringRunResult {
  /** `lease_held`: another worker is at it, and nothing was done. `lease_lost`: it stopped because another one took over. */
  status: 'done' | 'lease_held' | 'lease_lost'
  moved: readonly { day: Day; rows: number; bytes: number }[]
  /** Days that are in object storage and still in the hot store, see `policy.copyAfter`. */
  copied: readonly { day: Day; rows: number; bytes: number }[]
  failed: readonly { day: Day; code: string; message: string }[]
  skipped: readonly SkippedDay[]
}

/** A result while it is being made. */
export type Mutable<Result> = {
  -readonly [Key in keyof Result]: Result[Key] extends readonly (infer Item)[] ? Item[] : Result[Key]
}

/** Moves what is due. @throws see {@link runDays} */
export function runTiering(context: TieringContext, options: TieringRunOptions): Promise<TieringRunResult> {
  return runDays(context, options, 'due', (move, { day, rows }) => moveDay(move, day, rows > 0))
}

/** Options of an archiving. */
export interface ArchiveOptions extends TieringRunOptions {
  /** Goes on with what an earlier one began, and begins with no further day. @default false */
  onlyBegun?: boolean
}

/** Brings what is due to the archive tier; the days are told as moved. @throws see {@link runDays} */
export function runArchive(
  context: TieringContext,
  { onlyBegun = false, ...options }: ArchiveOptions,
): Promise<TieringRunResult> {
  return runDays(context, options, 'archives', (move, { day }) => archiveDay(move, day, onlyBegun))
}

/** Makes one segment of several; the days are told as moved. @throws see {@link runDays} */
export function runCompaction(context: TieringContext, options: TieringRunOptions): Promise<TieringRunResult> {
  return runDays(context, options, 'compactions', (move, { day }) => compactDay(move, day))
}

/** Options of an expiry. */
export interface ExpireOptions extends TieringRunOptions {
  /** Tells what would be deleted, and deletes nothing. @default true */
  dryRun?: boolean
}

/** Deletes what has expired for good; the days are told as moved. @throws see {@link runDays} */
export async function runExpiry(
  context: TieringContext,
  { dryRun = true, ...options }: ExpireOptions,
): Promise<TieringRunResult> {
  if (!dryRun) return runDays(context, options, 'expiries', (move, { day }) => expireDay(move, day))
  throwIfAborted(options.signal)
  const { expiries, held } = planDays(await surveyDays(context), context)
  return {
    ...newResult(),
    moved: expiries.map(({ day, rows }) => ({ day, rows, bytes: 0 })),
    skipped: held.map(({ day }) => ({ day, reason: 'hold' })),
  }
}

type Work = (context: MoveContext, due: DueDay) => Promise<MoveOutcome>

/**
 * Works through the days that are due. A day that fails is noted and tried again later, it doesn't stop the others.
 * @throws AnalyticsError `aborted`, or what the hot store throws before there is a day to blame.
 */
async function runDays(
  context: TieringContext,
  options: TieringRunOptions,
  part: 'due' | 'archives' | 'expiries' | 'compactions',
  work: Work,
): Promise<TieringRunResult> {
  const result = newResult()
  const done = await underLease(context, options, async (move) => {
    const days = await surveyDays(context)
    const plan = planDays(days, context)
    const failedBefore = new Set(days.filter(({ entry }) => entry?.value.nextTryAt !== undefined).map(({ day }) => day))
    for (const { day, dueAt } of plan.waiting) {
      if (failedBefore.has(day)) result.skipped.push({ day, reason: 'backoff', until: dueAt })
    }
    if (part === 'expiries') for (const { day } of plan.held) result.skipped.push({ day, reason: 'hold' })
    const dueDays = plan[part]
    for (const [i, due] of dueDays.entries()) {
      throwIfAborted(options.signal)
      const ofDay = withPlace(move, i + 1, dueDays.length)
      if ((await runDay(ofDay, due.day, result, () => work(ofDay, due))) === 'lease_lost') break
    }
    return result
  })
  return done ?? { ...result, status: 'lease_held' }
}

/** The context of one day of a run, whose progress says which one it is. */
export function withPlace(context: MoveContext, index: number, of: number): MoveContext {
  return { ...context, onProgress: (progress) => context.onProgress({ ...progress, index, of }) }
}

/** Of a run that has done nothing yet. */
export function newResult(): Mutable<TieringRunResult> {
  return { status: 'done', moved: [], copied: [], failed: [], skipped: [] }
}

/** Works on one day and notes what became of it; after `lease_lost` the run has to stop. */
export async function runDay(
  context: MoveContext,
  day: Day,
  result: Mutable<TieringRunResult>,
  work: () => Promise<MoveOutcome>,
): Promise<'done' | 'failed' | 'lease_lost'> {
  try {
    const { rows, bytes, waiting, isCopy } = await work()
    if (rows > 0) result[isCopy ? 'copied' : 'moved'].push({ day, rows, bytes })
    if (waiting) result.skipped.push({ day, reason: waiting })
    return 'done'
  } catch (error) {
    throwIfAborted(context.call.signal)
    const failure = failureOf(error)
    result.failed.push({ day, ...failure })
    context.logger.error({ day, error }, 'The work on the day failed')
    if (failure.code === 'lease_lost') {
      result.status = 'lease_lost'
      return 'lease_lost'
    }
    await noteFailure(context, day, failure)
    return 'failed'
  }
}

/** Errors of engines may quote rows; only our own say nothing of events. */
function failureOf(error: unknown): { code: string; message: string } {
  const code = errorCode(error)
  if (code === undefined) return { code: 'internal', message: 'An unexpected error; the log has it.' }
  return { code, message: error instanceof Error ? error.message : new AnalyticsError(code).message }
}

/** So often a day is tried. */
const MOST_ATTEMPTS = 8

/** What says nothing of the day itself: a service that is down, or another worker. It is tried for ever. */
const PASSING: ReadonlySet<string> = new Set([
  'store_unavailable',
  'store_locked',
  'outcome_unknown',
  'catalog_conflict',
])

async function noteFailure(
  { catalog, lease, now, random, logger }: MoveContext,
  day: Day,
  failure: { code: string; message: string },
): Promise<void> {
  try {
    await lease.check()
    const entry = await catalog.read(day)
    const attempts = entry.value.attempts + 1
    const isHopeless = attempts >= MOST_ATTEMPTS && !PASSING.has(failure.code)
    if (isHopeless) logger.error({ day, attempts }, 'The day is left alone until it is retried by hand')
    await catalog.change(entry, {
      attempts,
      ...(isHopeless ? { parked: { by: 'failures' as const, at: now() } } : {}),
      lastError: { ...failure, at: now() },
      nextTryAt: now() + Math.round(backoffMs(attempts, random)),
    })
  } catch (error) {
    logger.warn({ day, error }, 'The failed attempt could not be noted')
  }
}
