import type { Age, Day } from '@analytics/protocol'
import { liveSegments } from '../catalog.js'
import type { TieringContext } from '../context.js'
import { dayReachesAge, daysSince, type TieringPolicy } from '../policy.js'
import { fragmentsOf } from './compact.js'
import { bytesPerRowOf, estimateDay, sumEstimates, type WorkEstimate } from './estimate.js'
import type { DayAction, DaySurvey } from './survey.js'

/** A day that a run would work on now. */
export interface DueDay {
  day: Day
  /** Hot rows that would move; 0 where only the rows of a committed segment remain to be dropped. */
  rows: number
  action: DayAction
  /** Why it is due, as a sentence. */
  why: string
  /** About what it asks of the object store. */
  estimate: WorkEstimate
}

/** A day that a run would leave alone for now. */
export interface WaitingDay {
  day: Day
  rows: number
  /** UTC milliseconds: when it becomes due. */
  dueAt: number
  why: string
}

/** What a run would do now. */
export interface TieringPlan {
  /** In the order in which a run takes them: unfinished moves first, then the oldest day. */
  due: readonly DueDay[]
  /** Oldest first. */
  waiting: readonly WaitingDay[]
  /** Days that are due for the archive tier, oldest first; `archive` takes them, not `run`. */
  archives: readonly DueDay[]
  /** Days whose segments are due to be deleted for good, oldest first; `expire` takes them. */
  expiries: readonly DueDay[]
  /** Days of several segments that are due to become one, oldest first; `compact` takes them. */
  compactions: readonly DueDay[]
  /** Days that are left alone until `retry`, oldest first. */
  parked: readonly ParkedDay[]
  /** Days whose expiry a hold prevents. */
  held: readonly HeldDay[]
  /** Of all that is due. */
  estimate: WorkEstimate
}

/** A day that is left alone. */
export interface ParkedDay {
  day: Day
  by: 'hand' | 'failures'
  /** Since when, UTC milliseconds. */
  at: number
}

/** A day that a hold keeps. */
export interface HeldDay {
  day: Day
  rows: number
  holdId: string
  reason: string
}

/** What a run would do at that time. */
export function planDays(
  days: readonly DaySurvey[],
  { policy, now, prices, cold }: Pick<TieringContext, 'policy' | 'now' | 'prices' | 'cold'>,
): TieringPlan {
  const basis = { prices, cold, now, bytesPerRow: bytesPerRowOf(days) }
  const priced = (survey: DaySurvey, planned: Due): DueDay => ({
    ...planned,
    estimate: estimateDay(planned.action, survey, basis),
  })
  const due: DueDay[] = []
  const waiting: WaitingDay[] = []
  const archives: DueDay[] = []
  const expiries: DueDay[] = []
  const compactions: DueDay[] = []
  const held: HeldDay[] = []
  const parked: ParkedDay[] = []
  for (const survey of days) {
    const { parked: left } = survey.entry?.value ?? {}
    if (left) {
      parked.push({ day: survey.day, ...left })
      continue
    }
    const planned = planDay(survey, policy, now())
    if (planned && 'action' in planned) due.push(priced(survey, planned))
    else if (planned) waiting.push(planned)
    const archive = policy.archiveAfter && planArchive(survey, policy.archiveAfter, now())
    if (archive) archives.push(priced(survey, archive))
    const compaction = planCompaction(survey, now())
    if (compaction) compactions.push(priced(survey, compaction))
    const expiry = policy.expireAfter && planExpiry(survey, policy.expireAfter, now())
    if (expiry && 'holdId' in expiry) held.push(expiry)
    else if (expiry) expiries.push(priced(survey, expiry))
  }
  const isNew = ({ action }: DueDay): boolean => action === 'move' || action === 'copy'
  const unfinishedFirst = (a: DueDay, b: DueDay): number => Number(isNew(a)) - Number(isNew(b))
  const estimates = [...due, ...compactions, ...archives, ...expiries].map((one) => one.estimate)
  const estimate = sumEstimates(estimates, prices)
  return { due: due.sort(unfinishedFirst), waiting, archives, expiries, compactions, parked, held, estimate }
}

type Due = Omit<DueDay, 'estimate'>
type Planned = Due | WaitingDay | undefined

function planDay(
  { day, hotRows: rows, entry }: DaySurvey,
  { copyAfter, dropAfter }: TieringPolicy,
  now: number,
): Planned {
  const value = entry?.value
  const isDropPending = value?.segments.some(({ drop }) => drop === 'pending') === true
  const isUnfinished = isDropPending || value?.move !== undefined
  if (!isUnfinished && rows === 0) return undefined
  const dropAt = dayReachesAge(day, dropAfter)
  const isCopy = copyAfter !== undefined && now < dropAt
  const name = isCopy ? `copyAfter is ${copyAfter}` : `dropAfter is ${dropAfter}`
  const age = `${daysSince(day, now)} days old, ${name}`
  const copyAt = isCopy ? dayReachesAge(day, copyAfter) : dropAt
  if (!isUnfinished && now < copyAt) return { day, rows, dueAt: copyAt, why: `It is ${age}.` }
  if (isDropPending && isCopy && !value?.move)
    return { day, rows, dueAt: dropAt, why: `It is copied, dropAfter is ${dropAfter}.` }
  if (value?.nextTryAt !== undefined && now < value.nextTryAt) {
    const why = `Attempt ${value.attempts} failed (${value.lastError?.code}); it is tried again later.`
    return { day, rows, dueAt: value.nextTryAt, why }
  }
  if (isUnfinished && value?.move)
    return { day, rows, action: 'resume', why: 'A move of it stopped before its commit.' }
  if (isDropPending) return { day, rows, action: 'drop', why: 'Its segment is committed and its hot rows remain.' }
  const isLate = (value?.segments.length ?? 0) > 0
  const why = `It is ${age}${isLate ? '; these rows arrived after it had moved' : ''}.`
  return { day, rows, action: isCopy ? 'copy' : 'move', why }
}

/** A day whose segments are due for the archive tier: none that still has hot rows to go, or failed a moment ago. */
function planArchive({ day, entry }: DaySurvey, archiveAfter: Age, now: number): Due | undefined {
  const value = entry?.value
  const readable = value ? liveSegments(value).filter(({ archive }) => archive?.step !== 'archived') : []
  if (!value || readable.length === 0 || value.move || readable.some(({ drop }) => drop === 'pending')) return undefined
  if (now < dayReachesAge(day, archiveAfter) || (value.nextTryAt !== undefined && now < value.nextTryAt))
    return undefined
  const isUnfinished = readable.some(({ archive }) => archive)
  const why = isUnfinished
    ? 'It is on its way to the archive tier.'
    : `It is ${daysSince(day, now)} days old, archiveAfter is ${archiveAfter}.`
  return { day, rows: readable.reduce((sum, { rows }) => sum + rows, 0), action: 'archive', why }
}

/** A day whose segments are due to go for good: none that still moves, or failed a moment ago. */
function planExpiry({ day, entry, hold }: DaySurvey, expireAfter: Age, now: number): Due | HeldDay | undefined {
  const value = entry?.value
  if (!value || value.segments.length === 0 || value.move || value.segments.some(({ drop }) => drop === 'pending'))
    return undefined
  if (now < dayReachesAge(day, expireAfter) || (value.nextTryAt !== undefined && now < value.nextTryAt))
    return undefined
  const rows = value.segments.reduce((sum, one) => sum + one.rows, 0)
  const isUnfinished = value.segments.some(({ expiry }) => expiry)
  // What a hold found half gone is settled by the run.
  if (hold && !isUnfinished) return { day, rows, holdId: hold.id, reason: hold.reason }
  const why = isUnfinished
    ? 'Its deletion was cut off.'
    : `It is ${daysSince(day, now)} days old, expireAfter is ${expireAfter}.`
  return { day, rows, action: 'expire', why }
}

/** A day of several segments, or one whose compaction is not finished; a day under a hold keeps its objects as they are. */
function planCompaction({ day, entry, hold }: DaySurvey, now: number): Due | undefined {
  const value = entry?.value
  if (!value || (value.nextTryAt !== undefined && now < value.nextTryAt)) return undefined
  const isUnfinished = value.rewrite !== undefined || value.replaced !== undefined
  if (!isUnfinished && (hold || !fragmentsOf(value))) return undefined
  const segments = liveSegments(value)
  const why = isUnfinished ? 'Its compaction was cut off.' : `It has ${segments.length} segments, of late events.`
  return { day, rows: segments.reduce((sum, { rows }) => sum + rows, 0), action: 'compact', why }
}
