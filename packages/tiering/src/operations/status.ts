import { AnalyticsError, type ColdDay, DAY_MS, type Day } from '@analytics/protocol'
import {
  type CatalogSegment,
  type DayState,
  dayState,
  type ExpiredSegment,
  liveSegments,
  type MoveFailure,
} from '../catalog.js'
import type { TieringContext } from '../context.js'
import { dayReachesAge } from '../policy.js'
import type { Hold } from './hold.js'
import { type DueDay, planDays, type WaitingDay } from './plan.js'
import { type DaySurvey, surveyDays } from './survey.js'

/** One day, for people to look at; its rows are all its events, hot and cold. */
export interface TierDay extends ColdDay {
  state: DayState
  /** Events that only the hot store has. */
  hotRows: number
  /** When its hot rows are due to go, UTC milliseconds. */
  dueAt: number
  /** Attempts to move it since the last success. */
  attempts: number
  lastError?: MoveFailure
  /** UTC milliseconds. */
  nextTryAt?: number
  /** Left alone until `retry`. */
  parked?: { by: 'hand' | 'failures'; at: number }
}

/** Every day by tier, oldest first. */
export interface TieringStatus {
  days: readonly TierDay[]
}

/** One day in full, and what comes next. */
export interface DayExplanation extends TierDay {
  /** What a run would do now, or when it would. */
  next: DueDay | WaitingDay | undefined
  objects: readonly {
    name: string
    rows: number
    bytes: number
    sha256: string
    committedAt: number
    hotRowsDropped: boolean
    /** When it went to the archive tier, UTC milliseconds. */
    archivedAt?: number
    /** Until when a restored object can be read. */
    readableUntil?: number
    /** Until when it is paid for whatever happens to it, where the tier has a minimum stay. */
    paidUntil?: number
  }[]
  /** Why the day is kept whatever its age. */
  hold?: Hold
  /** What was deleted for good. */
  expired: readonly ExpiredSegment[]
  /** Objects that were given up because they hold something else than they should. */
  retiredObjects: readonly string[]
}

function tierDay({ day, hotRows, entry }: DaySurvey, { policy, now }: Pick<TieringContext, 'policy' | 'now'>): TierDay {
  const value = entry?.value
  return {
    day,
    state: value ? dayState(value, now()) : 'hot',
    rows: hotRows + (value?.recordsCount ?? 0),
    bytes: value?.sizeBytes ?? 0,
    segments: value ? liveSegments(value).length : 0,
    hotRows,
    dueAt: dayReachesAge(day, policy.dropAfter),
    attempts: value?.attempts ?? 0,
    ...(value?.lastError ? { lastError: value.lastError } : {}),
    ...(value?.nextTryAt === undefined ? {} : { nextTryAt: value.nextTryAt }),
    ...(value?.parked ? { parked: value.parked } : {}),
  }
}

/** Every day that has events. */
export async function readStatus(context: TieringContext): Promise<TieringStatus> {
  const days = await surveyDays(context)
  return {
    days: days.map((survey) => tierDay(survey, context)).filter(({ rows, attempts }) => rows > 0 || attempts > 0),
  }
}

/** @throws AnalyticsError `invalid_options` where the text is no day. */
export function assertDay(day: Day): void {
  if (/^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day))) return
  throw new AnalyticsError('invalid_options', 'day is no day such as 2026-08-01.', { field: 'day' })
}

/** @throws AnalyticsError `invalid_options` where the text is no day. */
export async function explainDay(context: TieringContext, day: Day): Promise<DayExplanation> {
  assertDay(day)
  const days = await surveyDays(context)
  const survey = days.find((one) => one.day === day) ?? { day, hotRows: 0, entry: undefined }
  const { due, waiting, archives, expiries, compactions } = planDays([survey], context)
  return {
    ...tierDay(survey, context),
    next: due[0] ?? expiries[0] ?? archives[0] ?? compactions[0] ?? waiting[0],
    ...(survey.hold ? { hold: survey.hold } : {}),
    expired: survey.entry?.value.expired ?? [],
    objects: (survey.entry ? liveSegments(survey.entry.value) : []).map((segment) => objectOf(segment, context)),
    retiredObjects: survey.entry?.value.retiredObjects ?? [],
  }
}

function objectOf(
  { objectName, rows, size, sha256, committedAt, drop, archive }: CatalogSegment,
  { cold }: TieringContext,
): DayExplanation['objects'][number] {
  const { minStayDays = {} } = cold.capabilities
  const [days = 0, since] =
    archive?.step === 'archived' ? [minStayDays.archive, archive.at] : [minStayDays.cold, committedAt]
  const readableUntil = archive?.restore?.readableUntil
  return {
    name: objectName,
    rows,
    bytes: size,
    sha256,
    committedAt,
    hotRowsDropped: drop === 'done',
    ...(archive?.step === 'archived' ? { archivedAt: archive.at } : {}),
    ...(readableUntil === undefined ? {} : { readableUntil }),
    ...(days > 0 ? { paidUntil: since + days * DAY_MS } : {}),
  }
}
