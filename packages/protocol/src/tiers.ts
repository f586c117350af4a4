import { AnalyticsError } from './errors.js'
import type { Day, StoredEvent } from './event.js'
import type { EventBatch, EventsRequest, ScanRequest } from './scan.js'

/** A day that has rows in the hot store. */
export interface HotDay {
  day: Day
  rows: number
}

/** A frozen set of rows of one day: what was there when it was sealed. Later arrivals are not part of it. */
export interface Seal {
  day: Day
  /** Names the set to the store; opaque to others. */
  id: string
  rows: number
}

/** An event with the store's number of its own id (the user's, or the anonymous visitor's where no user is named). */
export type NumberedEvent = StoredEvent & { person: number }

/** A lease on a piece of work. The epoch grows with each new holder, so that a late writer can be told apart. */
export interface Lease {
  name: string
  owner: string
  epoch: number
}

/** One entry for the audit chain. It holds no event contents and no ids of people. */
export interface AuditEntry {
  action: string
  target: string
  details?: Readonly<Record<string, string | number | boolean | null>>
}

/** A person as data protection law asks for one: every id that is linked to one of them. */
export interface Subject {
  userIds: readonly string[]
  anonymousIds: readonly string[]
}

/** Whose event it is, as the event itself says. */
export interface EventIdentity {
  userId: string | null
  anonymousId: string | null
}

/** What was read from object storage. */
export interface ColdReadStats {
  segments: number
  /** Bytes fetched; of files that are read in place, their size. */
  bytes: number
  requests: number
}

/** One day of a view. */
export interface ColdDay {
  day: Day
  state: string
  /** Events in segments. */
  rows: number
  /** Bytes in object storage. */
  bytes: number
  segments: number
}

/**
 * The catalog as it is at one moment. While a view is open, the hot rows that it counts on are not dropped by this process;
 * for other processes see `times.readerGraceMs`. What is read through it and the hot rows outside `seals` add up: each event
 * lies on exactly one side.
 */
export interface ColdView {
  /** Days of the range with committed segments, oldest first. */
  readonly days: readonly ColdDay[]
  /** Days of the range whose segments must be restored before they can be read. */
  readonly archivedDays: readonly ColdDay[]
  /** Hot rows that committed segments stand for; a reader of the hot store leaves them out. */
  readonly seals: readonly Seal[]
  /**
   * The narrow read of one day, in order of time, people numbered as in the hot store. `hot` is the same read of the rows that
   * the hot store still has of the day, outside `seals`: it is merged in.
   */
  scan(day: Day, request: ScanRequest, hot?: AsyncIterable<EventBatch>): AsyncIterable<EventBatch>
  /** Whole events of one day in the order asked for, by time, then by id; those of `hot` are merged in. */
  readEvents(
    day: Day,
    request: EventsRequest,
    hot?: AsyncIterable<readonly StoredEvent[]>,
  ): AsyncIterable<readonly StoredEvent[]>
  /**
   * Those of the ids that the day's segments have. Events of the hot store that came again after their day had left it are known by
   * this; a reader of both leaves them out.
   */
  storedIds(day: Day, eventIds: AsyncIterable<readonly string[]>): Promise<ReadonlySet<string>>
  /** What was read so far. */
  stats(): ColdReadStats
  /** Must be called when reading is over, also after an error. Done twice, it does nothing more. */
  release(): void
}

/** How far a restore is. */
export interface RestoreProgress {
  id: string
  state: 'restoring' | 'ready' | 'expired'
  /** UTC milliseconds. */
  readyBy: number
  days: readonly Day[]
  objects: number
  bytes: number
}

/** @throws AnalyticsError `archived` where days of the view must be restored first. */
export function assertReadable({ archivedDays }: Pick<ColdView, 'archivedDays'>): void {
  if (archivedDays.length === 0) return
  const days = archivedDays.map(({ day }) => day)
  throw new AnalyticsError(
    'archived',
    `${days.length} days of the range lie in the archive tier, from ${days[0]} to ${days.at(-1)}.`,
    { details: { days, bytes: archivedDays.reduce((sum, { bytes }) => sum + bytes, 0) } },
  )
}

/** What a read is answered whose days are on their way. */
export function restoringError({ id, readyBy, days, objects, bytes }: RestoreProgress): AnalyticsError {
  return new AnalyticsError('restoring', `${days.length} days of the range are being restored.`, {
    details: { restoreId: id, readyBy: new Date(readyBy).toISOString(), estimate: { days, objects, bytes } },
  })
}
